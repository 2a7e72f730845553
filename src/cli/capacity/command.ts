import { type Each, each, failure } from "../../engine/failure.js";
import type { Incomplete } from "../../engine/finding.js";
import { incompleteAt, incompleteOf } from "../../engine/incomplete.js";
import type { TypedLink } from "../../host/spec.js";
import { emptyHost, type HostsOptions, type ReadHost, type ReadHosts, readHosts } from "../../read-hosts.js";
import { capacityJson } from "../../report/capacity/json.js";
import { capacityText } from "../../report/capacity/text.js";
import { type WhatIf, whatIfJson, whatIfText } from "../../report/capacity/what-if.js";
import { ledTo } from "../../report/coverage.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { byContainer } from "../../sizing/containers.js";
import { type Looked, liveHost } from "../../sizing/live-host.js";
import type { CapacityOptions } from "../../sizing/options.js";
import { capacityOf } from "../../sizing/plan-of-host.js";
import type { HostCapacity } from "../../sizing/result.js";
import { poolless } from "../../sizing/warnings.js";
import { columnsOf } from "../columns.js";
import { configsFor } from "../config/load.js";
import { checkedVersion } from "../lint.js";
import { LIVE_PATHS } from "../live-paths.js";
import { DOCUMENTS, type Output, readOutputs, writeOutput } from "../outputs.js";
import { withProgress } from "../progress.js";
import { tell } from "../streams.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { looked } from "./looks.js";
import { checkNames } from "./names.js";
import type { CapacityArguments } from "./options.js";
import { readCapacityOptions, readMemory, readWhatIf } from "./read-options.js";
import { samplesFrom, sayUnread } from "./samples.js";
import { applyEdits, printDiff } from "./write.js";

/** Runs `fpmlint capacity`: writes every output and returns the exit status. Throws UsageError. */
export async function capacityCommand(args: CapacityArguments, world: World): Promise<number> {
  const outputs = readOutputs(args.format ?? [], DOCUMENTS);
  const whatIf = readWhatIf(args["what-if"]);
  const path = onePath(args.paths);
  refuseContradictions(args, outputs);
  const samples = args.samples === undefined ? null : samplesFrom(args.samples, world);
  const options = readCapacityOptions(args, samples);
  const configs = configsFor(args.config, world.workingDirectory, world.validators);
  const reading: HostsOptions = {
    workingDirectory: world.workingDirectory,
    configOf: path === undefined ? configs.ofUntyped : configs.of,
    phpVersion: checkedVersion("php-version", args["php-version"]),
    memory: readMemory(args.ram),
  };
  const first = withPools(path, reading, options, world);
  // A host without memory does not keep what fpmlint.json reserves of it.
  const blind = whatIf !== null && first.hosts.some(({ host }) => host.memory === null);
  const {
    hosts: whole,
    unread,
    links,
    ...read
  } = blind ? withPools(path, { ...reading, memory: whatIf[0] ?? null }, options, world) : first;
  const containers = whole.map((one) => byContainer(one));
  const hosts = containers.flatMap(({ parts }) => parts);
  const lost = [...read.lost, ...containers.flatMap((one) => one.lost)];
  checkNames(hosts, options);
  const before = new Map<ReadHost, Looked>();
  if (whatIf === null) for (const read of hosts) if (isLive(read)) before.set(read, await looked(read.host));
  const { done: results, failures } = forEach(whatIf === null ? hosts : [], (read) => ({
    read,
    found: computed(read, hosts, options, before.get(read)),
  }));
  const compare = whatIf === null ? { done: [], failures: [] } : compared(hosts, options, whatIf);
  sayUnread(samples, world);
  const failed = [...unread, ...failures, ...compare.failures];
  for (const line of ledTo(links)) tell(world, line);
  for (const line of [...lost, ...failed.map(said)]) tell(world, line);
  const document = outputs.some(({ format, file }) => format === "json" && file === null);
  const asked = { path, quiet: args.diff || document, write: args.write, guess: args["accept-guess"] };
  const tables = compare.done;
  const all = { found: results.map(({ found }) => found), tables, failed };
  for (const output of outputs) if (output.file !== null || !args.diff) write(all, output, args, world);
  if (args.diff) printDiff(results, world, asked);
  if (args.write) applyEdits(results, world, asked);
  const missing =
    lost.length > 0 ||
    failed.length > 0 ||
    results.some(({ found }) => found.incomplete.length > 0) ||
    tables.some(({ incomplete }) => incomplete.length > 0);
  return missing ? exitStatus.incomplete : exitStatus.clean;
}

