import { incompleteAt, incompleteOf } from "../../engine/incomplete.js";
import { type HostsOptions, readHosts } from "../../read-hosts.js";
import { ledTo } from "../../report/coverage.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { escapeText } from "../../report/terminal/escape.js";
import { traceJson } from "../../report/trace/json.js";
import { traceText } from "../../report/trace/text.js";
import { type Traced, traced } from "../../trace/trace.js";
import { loadConfig } from "../config.js";
import { checkedVersion, dumpText, PLAIN_WIDTH } from "../lint.js";
import { readOutputs, writeOutput } from "../outputs.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { filesSaid } from "./files.js";
import { chooseHost } from "./host.js";
import { readRequest } from "./request.js";

export interface TraceArguments {
  readonly url: string;
  readonly paths: readonly string[];
  readonly method?: string | undefined;
  readonly header?: readonly string[] | undefined;
  readonly "body-size"?: string | undefined;
  readonly http?: string | undefined;
  readonly from?: string | undefined;
  readonly exists?: readonly string[] | undefined;
  readonly missing?: readonly string[] | undefined;
  readonly format?: readonly string[] | undefined;
  readonly config?: string | undefined;
  readonly "php-version"?: string | undefined;
  readonly color: "auto" | "always" | "never";
}

/** Where this machine keeps its configuration: that of packages, and that of the official image. */
const LIVE_PATHS = ["/etc", "/usr/local/etc"];

/** Runs `fpmlint trace`: writes every output and returns the exit status. Throws UsageError. */
export function traceCommand(args: TraceArguments, world: World): number {
  const outputs = readOutputs(args.format ?? []);
  const request = readRequest({ ...args, bodySize: args["body-size"] });
  const loaded = loadConfig(args.config, world.workingDirectory, world.validators);
  const reading: HostsOptions = {
    workingDirectory: world.workingDirectory,
    config: loaded?.config ?? null,
    configDirectory: loaded?.directory ?? world.workingDirectory,
    phpVersion: checkedVersion("php-version", args["php-version"]),
    ...(args.paths.includes("-") ? { standardInput: dumpText(world) } : {}),
  };
  const found = hostsAt(args.paths, reading);
  for (const line of ledTo(found.links)) world.stderr.write(`fpmlint: ${line}\n`);
  const { read, http, sent } = chooseHost(found.hosts, request);
  const files = filesSaid(read, args.exists ?? [], args.missing ?? []);
  const result = traced(read.host, http, sent, files);
  const unread = [...found.failures, ...incompleteOf(read.host).filter(({ fatal }) => fatal)];
  for (const one of unread)
    world.stderr.write(`fpmlint: ${escapeText(`${incompleteAt(one)}: ${one.reason}`)}\n`);
  for (const output of outputs) {
    const terminal = output.file === null && world.stdout.isTTY === true;
    const text =
      output.format === "json"
        ? traceJson(result)
        : traceText(result, {
            color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
            unicode: chooseUnicode(world.env),
            width: terminal ? (world.stdout.columns ?? 80) : PLAIN_WIDTH,
          });
    if (output.file === null) world.stdout.write(text);
    else writeOutput(output.file, text, world.workingDirectory);
  }
  return unread.length > 0 || isLost(result) ? exitStatus.incomplete : exitStatus.clean;
}

function isLost({ ways }: Traced): boolean {
  return ways.some(({ way }) => way.outcome.kind === "unknown");
}

/** The hosts of the paths; without a path those of this machine. Throws UsageError. */
function hostsAt(paths: readonly string[], reading: HostsOptions) {
  if (paths.length > 0) {
    const answer = readHosts({ ...reading, paths });
    if (answer.kind === "read") return answer;
    throw new UsageError(answer.refusal.message);
  }
  for (const path of LIVE_PATHS) {
    // Nobody typed this path, so it does not widen what may be read.
    const answer = readHosts({ ...reading, paths: [path], typed: [] });
    if (answer.kind === "read" && answer.hosts.some(({ host }) => host.nginx !== null)) return answer;
    if (answer.kind === "refused" && answer.refusal.kind === "stated-root")
      throw new UsageError(answer.refusal.message);
  }
  throw new UsageError("this machine has no configuration of nginx; name the path of the files to read");
}
