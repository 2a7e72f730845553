import type { HostFilesystem } from "./filesystem.js";
import { glob, isGlob } from "./glob.js";
import { directoryOf } from "./path.js";
import { textOf } from "./text.js";
import { UNIT_DIRECTORIES } from "./unit-directories.js";

/** Main files of PHP-FPM outside of a distribution's own places. */

/** Where control panels, bundles and builds from source put them. */
const PLACES = [
  "/usr/local/php/etc/php-fpm.conf",
  "/usr/local/php[0-9]*/etc/php-fpm.conf",
  "/opt/php[0-9]*/etc/php-fpm.conf",
  "/opt/plesk/php/*/etc/php-fpm.conf",
  "/opt/cpanel/ea-php*/root/etc/php-fpm.conf",
  "/opt/bitnami/php/etc/php-fpm.conf",
  "/www/server/php/*/etc/php-fpm.conf",
];

/**
 * Those that stand there, and those that a unit of systemd starts PHP-FPM with. Only with a pool: what a
 * control panel installs for versions that nobody uses is not started.
 */
export function mastersElsewhere(fs: HostFilesystem): readonly string[] {
  const placed = PLACES.flatMap((pattern) => glob(fs, pattern));
  return [...placed, ...startedByUnits(fs)].filter((path) => hasPool(fs, path));
}

function startedByUnits(fs: HostFilesystem): readonly string[] {
  return UNIT_DIRECTORIES.flatMap((directory) => glob(fs, `${directory}/*.service`)).flatMap((unit) => {
    const command = /^[ \t]*ExecStart[ \t]*=.*php-fpm(?:.*\\\n)*.*$/m.exec(textOf(fs, unit))?.[0] ?? "";
    const path = /\s(?:--fpm-config(?:\s+|=)|-y\s*)["']?(\/[^\s"']+)/.exec(command)?.[1];
    // An instance of a template unit may have any name.
    const pattern = path?.replace(/%[a-zA-Z]/g, "*");
    return pattern === undefined ? [] : isGlob(pattern) ? glob(fs, pattern) : [pattern];
  });
}

/** Whether the main file has a pool, or includes a file. */
function hasPool(fs: HostFilesystem, main: string): boolean {
  const text = textOf(fs, main);
  if (/^[ \t]*\[(?!global\])[^\]\r\n]+\]/m.test(text)) return true;
  const prefix = directoryOf(directoryOf(main));
  return [...text.matchAll(/^[ \t]*include[ \t]*=[ \t]*["']?([^\s"';]+)/gm)].some(([, path = ""]) => {
    const pattern = path.startsWith("/") ? path : `${prefix}/${path}`;
    return glob(fs, pattern).length > 0;
  });
}
