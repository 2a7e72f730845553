import type { FpmMaster } from "../../fpm/types.js";
import { type HostFilesystem, unreadReason } from "../../host/filesystem.js";
import { glob } from "../../host/glob.js";
import { nameOf, normalizePath } from "../../host/path.js";
import { UNIT_DIRECTORIES } from "../../host/system-directories.js";
import { textOf } from "../../host/text.js";
import { groupBy } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { fpmUnits } from "./systemd.js";
import { type Assignment, assignmentsOf, dropIns } from "./unit-file.js";

/** The unit of systemd that starts a PHP-FPM. */
export interface FpmUnit {
  /** `php8.2-fpm.service` */
  readonly name: string;
  /** The lines of `[Service]`, those of drop-ins behind those of the unit. */
  readonly lines: readonly Assignment[];
  /** The command that starts PHP-FPM itself. */
  readonly start: Assignment;
  /** The main file on its command line, links followed; `null`: it names none. */
  readonly main: string | null;
}

/**
 * The unit that starts a master. `null`: the tree has none, or two, or it cannot be told: a part of it was not
 * read, it is a template unit, or what it starts is a script.
 */
export function unitOf(
  { fs, masters }: { readonly fs: HostFilesystem; readonly masters: readonly FpmMaster[] },
  master: FpmMaster,
): FpmUnit | null {
  const { main } = master;
  if (main === null) return null;
  const byMain = unitsOfFpm(fs);
  const named = byMain.get(main.path);
  if (named !== undefined) return named.length === 1 ? (named[0] ?? null) : null;
  const [first, ...others] = (byMain.get(null) ?? []).filter(
    (unit) =>
      fpmUnits(master).includes(unit.name) && (unit.name !== "php-fpm.service" || masters.length === 1),
  );
  return first !== undefined && others.length === 0 ? first : null;
}

/** By the main file that they name. Read once for a host, however many masters it has. */
const unitsOfFpm = perKey((fs: HostFilesystem): ReadonlyMap<string | null, readonly FpmUnit[]> => {
  const byName = new Map<string, string>();
  for (const directory of UNIT_DIRECTORIES)
    for (const path of glob(fs, `${directory}/*.service`))
      if (!byName.has(nameOf(path))) byName.set(nameOf(path), path);
  const units = [...byName].flatMap(([name, path]) => {
    const unit = name.includes("@") || !textOf(fs, path).includes("fpm") ? null : readUnit(fs, name, path);
    return unit ?? [];
  });
  return new Map(groupBy(units, ({ main }) => main ?? "").map((group) => [group[0].main, group] as const));
});

function readUnit(fs: HostFilesystem, name: string, path: string): FpmUnit | null {
  const directories = UNIT_DIRECTORIES.map((directory) => `${directory}/${name}.d`);
  const files = [path, ...dropIns(fs, directories)];
  const unread =
    files.some((one) => unreadReason(fs.entry(one)) !== null) ||
    directories.some((one) => !["directory", "missing"].includes(fs.entry(one).kind));
  if (unread) return null;
  const lines = files.flatMap((one) => assignmentsOf(fs, one)).filter((one) => one.section === "Service");
  const start = lines.findLast(({ key }) => key === "ExecStart");
  if (start === undefined || !isFpm(start)) return null;
  const written = /\s(?:--fpm-config(?:\s+|=)|-y\s*)["']?([^\s"']+)/.exec(start.value)?.[1] ?? null;
  if (written !== null && !/^\/[^%$]*$/.test(written)) return null;
  const main = written === null ? null : fs.entry(normalizePath(written)).path;
  return { name, lines, start, main };
}

/** Whether a command is PHP-FPM itself, and not a script that may do more. */
export function isFpm({ value }: Assignment): boolean {
  const [command = ""] = value.replace(/^[-@:+!]+/, "").split(/\s/, 1);
  return /^php-?[\d.]*-?fpm-?[\d.]*$/.test(nameOf(command));
}

/**
 * The words of settings that add up, in order; an empty value takes back what was there. `null`: one of them is
 * known to systemd alone.
 */
export function wordsOf({ lines }: FpmUnit, keys: readonly string[]): readonly string[] | null {
  const set = lines.filter(({ key }) => keys.includes(key));
  const from = set.findLastIndex(({ value }) => value === "") + 1;
  const words = set
    .slice(from)
    .flatMap(({ value }) => value.split(/\s+/).map((word) => expanded(unquoted(word))));
  return words.every((word) => word !== null) ? words : null;
}

/** The last line of a setting; `null`: there is none, or an empty value takes it back. */
export function lastOf({ lines }: FpmUnit, key: string): Assignment | null {
  const last = lines.findLast((one) => one.key === key);
  return last === undefined || last.value === "" ? null : last;
}

/** Directories that systemd makes for a service, by setting. The names of values count from there. */
export const SERVICE_DIRECTORIES = [
  ["RuntimeDirectory", "/run"],
  ["StateDirectory", "/var/lib"],
  ["CacheDirectory", "/var/cache"],
  ["LogsDirectory", "/var/log"],
  ["ConfigurationDirectory", "/etc"],
] as const;

/** The directories that systemd makes below `base` for this unit; `null`: unknown. */
export function madeBelow(unit: FpmUnit, key: string, base: string): readonly string[] | null {
  const words = wordsOf(unit, [key]);
  // What follows a colon is a link to the directory, or a flag.
  return (
    words?.flatMap((word) =>
      word
        .split(":")
        .slice(0, 2)
        .map((name) => normalizePath(`${base}/${name}`)),
    ) ?? null
  );
}

function unquoted(word: string): string {
  return word.replace(/^["']|["']$/g, "");
}

/** With the directories for which systemd has letters; `null`: another one is left. */
function expanded(word: string): string | null {
  const text = word.replace(/%[tSCLE]/g, (letter) => LETTERS.get(letter) ?? letter);
  return text.includes("%") ? null : text;
}

const LETTERS: ReadonlyMap<string, string> = new Map([
  ["%t", "/run"],
  ["%S", "/var/lib"],
  ["%C", "/var/cache"],
  ["%L", "/var/log"],
  ["%E", "/etc"],
]);
