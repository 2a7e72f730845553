/** What the path of a main file or a pool file says about the PHP that it belongs to. */

/**
 * The directory that relative includes and socket paths count from: the prefix that PHP was built with.
 * The path of the main file tells it (`PREFIX/etc/php-fpm.conf`), otherwise it is `/usr` as in every
 * distribution.
 */
export function fpmPrefix(mainPath: string | null): string {
  const remi = /^\/etc(\/opt\/remi\/php[0-9]+)\//.exec(mainPath ?? "")?.[1];
  if (remi !== undefined) return `${remi}/root/usr`;
  return /^(\/.+)\/etc\/php-fpm\.conf$/.exec(mainPath ?? "")?.[1] ?? "/usr";
}

/**
 * The directory that a relative `pid` and the `error_log` of `[global]` count from, which no `prefix` of a pool
 * changes: distributions build PHP with `/var`, everybody else with `PREFIX/var`.
 */
export function fpmStateDirectory(mainPath: string | null): string {
  const remi = /^\/etc(\/opt\/remi\/php[0-9]+)\//.exec(mainPath ?? "")?.[1];
  if (remi !== undefined) return `/var${remi}`;
  const prefix = fpmPrefix(mainPath);
  return prefix === "/usr" ? "/var" : `${prefix}/var`;
}

/**
 * The PHP version that a path names: `/etc/php/8.2/`, `/etc/php82/`, `/etc/opt/remi/php82/`; `null`: it
 * names none.
 */
export function versionFromPath(path: string): string | null {
  const dotted = /\/php[-/]?([5-9]\.[0-9]+)(?:[-/]|$)/.exec(path)?.[1];
  if (dotted !== undefined) return dotted;
  const short = /\/php([5-9])([0-9]{1,2})(?:[-/]|$)/.exec(path);
  if (short !== null) return `${short[1]}.${short[2]}`;
  // Alpine's package `php8` was 8.0; from 8.1 on they are called `php81` and so on. openSUSE's is any 8.
  return /^\/etc\/php8\/(?!fpm\/)/.test(path) ? "8.0" : null;
}
