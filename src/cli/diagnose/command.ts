import { join } from "node:path";
import { changesOf } from "../../diagnose/changes.js";
import { Collector, type Wanted } from "../../diagnose/collect.js";
import { type Diagnosis, diagnose } from "../../diagnose/diagnose.js";
import type { FoundLog } from "../../diagnose/logs.js";
import { incompleteAt } from "../../engine/incomplete.js";
import { descriptorPieces } from "../../host/door.js";
import { logFormats } from "../../live/named-logs.js";
import { DAY, toWall } from "../../logs/time.js";
import { diagnosisJson } from "../../report/diagnose/json.js";
import { diagnosisSarif } from "../../report/diagnose/sarif.js";
import { diagnosisText, type Reading } from "../../report/diagnose/text.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { grouped, unique } from "../../source/collect.js";
import { lazily } from "../../source/memo.js";
import { version } from "../../version.js";
import { columnsOf } from "../columns.js";
import { type Output, readOutputs, writeOutput } from "../outputs.js";
import { fileNaming } from "../services.js";
import { tell } from "../streams.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { wallClock } from "./clock.js";
import { follow } from "./follow.js";
import { type JudgedHosts, judgedHosts } from "./hosts.js";
import { readJournal } from "./journal.js";
import { type LogEnd, notRead, type ReadLog, readLog } from "./read.js";
import { momentOf, statusesOf } from "./since.js";
import { isKnown, logsOfHosts, partWords, typedLog } from "./sources.js";

/** The options by the names of their table. */
export interface DiagnoseOptionValues {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly status?: readonly string[] | undefined;
  readonly server?: string | undefined;
  readonly pool?: string | undefined;
  readonly host?: string | undefined;
  readonly journal: boolean;
  readonly follow: boolean;
  readonly "show-requests": boolean;
  readonly format?: readonly string[] | undefined;
  readonly config?: string | undefined;
  readonly color: "auto" | "always" | "never";
}

export interface DiagnoseArguments extends DiagnoseOptionValues {
  readonly words: readonly string[];
}

const FORMATS = ["text", "json", "sarif"] as const;

/** Runs `fpmlint diagnose`: writes every output and returns the exit status. Throws UsageError. */
export async function diagnoseCommand(args: DiagnoseArguments, world: World): Promise<number> {
  const outputs = readOutputs(args.format ?? [], FORMATS);
  const now = wallClock(world);
  const words = partWords(args.words, world.workingDirectory, now);
  const judged = hostsFor(args, words, world);
  const wanted = wantedOf(args, words.logs.length === 0, now);
  const formats = (judged?.hosts ?? []).flatMap(({ host }) => [...logFormats(host).values()]);
  const collector = new Collector(wanted, now, unique(formats));
  const found = logsFor(words.logs, judged, world);
  const ends = new Map<FoundLog, LogEnd>();
  const read = [
    ...(await readAll(words.logs, found, judged, collector, wanted, world, args.follow ? ends : null)),
    ...(args.journal ? readJournal(collector, wanted.since) : []),
  ];
  if (!args.follow) world.hasRead?.();
  if (read.length === 0) throw new UsageError(noLogs(judged));
  const ofHost = grouped((judged?.findings ?? []).map((finding) => [finding.host, finding] as const));
  const hosts = (judged?.hosts ?? []).map(({ host }) => ({
    host,
    findings: ofHost.get(host.name) ?? [],
    changes: lazily(() => changesOf(host, toWall)),
  }));
  const diagnosis = diagnose(collector, hosts, wanted.statuses);
  const reading: Reading = {
    logs: read,
    wanted,
    hosts: hosts.length,
    collector,
    showRequests: args["show-requests"],
  };
  for (const output of outputs) {
    const text = render(diagnosis, reading, output, args, world);
    if (output.file === null) world.stdout.write(text);
    else writeOutput(output.file, text, world.workingDirectory);
  }
  for (const one of judged?.unread ?? []) tell(world, `${incompleteAt(one)}: ${one.reason}`);
  if (args.follow) return follow(found, ends, collector, hosts, wanted, world);
  if (read.some(({ problem }) => problem !== null)) return exitStatus.incomplete;
  return diagnosis.causes.length > 0 ? exitStatus.findings : exitStatus.clean;
}

