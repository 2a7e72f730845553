import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import {
  fpmDown,
  isArrayKey,
  isLost,
  type Line,
  linesOf,
  meantKey,
  writtenKey,
} from "../../src/evidence/fpm-lines.js";
import { fpmFact } from "../../src/fpm/settings/facts.js";
import { isOnLinux } from "../../src/fpm/settings/limits.js";
import { factOf } from "../../src/fpm/settings/refused.js";
import type { FpmMaster } from "../../src/fpm/types.js";
import { addBefore, helpOf, inWords, remove, replace } from "../../src/help/edit.js";
import { nameOf } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { phpDefault } from "../../src/php/facts.js";
import { groupBy } from "../../src/source/collect.js";
import { markdown } from "../../src/source/markdown.js";
import { looksFilledIn } from "../../src/source/template-names.js";
import { olderThan } from "../../src/source/version.js";

type Case = "entry" | "array" | "array-in-global" | "pool-setting" | "global-setting" | "newer";

interface Unknown {
  readonly case: Case;
  readonly line: Line;
  /** The first PHP version that knows it; `null`: the case is not `newer`. */
  readonly since: string | null;
}

/** The first PHP whose PHP-FPM reads ini files; before it there was XML. */
const FIRST_INI = "5.3.3";

/** How many further lines of one cause are shown. */
const shownLines = 3;

const start = (log: string) => ({ when: "start", status: null, log }) as const;
const error = (log: string, summary: string) =>
  ({ severity: "error", symptom: start(log), summary }) as const;

