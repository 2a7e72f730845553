import { resolve } from "node:path";
import { each, failure } from "../../engine/failure.js";
import type { Incomplete } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import { readTyped } from "../../host/door.js";
import type { LintOptions } from "../../lint.js";
import type { ReadHost } from "../../read-hosts.js";
import { hostJson } from "../../report/capacity/json.js";
import { ledTo } from "../../report/coverage.js";
import { page } from "../../report/html/page.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { dot, mermaid } from "../../report/topology/diagrams.js";
import type { ReportedHost, TopologyReport } from "../../report/topology/document.js";
import { topologyJson } from "../../report/topology/json.js";
import { type Observed, readObserved } from "../../report/topology/observed.js";
import { topologyText } from "../../report/topology/text.js";
import { liveHost } from "../../sizing/live-host.js";
import type { CapacityOptions } from "../../sizing/options.js";
import { capacityOf } from "../../sizing/plan-of-host.js";
import { topologyOf, type WorkerOf } from "../../topology/host.js";
import { version } from "../../version.js";
import { checkNames } from "../capacity/names.js";
import { readCapacityOptions, readMemory } from "../capacity/read-options.js";
import { columnsOf } from "../columns.js";
import { configsFor } from "../config/load.js";
import { linted } from "../fixes.js";
import { inputText } from "../input-text.js";
import { checkedNginxVersion, checkedVersion, dumpText } from "../lint.js";
import { type Output, readOutputs, writeOutput } from "../outputs.js";
import { tell } from "../streams.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { REPORT_FORMATS, type ReportArguments } from "./options.js";

type ReportFormat = (typeof REPORT_FORMATS)[number];

/** Runs `fpmlint report`: writes every output and returns the exit status. Throws UsageError. */
export function reportCommand(args: ReportArguments, world: World): number {
  const outputs = outputsOf(args);
  const sizes = sizesOf(args);
  const observed = observedIn(args, outputs, world);
  const options: LintOptions = {
    paths: args.paths.length === 0 ? ["."] : args.paths,
    workingDirectory: world.workingDirectory,
    configOf: configsFor(args.config, world.workingDirectory, world.validators).of,
    nginxVersion: checkedNginxVersion(args["nginx-version"]),
    phpVersion: checkedVersion("php-version", args["php-version"]),
    memory: readMemory(args.ram),
    ...(args.paths.includes("-") ? { standardInput: dumpText(world) } : {}),
    today: () => dateOf(world).slice(0, 10),
  };
  const { result, hosts: read } = linted(options, world, false);
  checkNames(read, sizes);
  const hosts = each(
    read,
    (one) => drawn(one, result.findings, sizes),
    ({ host }, error) => failure(host.name, "drawing this host failed", error),
  );
  const report: TopologyReport = {
    hosts: hosts.done,
    result,
    observed,
    stamp: args.stamp ? dateOf(world) : null,
    version,
  };
  for (const line of ledTo(result.summary.links)) tell(world, line);
  const failed: Incomplete[] = [...hosts.failures];
  for (const output of outputs) failed.push(...write(report, output, args, world));
  for (const one of [...result.summary.incomplete.filter(({ fatal }) => fatal), ...failed])
    tell(world, `${incompleteAt(one)}: ${one.reason}`);
  const missing = failed.length > 0 || result.summary.incomplete.some(({ fatal }) => fatal);
  return missing ? exitStatus.incomplete : exitStatus.clean;
}

/** Throws UsageError. */
function outputsOf({ html, format = [] }: ReportArguments): readonly Output<ReportFormat>[] {
  if (html === undefined) return readOutputs(format, REPORT_FORMATS);
  if (html === "") throw new UsageError("--html needs the name of a file, as in --html report.html");
  const others = format.length === 0 ? [] : readOutputs(format, REPORT_FORMATS);
  return [...others, { format: "html", file: html }];
}

/** What the files of `--with` say of the server. Throws UsageError. */
function observedIn(
  { with: files = [] }: ReportArguments,
  outputs: readonly Output<ReportFormat>[],
  world: World,
): readonly Observed[] {
  if (files.length > 0 && !outputs.some(({ format }) => format === "html"))
    throw new UsageError("--with is for the page: add --html FILE");
  return files.map((file) => {
    if (file === "") throw new UsageError("--with needs the name of a file");
    const read = inputText(readTyped(resolve(world.workingDirectory, file)));
    const found = "text" in read ? readObserved(read.text, file) : { wrong: read.refusal };
    if ("wrong" in found) throw new UsageError(`--with ${file}: ${found.wrong}`);
    return found;
  });
}

/** What is said of the memory and of the requests. Throws UsageError. */
function sizesOf(args: ReportArguments): CapacityOptions {
  const none = { reserve: undefined, headroom: undefined, shared: undefined, weight: undefined } as const;
  const unasked = {
    cores: undefined,
    "cpu-share": undefined,
    samples: undefined,
    "what-if": undefined,
  } as const;
  return readCapacityOptions(
    { ...none, ...unasked, diff: false, write: false, "accept-guess": false, ...args },
    null,
  );
}

/** `2026-11-29 07:15 UTC`. */
function dateOf(world: World): string {
  const [day = "", time = ""] = new Date(world.now()).toISOString().split("T");
  return `${day} ${time.slice(0, 5)} UTC`;
}

function drawn(
  { host, spec }: ReadHost,
  findings: TopologyReport["result"]["findings"],
  sizes: CapacityOptions,
): ReportedHost {
  const none = "no pool of PHP-FPM was read, so there is nothing to compute";
  const answer =
    host.pools.length === 0
      ? ({ kind: "refused", message: none } as const)
      : capacityOf(host, sizes, liveHost(host, spec.root === "/"));
  const workers = new Map(
    answer.kind === "refused" ? [] : answer.result.pools.map(({ pool, worker }) => [pool, worker] as const),
  );
  const workerOf: WorkerOf = (pool) => {
    const worker = workers.get(pool);
    return worker === undefined ? null : { bytes: worker.bytes, assumed: worker.source === "assumed" };
  };
  const topology = topologyOf(host, findings, workerOf);
  return answer.kind === "refused"
    ? { topology, memory: null, memoryReason: answer.message }
    : { topology, memory: hostJson(answer.result), memoryReason: null };
}

/** Answers what could not be written of it. */
function write(
  report: TopologyReport,
  { format, file }: Output<ReportFormat>,
  args: ReportArguments,
  world: World,
): readonly Incomplete[] {
  const { text, failures } = rendered(report, format, file, args, world);
  if (file === null) world.stdout.write(text);
  else writeOutput(file, text, world.workingDirectory);
  return failures;
}

function rendered(
  report: TopologyReport,
  format: ReportFormat,
  file: string | null,
  args: ReportArguments,
  world: World,
): { readonly text: string; readonly failures: readonly Incomplete[] } {
  if (format === "json") return topologyJson(report);
  if (format === "html") return page(report, world.rules);
  if (format === "mermaid") return { text: mermaid(report), failures: [] };
  if (format === "dot") return { text: dot(report), failures: [] };
  const terminal = file === null && world.stdout.isTTY === true;
  const text = topologyText(report, {
    color: file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    width: columnsOf(world, file).width,
  });
  return { text, failures: [] };
}