function onePath([path, second]: readonly string[]): string | undefined {
  if (second !== undefined) throw new UsageError(`give one path at a time, not ${path} and ${second}`);
  return path;
}

function refuseContradictions(args: CapacityArguments, outputs: readonly Output[]): void {
  for (const [name, value] of Object.entries(args))
    if ([value].flat().includes(false) && !["diff", "write", "accept-guess", "acceptGuess"].includes(name))
      throw new UsageError(`--no-${name} has no meaning: drop it`);
  if (args["what-if"] !== undefined && (args.diff || args.write))
    throw new UsageError("--what-if compares sizes of memory and changes nothing: drop --diff and --write");
  if (args["accept-guess"] && !args.write)
    throw new UsageError("--accept-guess means nothing without --write");
  if (args["what-if"] !== undefined && args.ram !== undefined)
    throw new UsageError("--what-if itself gives the sizes of memory: drop --ram");
  if (args.diff && (args.format ?? []).length > 0 && outputs.some(({ file }) => file === null))
    throw new UsageError("--diff prints only the diff: drop --format, or give it a file");
}

interface Pooled {
  readonly hosts: readonly ReadHost[];
  /** What could not be read of hosts without pools, so that their pools may be missing. */
  readonly lost: readonly string[];
  /** Hosts and paths that could not be read because of an error in fpmlint itself. */
  readonly unread: readonly Incomplete[];
  readonly links: readonly TypedLink[];
}

/** The hosts of the path that have pools; else one pool without files, if the size of its worker is given. */
function withPools(
  path: string | undefined,
  reading: HostsOptions,
  { workerSize, samples }: CapacityOptions,
  world: World,
): Pooled {
  const {
    hosts: found,
    failures: unread,
    links,
  } = withProgress(world, false, (watched) => {
    const asked = { ...reading, ...watched };
    return path === undefined ? liveHosts(asked) : hostsAt(path, asked);
  });
  const hosts = found.filter(({ host }) => host.pools.length > 0);
  const lost = found.filter((one) => !hosts.includes(one)).flatMap(lostOf);
  if (hosts.length > 0) return { hosts, lost, unread, links };
  const where = path === undefined ? "the configuration of this machine" : path;
  if (workerSize.all === null && samples === null) {
    const why = [...lost, ...unread.map(said)];
    if (why.length > 0)
      throw new UsageError([...why, `no pool of PHP-FPM in ${where}`].join("\n"), exitStatus.incomplete);
    throw new UsageError(
      `no pool of PHP-FPM in ${where}; for one pool without files, give --worker-size, as in --worker-size 60M --ram 4G`,
    );
  }
  // The text itself names what could not be read of the first.
  const [first = emptyHost(path ?? "/", reading), ...others] = found;
  return { hosts: [first], lost: others.flatMap(lostOf), unread, links };
}

function lostOf({ host }: ReadHost): readonly string[] {
  return incompleteOf({ ...host, nginx: null })
    .filter(({ fatal }) => fatal)
    .map((one) => `${said(one)}; ${poolless(host).get(one.file) ?? "pools may be missing"}`);
}

function said(one: Incomplete): string {
  return `${incompleteAt(one)}: ${one.reason}`;
}

type Read = Pick<Extract<ReadHosts, { readonly kind: "read" }>, "hosts" | "failures" | "links">;

const NOTHING: Read = { hosts: [], failures: [], links: [] };

function liveHosts(reading: HostsOptions): Read {
  const failures: Incomplete[] = [];
  for (const path of LIVE_PATHS) {
    // Nobody typed this path, so it does not widen what may be read.
    const answer = readHosts({ ...reading, paths: [path], typed: [] });
    if (answer.kind === "refused") {
      if (answer.refusal.kind === "stated-root") throw new UsageError(answer.refusal.message);
      continue;
    }
    failures.push(...answer.failures);
    if (answer.hosts.some(({ host }) => host.pools.length > 0)) return { ...answer, failures };
  }
  return { ...NOTHING, failures };
}

