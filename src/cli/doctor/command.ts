import { setTimeout } from "node:timers/promises";
import type { Finding, Incomplete } from "../../engine/finding.js";
import type { Entry, HostFilesystem } from "../../host/filesystem.js";
import { type FileStatus, filesSeenBy, opensFor, roomFor, seenFile } from "../../host/live.js";
import type { MachineFacts } from "../../live/facts.js";
import { hasHalts, withLater } from "../../live/halts.js";
import type { Machine, Through } from "../../live/machine.js";
import { readFacts } from "../../live/read-facts.js";
import { SNAPSHOT_SCRIPT } from "../../live/snapshot-script.js";
import type { PathConfig } from "../../policy/config.js";
import type { ReadHost } from "../../read-hosts.js";
import { doctorJson } from "../../report/doctor/json.js";
import { doctorPrometheus } from "../../report/doctor/prometheus.js";
import { doctorText, type Examined, needsYou, seesAll, whyIncomplete } from "../../report/doctor/text.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { once } from "../../source/memo.js";
import { version } from "../../version.js";
import { columnsOf } from "../columns.js";
import { configsFor } from "../config/load.js";
import { wallClock } from "../diagnose/clock.js";
import { judgedHosts } from "../diagnose/hosts.js";
import { type Output, readOutputs, writeOutput } from "../outputs.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { askMachine } from "./ask.js";
import { examinedOf } from "./examined.js";
import { askPrograms } from "./programs.js";
import { judgeSnapshot, snapshotAt } from "./snapshot.js";

export interface DoctorArguments {
  readonly words: readonly string[];
  readonly exec: boolean;
  readonly snapshot: boolean;
  readonly quiet: boolean;
  readonly format?: readonly string[] | undefined;
  readonly config?: string | undefined;
  readonly color: "auto" | "always" | "never";
}

const FORMATS = ["text", "json", "prometheus"] as const;

/** Runs `fpmlint doctor`: writes every output and returns the exit status. Throws UsageError. */
export async function doctorCommand(args: DoctorArguments, world: World): Promise<number> {
  if (args.snapshot) return printScript(args, world);
  const outputs = readOutputs(args.format ?? [], FORMATS);
  const [path, ...others] = args.words;
  if (others.length > 0) throw new UsageError("doctor takes one path: what follows -- is a second one");
  const text = path === undefined ? null : snapshotAt(path, world);
  const { read, examined } =
    text === null ? await liveOf(path, args, world) : judgeSnapshot(text, world, configOf(args, world));
  for (const output of outputs) {
    const text = render(read, examined, output, args, world);
    if (output.file === null) world.stdout.write(text);
    else writeOutput(output.file, text, world.workingDirectory);
  }
  const status = statusOf(examined);
  if (args.quiet && status === exitStatus.incomplete) world.stderr.write(whyIncomplete(examined));
  return status;
}

/** Only one that is named: what lies next to a snapshot is of the machine that judges it. */
function configOf({ config }: DoctorArguments, world: World): PathConfig | null {
  return config === undefined ? null : configsFor(config, world.workingDirectory, world.validators).of(".");
}

interface Judged {
  readonly read: ReadHost;
  readonly examined: Examined;
}

async function liveOf(path: string | undefined, args: DoctorArguments, world: World): Promise<Judged> {
  const judged = judgedHosts(path === undefined ? [] : [path], args.config, world);
  if (judged === null) throw new UsageError("no configuration of nginx or PHP-FPM was found on this machine");
  const read = ownHost(judged.hosts, path);
  const findings = judged.findings.filter(({ host }) => host === read.host.name);
  return { read, examined: await examineLive(read, findings, judged.unread, args.exec, world) };
}

function printScript({ words, format, quiet }: DoctorArguments, world: World): number {
  if (words.length > 0 || format !== undefined || quiet)
    throw new UsageError("--snapshot only prints a script: fpmlint doctor --snapshot > collect.sh");
  world.stdout.write(SNAPSHOT_SCRIPT);
  return exitStatus.clean;
}

/** The host whose files are those of this machine. Throws UsageError. */
function ownHost(hosts: readonly ReadHost[], path: string | undefined): ReadHost {
  const [own, second] = hosts.filter(({ spec }) => spec.root === "/");
  if (own === undefined)
    throw new UsageError(
      `${path ?? "/etc"} is not the configuration of this machine, and no snapshot of another: fpmlint ${path ?? "/etc"} checks files without their machine, fpmlint doctor --snapshot prints the script that makes a snapshot, and where this machine has its configuration there, fpmlint doctor / --config FILE, with a file that names it: docs/doctor.md`,
    );
  if (second !== undefined) throw new UsageError("several hosts of fpmlint.json are this machine: name one");
  return own;
}

/** Looks at the running machine with all that it may be asked. */
export async function examineLive(
  { host, spec }: ReadHost,
  findings: readonly Finding[],
  unread: readonly Incomplete[],
  exec: boolean,
  world: Pick<World, "now">,
): Promise<Examined> {
  const told = askPrograms(host, exec, wallClock(world));
  const seen = readFacts(host, spec.nginx, liveMachine(world.now() / 1000), told);
  const asked = await askMachine(host, seen);
  return examinedOf(host, { ...(await lookAgain(seen)), ...asked }, findings, unread);
}

function isEmptyDirectory(entry: Entry): boolean | null {
  return entry.kind === "directory" ? entry.names.every((name) => name === "lost+found") : null;
}

/** Whether what was stopped is still so, which no sound machine is kept waiting for. */
async function lookAgain(facts: MachineFacts): Promise<MachineFacts> {
  if (!hasHalts(facts)) return facts;
  await setTimeout(A_WHILE);
  return withLater(facts, filesSeenBy(null));
}

/** In milliseconds. */
const A_WHILE = 1000;

/** Looked at once: what a path is, and the files below the root of a process. */
function liveMachine(now: number): Machine {
  const views = new Map<Through, HostFilesystem>();
  const seen = new Map<string, FileStatus | null>();
  const view = (through: Through): HostFilesystem => once(views, through, () => filesSeenBy(through));
  return {
    source: "live",
    now,
    fs: view(null),
    // A question that nobody answers in a second tells more.
    later: null,
    view,
    looked: () => true,
    status: (path, through) => once(seen, `${through} ${path}`, () => seenFile(path, through)),
    space: roomFor,
    isEmpty: (path, through) => isEmptyDirectory(view(through).entry(path)),
    opens: (path, through, identity) => (through === null ? opensFor(path, identity) : null),
  };
}

function render(
  { host }: ReadHost,
  examined: Examined,
  output: Output<(typeof FORMATS)[number]>,
  args: DoctorArguments,
  world: World,
): string {
  if (output.format === "json") return doctorJson(examined, host, { version, facts: true });
  if (output.format === "prometheus") return doctorPrometheus(examined, host);
  const terminal = output.file === null && world.stdout.isTTY === true;
  return doctorText(examined, {
    color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    width: columnsOf(world, output.file).width,
    quiet: args.quiet,
  });
}

/** What could not be read may hide anything; what could not be looked at, what is right. */
function statusOf({ checked, facts, unread }: Examined): number {
  if (unread.length > 0) return exitStatus.incomplete;
  if (checked.some(needsYou)) return exitStatus.findings;
  return seesAll(facts) ? exitStatus.clean : exitStatus.incomplete;
}