/** Logs that were typed are another machine's unless a path says whose they are, or they are where this machine has them. */
function hostsFor(
  args: DiagnoseArguments,
  words: ReturnType<typeof partWords>,
  world: World,
): JudgedHosts | null {
  if (args.host !== undefined) {
    if (words.paths.length > 0)
      throw new UsageError(`--host says whose configuration it is: drop ${words.paths.join(" ")}`);
    return judgedHosts([join(args.host, "etc")], args.config, world);
  }
  if (words.paths.length > 0) return judgedHosts(words.paths, args.config, world);
  const foreign = words.logs.some((word) => !word.startsWith("/var/log/"));
  return foreign ? null : judgedHosts([], args.config, world);
}

function wantedOf(args: DiagnoseArguments, isNamed: boolean, now: number): Wanted {
  return {
    since: args.since !== undefined ? momentOf("since", args.since, now) : isNamed ? now - DAY : null,
    until: args.until === undefined ? null : momentOf("until", args.until, now),
    statuses: statusesOf(args.status ?? []),
    server: args.server ?? null,
    pool: args.pool ?? null,
  };
}

/** The logs that were typed, or those that the configuration names. */
function logsFor(typed: readonly string[], judged: JudgedHosts | null, world: World): readonly FoundLog[] {
  const hosts = judged?.hosts ?? [];
  if (typed.length === 0) return logsOfHosts(hosts);
  return typed.filter((word) => word !== "-").map((word) => typedLog(word, world.workingDirectory, hosts));
}

function render(
  diagnosis: Diagnosis,
  reading: Reading,
  output: Output<(typeof FORMATS)[number]>,
  args: DiagnoseArguments,
  world: World,
): string {
  if (output.format === "json") return diagnosisJson(diagnosis, reading, { version });
  if (output.format === "sarif") {
    const named = fileNaming(world.env, world.workingDirectory);
    return diagnosisSarif(diagnosis, reading, {
      meta: { version },
      rules: world.rules,
      named,
      failOn: null,
      now: world.now(),
    });
  }
  const terminal = output.file === null && world.stdout.isTTY === true;
  return diagnosisText(diagnosis, reading, {
    color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    width: columnsOf(world, output.file).width,
  });
}

async function readAll(
  typed: readonly string[],
  found: readonly FoundLog[],
  judged: JudgedHosts | null,
  collector: Collector,
  wanted: Wanted,
  world: World,
  ends: Map<FoundLog, LogEnd> | null,
): Promise<readonly ReadLog[]> {
  const hosts = judged?.hosts ?? [];
  const now = wallClock(world);
  const read: ReadLog[] = [];
  if (typed.includes("-")) read.push(await readInput(collector, wanted, now));
  const seen = new Set<string>();
  for (const one of found) {
    const known = typed.length === 0 || isKnown(one, hosts);
    const log = await readFound(one, known, seen, collector, wanted, now, ends !== null);
    if (log !== null) read.push(log);
    if (log?.end != null) ends?.set(one, log.end);
  }
  return read;
}

async function readInput(collector: Collector, wanted: Wanted, now: number): Promise<ReadLog> {
  const opened = descriptorPieces(0);
  const display = "standard input";
  if (opened.kind !== "open") return notRead(display, "lines", opened.reason);
  return readLog(opened, { display, kind: null, format: null, pool: null }, collector, wanted, now);
}

/** `null`: nothing of it is wanted, or another name of it was read. */
async function readFound(
  { log, display, open }: FoundLog,
  known: boolean,
  seen: Set<string>,
  collector: Collector,
  wanted: Wanted,
  now: number,
  follows: boolean,
): Promise<ReadLog | null> {
  const opened = open();
  if ("unreadable" in opened) return notRead(display, log.kind, opened.unreadable);
  const old = wanted.since !== null && opened.seekable && toWall(opened.changed) < wanted.since;
  const again = seen.has(opened.identity);
  if (again || old) {
    opened.close();
    return again ? null : notRead(display, log.kind, null);
  }
  seen.add(opened.identity);
  return readLog(
    opened,
    { display, kind: known ? log.kind : null, format: log.format, pool: log.pool },
    collector,
    wanted,
    now,
    follows,
  );
}

function noLogs(judged: JudgedHosts | null): string {
  if (judged === null || judged.hosts.length === 0)
    return "no configuration was found that names logs: name the logs, or the path of the configuration";
  return "none of the logs that the configuration names is there: name the logs, or - for standard input";
}