function hostsAt(path: string, reading: HostsOptions): Read {
  if (path === "") throw new UsageError("the path is empty; give none to mean this machine");
  if (path === "-")
    throw new UsageError(
      "- is only nginx's half and has no pools: give the path of the files; samples come from --samples -",
    );
  const answer = readHosts({ ...reading, paths: [path] });
  if (answer.kind === "read") return answer;
  const { kind, message } = answer.refusal;
  if (kind === "nothing-to-lint") return NOTHING;
  throw new UsageError(message);
}

/** Does the work for each host; an error in fpmlint itself only fails that host. Throws UsageError. */
function forEach<T>(hosts: readonly ReadHost[], work: (read: ReadHost) => T): Each<T> {
  return each(hosts, work, ({ host }, error) => {
    if (error instanceof UsageError) throw error;
    return failure(host.name, "computing the capacity of this host failed", error);
  });
}

/** Where there are several hosts, the sentence names the one that it is about. */
function refused(message: string, name: string, hosts: readonly ReadHost[]): UsageError {
  return new UsageError(hosts.length === 1 ? message : `${name}: ${message}`);
}

/** Whether the host is the machine that this runs on. */
function isLive({ spec }: ReadHost): boolean {
  return spec.root === "/";
}

function computed(
  read: ReadHost,
  hosts: readonly ReadHost[],
  options: CapacityOptions,
  before: Looked | undefined,
): HostCapacity {
  const { host } = read;
  const answer = capacityOf(host, options, liveHost(host, isLive(read), before));
  if (answer.kind === "refused") throw refused(answer.message, host.name, hosts);
  return answer.result;
}

/** Throws UsageError for what is wrong at any size of memory, and where all sizes are too small. */
function compared(
  hosts: readonly ReadHost[],
  options: CapacityOptions,
  sizes: readonly number[],
): Each<WhatIf> {
  const tables = forEach(hosts, ({ host, spec }): WhatIf => {
    const live = liveHost(host, spec.root === "/");
    const [reserve, headroom] = [host.memory?.reserve ?? null, host.memory?.headroom ?? null];
    const rows = sizes.map((memory) => {
      const size = { bytes: memory, source: "--what-if", place: null, reserve, headroom };
      const answer = capacityOf({ ...host, memory: size }, options, live);
      if (answer.kind === "refused" && !answer.memory) throw refused(answer.message, host.name, hosts);
      return { memory, answer };
    });
    const [first] = rows.flatMap(({ answer }) => (answer.kind === "capacity" ? [answer.result] : []));
    return { host: host.name, rows, incomplete: first?.incomplete ?? [], poolless: poolless(host) };
  });
  const answers = tables.done.flatMap(({ rows }) => rows.map(({ answer }) => answer));
  const messages = answers.flatMap((answer) => (answer.kind === "refused" ? [answer.message] : []));
  if (messages.length > 0 && messages.length === answers.length)
    throw new UsageError([...new Set(messages)].join("\n"));
  return tables;
}

interface Computed {
  readonly found: readonly HostCapacity[];
  readonly tables: readonly WhatIf[];
  readonly failed: readonly Incomplete[];
}

function write(
  { found, tables, failed }: Computed,
  output: Output,
  args: CapacityArguments,
  world: World,
): void {
  const terminal = output.file === null && world.stdout.isTTY === true;
  const options = {
    color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    width: columnsOf(world, output.file).width,
    hint: !args.write,
  };
  const rendered =
    output.format === "json"
      ? tables.length > 0
        ? whatIfJson(tables, failed)
        : capacityJson(found, failed)
      : [
          ...found.map((one) => capacityText(one, options)),
          ...tables.map((one) => whatIfText(one, options)),
        ].join("\n");
  if (output.file === null) world.stdout.write(rendered);
  else writeOutput(output.file, rendered, world.workingDirectory);
}
