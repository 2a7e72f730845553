import { fpmXml } from "../../source/fpm-xml.js";
import { replaceRanges } from "../../source/ranges.js";
import { namesFpm } from "../names.js";

/** Whether a text with sections and `key = value` is PHP-FPM's. Very many programs have such files. */
type IniKind = "fpm-main" | "fpm-pool" | "fpm-settings" | "other";

/** Settings that no other program has, each a sign of its own. */
const OWN =
  /^[ \t]*(pm(?:\.\w+)?|listen\.\w+|request_(?:terminate|slowlog)_timeout|php_(?:admin_)?(?:value|flag)\[[^\]\r\n]{0,200}\]|catch_workers_output|security\.limit_extensions|clear_env|ping\.path|access\.format|rlimit_(?:files|core))[ \t]*=/i;
/** Others have them as well. */
const LISTEN = /^[ \t]*listen[ \t]*=/im;
const GLOBAL =
  /^[ \t]*(include|pid|error_log|daemonize|process\.\w+|emergency_restart_\w+|process_control_timeout|log_level|syslog\.\w+|rlimit_\w+|events\.mechanism|systemd_interval)[ \t]*=/i;

/** Sections of other programs: supervisord, systemd, MySQL, uWSGI. */
const OTHERS =
  /^[ \t]*\[(?:(?:program|group|eventlistener|fcgi-program|rpcinterface):|(?:supervisord|supervisorctl|unix_http_server|inet_http_server|Unit|Service|Install|Socket|Timer|mysqld|client-server|uwsgi)\])/;

/** How a line of PHP-FPM's begins, also one with a slip in the rest of its name or without `=`. */
const KNOWN =
  /^(?:pm|listen|user|group|prefix|chroot|chdir|include|pid|error_log|daemonize|slowlog|clear_env|catch_workers_output|decorate_workers_output|apparmor_hat)(?![\w-])|^(?:process|emergency_|log_|syslog|rlimit_|events\.|systemd_|request_|php_|env\[|security\.|ping\.|access\.)/i;

/** What letters in the place of placeholders leave of a name, and the lines that are no settings. */
const SILENT = /^(?:$|[;#[]|x+(?![\w.]))/;

/** `text`: without template language. `path`: below the searched directory, with the name that it is deployed with. */
export function iniKind(text: string, path: string): IniKind {
  if (!text.includes("=")) return "other";
  const documents = fpmXml(text);
  const ini = replaceRanges(text, documents, () => "").replace(/^[ \t]*[;#].*$/gm, "");
  // A `;` begins a comment.
  const lines = ini.split("\n");
  const kind = lines.some((line) => OTHERS.test(line)) ? "other" : kindOfLines(ini, lines, path);
  // Where the rest says nothing, it is the main file of a PHP 5.2.
  return kind === "other" && documents.length > 0 ? "fpm-main" : kind;
}

function kindOfLines(ini: string, lines: readonly string[], path: string): IniKind {
  const own = distinct(lines, OWN);
  const placed = namesFpm(path);
  const isSection = /^[ \t]*\[[^\]\r\n]+\]/m.test(ini);
  const isPool = own >= 2 || (own === 1 && (isSection || placed)) || (placed && LISTEN.test(ini));
  const global = /^[ \t]*\[global\]/im.test(ini) ? distinct(lines, GLOBAL) : 0;
  const isGlobal = global >= 2 || (global === 1 && (placed || own > 0));
  if ((!isPool && !isGlobal) || !isMostlyKnown(lines)) return "other";
  if (isGlobal) {
    return /^[ \t]*include[ \t]*=/m.test(ini) || /(?:^|\/)php[\d.]*-fpm[^/]*$/.test(path)
      ? "fpm-main"
      : "fpm-pool";
  }
  return isSection ? "fpm-pool" : "fpm-settings";
}

/** Whether more lines are PHP-FPM's than are not: one of its settings may be in any file. */
function isMostlyKnown(lines: readonly string[]): boolean {
  let more = 0;
  for (const line of lines) {
    const text = line.trim();
    if (!SILENT.test(text)) more += KNOWN.test(text) ? 1 : -1;
  }
  return more > 0;
}

/** How many different words a pattern finds in the lines; more than three say nothing new. */
export function distinct(lines: readonly string[], pattern: RegExp): number {
  const found = new Set<string>();
  for (const line of lines) {
    const match = pattern.exec(line);
    if (match === null) continue;
    found.add(
      match
        .slice(1)
        .find((word) => word !== undefined)
        ?.toLowerCase() ?? "",
    );
    if (found.size > 3) break;
  }
  return found.size;
}
