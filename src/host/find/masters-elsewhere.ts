import { type HostFilesystem, unreadReason } from "../filesystem.js";
import { glob, isGlob } from "../glob.js";
import { hiddenIn } from "../hidden.js";
import { directoryOf } from "../path.js";
import type { UnreadPath } from "../spec.js";
import { UNIT_DIRECTORIES } from "../system-directories.js";
import { textOf } from "../text.js";
import type { Note } from "./survey.js";

/** Main files of PHP-FPM outside of a distribution's own places. */

/** Where control panels, bundles and builds from source put them. */
const PLACES = [
  "/usr/local/php/etc/php-fpm.conf",
  "/usr/local/php[0-9]*/etc/php-fpm.conf",
  "/opt/php[0-9]*/etc/php-fpm.conf",
  "/opt/remi/php*/root/etc/php-fpm.conf",
  "/opt/rh/*php*/root/etc/php-fpm.conf",
  "/etc/opt/rh/*php*/php-fpm.conf",
  "/opt/plesk/php/*/etc/php-fpm.conf",
  "/opt/cpanel/ea-php*/root/etc/php-fpm.conf",
  "/opt/bitnami/php/etc/php-fpm.conf",
  "/www/server/php/*/etc/php-fpm.conf",
];

export interface MastersElsewhere {
  /** Their main files; also those that are there and cannot be read. */
  readonly mains: readonly string[];
  /** Units that cannot be read: each may start a master. */
  readonly hidden: readonly UnreadPath[];
}

const UNITS = UNIT_DIRECTORIES.map((directory) => `${directory}/*.service`);

/**
 * Those that are there, and those that a unit of systemd starts PHP-FPM with. Only with a pool: what a
 * control panel installs for versions that nobody uses is not started. `note` gets the directories that
 * could not be looked into.
 */
export function mastersElsewhere(fs: HostFilesystem, note: Note): MastersElsewhere {
  const placed = PLACES.flatMap((pattern) => glob(fs, pattern, note));
  const mains = [...placed, ...startedByUnits(fs, note)].filter((path) => hasPool(fs, path));
  return { mains, hidden: hiddenIn(fs, UNITS) };
}

function startedByUnits(fs: HostFilesystem, note: Note): readonly string[] {
  return UNITS.flatMap((pattern) => glob(fs, pattern, note)).flatMap((unit) => {
    const command = /^[ \t]*ExecStart[ \t]*=.*php-fpm(?:.*\\\n)*.*$/m.exec(textOf(fs, unit))?.[0] ?? "";
    const path = /\s(?:--fpm-config(?:\s+|=)|-y\s*)["']?(\/[^\s"']+)/.exec(command)?.[1];
    // An instance of a template unit may have any name.
    const pattern = path?.replace(/%[a-zA-Z]/g, "*");
    return pattern === undefined ? [] : isGlob(pattern) ? glob(fs, pattern, note) : [pattern];
  });
}

/** Whether the main file has a pool, or includes a file. What cannot be read may have one. */
function hasPool(fs: HostFilesystem, main: string): boolean {
  const entry = fs.entry(main);
  if (entry.kind === "missing" || entry.kind === "directory") return false;
  if (unreadReason(entry) !== null) return true;
  const text = textOf(fs, main);
  if (/^[ \t]*\[(?!global\])[^\]\r\n]+\]/m.test(text)) return true;
  const prefix = directoryOf(directoryOf(main));
  let unread = false;
  const found = [...text.matchAll(/^[ \t]*include[ \t]*=[ \t]*["']?([^\s"';]+)/gm)].some(([, path = ""]) => {
    const pattern = path.startsWith("/") ? path : `${prefix}/${path}`;
    return (
      glob(fs, pattern, () => {
        unread = true;
      }).length > 0
    );
  });
  return found || unread;
}
