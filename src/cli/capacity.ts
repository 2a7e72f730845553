import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { capacityOf } from "../engine/capacity.js";
import type { CapacityOptions } from "../engine/capacity-options.js";
import { poolNames } from "../engine/capacity-pools.js";
import type { HostCapacity } from "../engine/capacity-result.js";
import { liveHost } from "../engine/live-host.js";
import { nearest } from "../engine/nearest.js";
import { emptyHost, type HostsOptions, type ReadHost, readHosts } from "../read-hosts.js";
import { capacityJson } from "../report/capacity-json.js";
import { capacityText } from "../report/capacity-text.js";
import { type WhatIf, whatIfJson, whatIfText } from "../report/capacity-what-if.js";
import { chooseColor, chooseUnicode } from "../report/color.js";
import { type CapacityArguments, readCapacityOptions, readWhatIf } from "./capacity-options.js";
import { applyEdits, printDiff } from "./capacity-write.js";
import { loadConfig } from "./config.js";
import { checkedSize, checkedVersion, PLAIN_WIDTH } from "./lint.js";
import { type Output, readOutputs, writeOutput } from "./outputs.js";
import { exitStatus, UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Where the machine itself keeps its configuration: that of packages, and that of the official image. */
const LIVE_PATHS = ["/etc", "/usr/local/etc"];

/** Computes, writes every output and answers the exit status. Throws UsageError. */
export function capacityCommand(args: CapacityArguments, world: World): number {
  const outputs = readOutputs(args.format ?? []);
  const whatIf = readWhatIf(args["what-if"]);
  refuseContradictions(args, outputs);
  const samples = args.samples === undefined ? null : readText(args.samples, world);
  const options = readCapacityOptions(args, samples);
  const loaded = loadConfig(args.config, world.workingDirectory, world.validators);
  const reading: HostsOptions = {
    workingDirectory: world.workingDirectory,
    config: loaded?.config ?? null,
    configDirectory: loaded?.directory ?? world.workingDirectory,
    phpVersion: checkedVersion("php-version", args["php-version"]),
    memory: checkedSize("ram", args.ram),
  };
  const hosts = withPools(args, reading, options);
  checkNames(hosts, options);
  if (whatIf !== null) return compare(hosts, options, whatIf, outputs, world);
  const results = hosts.map((read) => ({ read, found: computed(read, options) }));
  if (args.diff) printDiff(results, world);
  else
    for (const output of outputs)
      write(
        results.map(({ found }) => found),
        output,
        args,
        world,
      );
  for (const { line, text, why } of options.samples?.unread ?? [])
    world.stderr.write(`fpmlint: --samples line ${line}: ${JSON.stringify(text.slice(0, 80))}: ${why}\n`);
  if (args.write)
    applyEdits(
      results,
      world,
      outputs.some(({ format, file }) => format === "json" && file === null),
    );
  return results.some(({ found }) => found.incomplete.length > 0) ? exitStatus.incomplete : exitStatus.clean;
}

function refuseContradictions(args: CapacityArguments, outputs: readonly Output[]): void {
  if (args["what-if"] !== undefined && (args.diff || args.write))
    throw new UsageError(
      "--what-if compares sizes of memory and changes nothing: leave out --diff and --write",
    );
  if (args["what-if"] !== undefined && args.ram !== undefined)
    throw new UsageError("--what-if names the sizes of memory itself: leave out --ram");
  if (args.diff && (args.format ?? []).length > 0 && outputs.some(({ file }) => file === null))
    throw new UsageError("--diff prints nothing but the diff: leave out --format, or give it a file");
}

function readText(name: string, world: World): string {
  if (name === "-") return world.standardInput();
  try {
    return readFileSync(resolve(world.workingDirectory, name), "utf8");
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    throw new UsageError(
      `--samples ${name}: ${code === "ENOENT" ? "no such file" : (code ?? "could not be read")}`,
    );
  }
}

/** The hosts of the path that have pools; else one pool without files, when its worker's size is given. */
function withPools(
  { path }: CapacityArguments,
  reading: HostsOptions,
  { workerSize, samples }: CapacityOptions,
): readonly ReadHost[] {
  const found = path === undefined ? liveHosts(reading) : hostsAt(path, reading);
  const pooled = found.filter(({ host }) => host.pools.length > 0);
  if (pooled.length > 0) return pooled;
  if (workerSize.all === null && samples === null)
    throw new UsageError(
      `no pool of PHP-FPM in ${path === undefined ? "the configuration of this machine" : path}; for one pool without files say --worker-size, as in --worker-size 60M --ram 4G`,
    );
  return [found[0] ?? emptyHost(path ?? "/", reading)];
}

function liveHosts(reading: HostsOptions): readonly ReadHost[] {
  for (const path of LIVE_PATHS) {
    const answer = readHosts({ ...reading, paths: [path] });
    if (answer.kind === "read" && answer.hosts.some(({ host }) => host.pools.length > 0)) return answer.hosts;
  }
  return [];
}

function hostsAt(path: string, reading: HostsOptions): readonly ReadHost[] {
  const answer = readHosts({ ...reading, paths: [path] });
  if (answer.kind === "read") return answer.hosts;
  const { kind, message } = answer.refusal;
  if (kind === "nothing-to-lint") return [];
  throw new UsageError(message, kind === "unreadable-path" ? exitStatus.incomplete : exitStatus.usage);
}

/** A pool that no host has is a mistake, not a number for nobody. */
function checkNames(hosts: readonly ReadHost[], options: CapacityOptions): void {
  const known = new Set(
    hosts.flatMap(({ host }) =>
      host.pools.length === 0
        ? ["default"]
        : [...poolNames(host)].flatMap(([{ name }, full]) => [name, full]),
    ),
  );
  const { workerSize, rate, mean, p95, weights } = options;
  const given = {
    "worker-size": workerSize.byPool,
    rate: rate.byPool,
    mean: mean.byPool,
    p95: p95.byPool,
    weight: weights,
  };
  for (const [option, names] of Object.entries(given)) {
    for (const name of names.keys()) {
      if (known.has(name)) continue;
      const meant = nearest(name, [...known]);
      const right =
        meant === null ? `pools are ${[...known].slice(0, 8).join(", ")}` : `did you mean ${meant}?`;
      throw new UsageError(`--${option} ${name}=…: no pool of that name; ${right}`);
    }
  }
}

function computed({ host, spec }: ReadHost, options: CapacityOptions): HostCapacity {
  const answer = capacityOf(host, options, liveHost(host, spec.root === "/"));
  if (answer.kind === "refused") throw new UsageError(answer.message);
  return answer.result;
}

function compare(
  hosts: readonly ReadHost[],
  options: CapacityOptions,
  sizes: readonly number[],
  outputs: readonly Output[],
  world: World,
): number {
  const tables = hosts.map(({ host, spec }): WhatIf => {
    const live = liveHost(host, spec.root === "/");
    const [reserve, headroom] = [host.memory?.reserve ?? null, host.memory?.headroom ?? null];
    const rows = sizes.map((memory) => {
      const size = { bytes: memory, source: "--what-if", place: null, reserve, headroom };
      return { memory, answer: capacityOf({ ...host, memory: size }, options, live) };
    });
    return { host: host.name, rows };
  });
  for (const output of outputs) {
    const rendered =
      output.format === "json"
        ? whatIfJson(tables)
        : tables.map((one) => whatIfText(one, widthOf(output, world))).join("\n");
    put(rendered, output, world);
  }
  return exitStatus.clean;
}

function write(found: readonly HostCapacity[], output: Output, args: CapacityArguments, world: World): void {
  const terminal = output.file === null && world.stdout.isTTY === true;
  const options = {
    color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    width: widthOf(output, world),
  };
  const rendered =
    output.format === "json"
      ? capacityJson(found)
      : found.map((one) => capacityText(one, options)).join("\n");
  put(rendered, output, world);
}

function widthOf(output: Output, world: World): number {
  return output.file === null && world.stdout.isTTY === true ? (world.stdout.columns ?? 80) : PLAIN_WIDTH;
}

function put(rendered: string, output: Output, world: World): void {
  if (output.file === null) world.stdout.write(rendered);
  else writeOutput(output.file, rendered, world.workingDirectory);
}
