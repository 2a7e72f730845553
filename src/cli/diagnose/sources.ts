import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type FoundLog, foundLogs } from "../../diagnose/logs.js";
import { displayName } from "../../host/disk.js";
import { openPieces, readStart } from "../../host/door.js";
import { sniff } from "../../host/find/sniff.js";
import { mayBeConfiguration, namesFpm, namesNginx } from "../../host/names.js";
import { nameOf } from "../../host/path.js";
import { namedLogs } from "../../live/named-logs.js";
import { AccessFormat, COMBINED } from "../../logs/access.js";
import { formatOfJson } from "../../logs/access-formats.js";
import { isWrapped, unwrapped } from "../../logs/docker.js";
import { readLine } from "../../logs/line.js";
import type { ReadHost } from "../../read-hosts.js";
import { UsageError } from "../usage.js";

/** What the words of the command line are. */
export interface Words {
  /** Logs, as they were typed; `-` is standard input. */
  readonly logs: readonly string[];
  /** Paths of configuration. */
  readonly paths: readonly string[];
}

/**
 * Parts the words: `-`, files that begin like a log, and those that are nothing that is known are logs; of the last it is
 * said that none of their lines is of one. Everything else is configuration. Throws UsageError.
 */
export function partWords(words: readonly string[], workingDirectory: string, now: number): Words {
  const logs = words.filter((word) => word === "-" || isLog(resolve(workingDirectory, word), word, now));
  return { logs, paths: words.filter((word) => !logs.includes(word)) };
}

function isLog(path: string, word: string, now: number): boolean {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`${word}: no such file or directory`);
  if (stat.isFIFO()) return true;
  if (!stat.isFile()) return false;
  if (/\.gz$|(?:^|\/)[^/]*\blog(?:[.-]\d+)?$/.test(path)) return true;
  const start = readStart(path, 16 * 1024);
  if (start.kind === "refused") return /log/.test(path);
  const access = new AccessFormat(COMBINED);
  const text = start.bytes.toString("latin1");
  const isLine = (line: string): boolean =>
    isWrapped(line) ||
    readLine(unwrapped(line), now) !== null ||
    access.read(line) !== null ||
    formatOfJson(line) !== null;
  return text.split("\n", 5).some(isLine) || !mayBeRead(path, text);
}

/** Names of what fpmlint reads beside the two daemons' files. */
const READ = /\.(?:conf|ini|ya?ml|json|service|env|map|types|j2|sh)$|^Dockerfile/;

/** Whether a file may be a part of what fpmlint reads, by its place, its name, the directory's name, or its beginning. */
function mayBeRead(path: string, text: string): boolean {
  const near = path.split("/").slice(-2).join("/");
  return (
    text === "" ||
    path.includes("/etc/") ||
    READ.test(nameOf(path)) ||
    namesNginx(near) ||
    namesFpm(near) ||
    mayBeConfiguration(path) ||
    sniff(text, near) !== "other"
  );
}

/** The logs that hosts name, each with its older ones. */
export function logsOfHosts(hosts: readonly ReadHost[]): readonly FoundLog[] {
  return hosts.flatMap(({ host }) => namedLogs(host).flatMap((log) => foundLogs(host, log)));
}

/** A log that was typed, with the format of the log that a host names there. */
export function typedLog(word: string, workingDirectory: string, hosts: readonly ReadHost[]): FoundLog {
  const path = resolve(workingDirectory, word);
  const named = hosts.flatMap(({ host }) => namedLogs(host));
  const name = path.slice(path.lastIndexOf("/") + 1).replace(/(?:[.-]\d{1,14})?(?:\.gz)?$/, "");
  const same = named.filter((log) => log.path === path || log.path.endsWith(`/${name}`));
  const known = same.find((log) => log.path === path) ?? (same.length === 1 ? same[0] : undefined);
  return {
    log: known ?? { path, kind: "lines", format: null, pool: null },
    display: displayName(workingDirectory, path),
    open: () => {
      const opened = openPieces(path, "typed");
      return opened.kind === "open" ? opened : { unreadable: opened.reason };
    },
  };
}

/** Whether a typed log's kind is known from the configuration. */
export function isKnown({ log }: FoundLog, hosts: readonly ReadHost[]): boolean {
  return hosts.some(({ host }) =>
    namedLogs(host).some((one) => one === log || (one.path === log.path && one.kind === log.kind)),
  );
}
