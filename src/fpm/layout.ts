import type { HostFilesystem } from "../host/filesystem.js";
import { directoryOf } from "../host/path.js";

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

/**
 * The pool that a file without a section header belongs to, as far as its path tells: `shop` for
 * `shop.conf.d/10-base.conf` and for `10-shop.conf`, `www` for `php-fpm.d/10-base.conf`.
 */
export function poolNameOf(path: string): string {
  const [name = "", directory = ""] = path.split("/").reverse();
  const own = directory.endsWith(".d") ? directory.slice(0, -2).replace(/\.conf$/, "") : "";
  if (own !== "" && !/^(?:php\d*-)?(?:fpm|pool|conf)$/.test(own)) return own;
  const [word = ""] = name.replace(/^\d+[-_]/, "").split(".");
  return /^(?:php.*|fpm.*|pool|base|default|docker|zz-.*|)$/.test(word) ? "www" : word;
}

/** Whether the main file that a package brings includes the pools of this directory. */
export function isStockPoolFile(path: string): boolean {
  return /^\/(?:usr\/local\/)?etc\/(?:opt\/remi\/)?(?:php[^/]*\/(?:.*\/)?)?(?:php-fpm|fpm|pool)\.d\/[^/]*$/.test(
    path,
  );
}

/**
 * Whether the files are those of a PHP 5, as their path says, or the version that somebody gave, or a php.ini
 * beside them with settings that were gone in 5.4.
 */
export function isPhp5(fs: HostFilesystem, path: string, given: string | null): boolean {
  const version = versionFromPath(path) ?? given;
  if (version !== null) return version.startsWith("5.");
  return /\/php-?5(?:-fpm)?\//.test(path) || hasOldIni(fs, path);
}

const GONE = /^[ \t]*(?:safe_mode|register_globals|magic_quotes_gpc)[ \t]*=/m;

function hasOldIni(fs: HostFilesystem, path: string): boolean {
  const own = directoryOf(path);
  return [own, directoryOf(own)].some((directory) => {
    const entry = fs.entry(`${directory === "/" ? "" : directory}/php.ini`);
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer !== null && "text" in answer && GONE.test(answer.text);
  });
}