export const unknownSetting = defineRule({
  id: "fpm/unknown-setting",
  about: "master",
  alike: true,
  cases: {
    entry: error("unknown entry '", "a name that no version of PHP-FPM knows"),
    array: error("unknown directive '", "a name with brackets that no version of PHP-FPM knows"),
    "array-in-global": error(
      "Array are not allowed in the global section",
      "env, php_value or another setting with brackets in [global]",
    ),
    "pool-setting": error("unknown entry '", "a setting of pools in [global], or before any section"),
    "global-setting": error("unknown entry '", "a setting of [global] in a pool, or after an include"),
    newer: error("unknown entry '", "a setting that a later version of PHP added"),
  },
  docs: {
    title: "a setting that PHP-FPM does not know where it is",
    fires: [
      "a name is misspelt, or lacks its brackets",
      "a setting of pools is in `[global]`",
      markdown`
        a setting of \`[global]\` is in a pool, also after an \`include\`, which leaves the last pool of
        the included files open
      `,
      "a setting belongs in php.ini",
      "a setting of FreeBSD is in the files of a Debian system",
      markdown`
        a setting is newer than the PHP version that the path (\`/etc/php/8.3/\`) or \`--php-version\`
        shows
      `,
    ],
    silent: [
      "some PHP since 7.0 knows the name, and the version is unknown",
      "the name has a placeholder",
      "the section is unknown, as in fragments whose main file is not in the tree",
    ],
    what: "Lines of one file with one cause are one finding. So is a whole file for a PHP before 5.3.3, whose PHP-FPM reads XML.",
    why: markdown`
      PHP-FPM looks for each name in its list for \`[global]\` or for pools, and stops at the first one
      that is not there. It does not start or reload, so every pool of that master is down until the
      line is gone.
    `,
    instead: markdown`
      Write the name as in the manual, below \`[global]\` or below the pool's header. Settings of php.ini
      go into a pool as \`php_admin_value[name] = value\`. Write what belongs to \`[global]\` before the
      \`include\` line.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  *check(master, host) {
    const lines = linesOf(master).filter(
      ({ setting }) => host.whole || !looksFilledIn(setting.key, "fpm key"),
    );
    const unknown = lines.flatMap((line) => judge(master, line) ?? []);
    for (const group of groupBy(unknown, cause)) yield report(host, master, group);
  },
});

/** Lines below one wrong header have one cause, and all of a file that is too new; each misspelt name is a cause of its own. */
function cause({ case: name, since, line: { setting } }: Unknown): string {
  const { start: at, file } = setting.place.span;
  if (since === FIRST_INI) return `ini:${file.path}`;
  if (name !== "pool-setting" && name !== "global-setting" && name !== "array-in-global")
    return `${file.path}:${at}`;
  const header = setting.header?.span;
  const place = header === undefined ? "" : `${header.file.path}:${header.start}`;
  return `${name === "global-setting" ? "global" : "pool"}:${file.path}:${place}`;
}

function judge(master: FpmMaster, line: Line): Unknown | null {
  const { setting, section } = line;
  const { key, index } = setting;
  if (index !== null) return judgeArray(master, line);
  if (isArrayKey(key)) return { case: "entry", line, since: null };
  const fact = factOf(key, section);
  if (fact?.onlyOn !== undefined && isOnLinux(master)) return { case: "entry", line, since: null };
  if (fact !== undefined) return newer(master, line, fact.since);
  if (section === "global" && fpmFact(key, "pool")) return { case: "pool-setting", line, since: null };
  if (section === "pool" && fpmFact(key, "global")) return { case: "global-setting", line, since: null };
  return { case: "entry", line, since: null };
}

/** Brackets without a name are refused before anything else; fpm/invalid-value reports them. */
function judgeArray(master: FpmMaster, line: Line): Unknown | null {
  const { setting, section } = line;
  const { key, index, value } = setting;
  const paths = key === "access.suppress_path";
  if (paths ? index !== "" || value === null || !value.startsWith("/") : index === "") return null;
  if (section === "global") return { case: "array-in-global", line, since: null };
  if (!isArrayKey(key)) return { case: "array", line, since: null };
  return newer(master, line, factOf(key, "pool")?.since ?? "0");
}

/** A line in a template's condition may only be there for the right version; its value is unknown then. */
function newer({ phpVersion }: FpmMaster, line: Line, since: string): Unknown | null {
  if (phpVersion === null || line.setting.value === null || !olderThan(phpVersion, since)) return null;
  return { case: "newer", line, since: olderThan(phpVersion, FIRST_INI) ? FIRST_INI : since };
}

function report(
  host: Host,
  master: FpmMaster,
  [first, ...others]: readonly [Unknown, ...Unknown[]],
): Draft<Case> {
  const { setting, section, pool } = first.line;
  const { header } = setting;
  const more = others.slice(0, shownLines).map(({ line }) => ({
    place: line.setting.keyPlace,
    message: "and this one",
  }));
  const isWhole = first.since === FIRST_INI;
  const rest = others.length === 0 || isWhole ? "" : ` (and ${others.length} more like it)`;
  const below = header === null ? [] : [{ place: header, message: "the section that is open here" }];
  return {
    case: first.case,
    message: `${message(master, first)}${rest}`,
    at: setting.keyPlace,
    label: label(first),
    related: isWhole ? [] : [...(isMisplaced(first) ? below : []), ...more],
    effect: fpmDown,
    help: () => help(host, [first, ...others]),
    names: [pool?.name ?? section, setting.key],
  };
}

function isMisplaced({ case: name }: Unknown): boolean {
  return name === "pool-setting" || name === "global-setting" || name === "array-in-global";
}

function shownName({ setting }: Line): string {
  const key = writtenKey(setting);
  return setting.index === null ? key : `${key.replace(/\[[\s\S]*$/, "")}[${setting.index}]`;
}

function message(master: FpmMaster, unknown: Unknown): string {
  const { line, since } = unknown;
  const name = shownName(line);
  switch (unknown.case) {
    case "newer":
      if (since === FIRST_INI)
        return `PHP-FPM reads XML before PHP ${FIRST_INI}, this is an ini file, and this PHP-FPM is ${master.phpVersion}`;
      return `${name} was added in PHP ${since?.replace(/\.0$/, "")}, and this PHP-FPM is ${master.phpVersion}`;
    case "pool-setting":
    case "array-in-global":
      return line.setting.header === null
        ? `${name} is a setting of pools, and there is no section header before it`
        : `${name} is a setting of pools, but this is [global]`;
    case "global-setting":
      return `${name} is a setting of [global], but this is pool [${line.pool?.name}]`;
    default:
      if (onlyOn(line) !== null) return `only PHP-FPM on ${onlyOn(line)} has ${name}, and this is Linux`;
      if (line.setting.index === null && isArrayKey(line.setting.key))
        return `${name} needs a name in brackets`;
      return `PHP-FPM has no setting ${name}`;
  }
}

/** The only system with the setting of a line; `null`: all systems have it, or none. */
function onlyOn({ setting, section }: Line): string | null {
  return setting.index === null ? (factOf(setting.key, section)?.onlyOn ?? null) : null;
}

function label({ case: name, line, since }: Unknown): string {
  if (since === FIRST_INI) return "the first setting of the file";
  if (name === "newer") return "not in this version";
  return name === "global-setting" && isLost(line.setting)
    ? "the include before it left the pool open"
    : "unknown here";
}

function help(host: Host, [unknown, ...others]: readonly [Unknown, ...Unknown[]]): HelpDraft {
  const { line } = unknown;
  const { setting } = line;
  const at = setting.keyPlace;
  switch (unknown.case) {
    case "newer":
      if (unknown.since === FIRST_INI) return inWords(`update PHP to ${FIRST_INI} or later`);
      return helpOf([[remove(host, at)]], "or update PHP");
    case "pool-setting":
    case "array-in-global":
      return misplaced(host, [unknown, ...others]);
    case "global-setting":
      return helpOf(
        [[unknown, ...others].map(({ line: one }) => remove(host, one.setting.keyPlace))],
        "and write the removed lines below [global] in the main file, before its first include",
      );
    default:
  }
  const written = onlyOn(line) === null ? rewritten(line) : null;
  return helpOf([[written === null ? remove(host, at) : replace(host, at, written)]]);
}

/** A pool file lacks its header; in a file with headers the lines are below the wrong one. */
function misplaced(host: Host, lines: readonly [Unknown, ...Unknown[]]): HelpDraft {
  const { keyPlace: at, header } = lines[0].line.setting;
  const { file } = at.span;
  if (header === null || header.span.file.path !== file.path) {
    const name = nameOf(file.path).split(".")[0] ?? "";
    return helpOf([[addBefore(host, at, `[${name}]`)]], "or use the name of another pool that is meant");
  }
  return helpOf(
    [lines.map(({ line }) => remove(host, line.setting.keyPlace))],
    "and write the removed lines below the header of their pool",
  );
}

/** The line as it was most likely meant; `null`: unknown. */
function rewritten({ setting, section }: Line): string | null {
  const { key, index, raw } = setting;
  if (index === null && isArrayKey(key)) return null;
  if (index === null && isPhpSetting(key)) return `php_admin_value[${key}] = ${raw}`;
  const meant = meantKey(key, section, index !== null);
  if (meant === null) return null;
  return `${meant}${index === null ? "" : `[${index}]`} = ${raw}`;
}

const phpFamilies =
  /^(?:apc|assert|curl|date|mbstring|mysqli|opcache|openssl|session|xdebug|zlib)\.|^(?:allow_url_(?:fopen|include)|auto_(?:ap|pre)pend_file|default_charset|disable_functions|display_startup_errors|error_reporting|html_errors|include_path|open_basedir|sendmail_path|sys_temp_dir|upload_tmp_dir|variables_order)$/;

function isPhpSetting(name: string): boolean {
  return phpDefault(name) !== null || phpFamilies.test(name);
}
