import type { Incomplete } from "../../engine/finding.js";
import { incompleteAt, incompleteOf } from "../../engine/incomplete.js";
import type { TypedLink } from "../../host/spec.js";
import type { Request } from "../../model/request/resolve/types.js";
import { descendants } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { type HostsOptions, readHosts } from "../../read-hosts.js";
import { ledTo } from "../../report/coverage.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { traceJson } from "../../report/trace/json.js";
import { traceText } from "../../report/trace/text.js";
import { type Traced, traced } from "../../trace/trace.js";
import { columnsOf } from "../columns.js";
import { configsFor } from "../config/load.js";
import { dumpText } from "../lint.js";
import { LIVE_PATHS } from "../live-paths.js";
import { DOCUMENTS, readOutputs, writeOutput } from "../outputs.js";
import { withProgress } from "../progress.js";
import { tell } from "../streams.js";
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
  readonly color: "auto" | "always" | "never";
}

/** Runs `fpmlint trace`: writes every output and returns the exit status. Throws UsageError. */
export function traceCommand(args: TraceArguments, world: World): number {
  const outputs = readOutputs(args.format ?? [], DOCUMENTS);
  const request = readRequest({ ...args, bodySize: args["body-size"] });
  const configs = configsFor(args.config, world.workingDirectory, world.validators);
  const reading: HostsOptions = {
    workingDirectory: world.workingDirectory,
    configOf: args.paths.length === 0 ? configs.ofUntyped : configs.of,
    ...(args.paths.includes("-") ? { standardInput: dumpText(world) } : {}),
  };
  const { result, unread, links } = withProgress(world, false, (watched) =>
    follow(args, { ...reading, ...watched }, request),
  );
  for (const line of ledTo(links)) tell(world, line);
  for (const one of unread) tell(world, `${incompleteAt(one)}: ${one.reason}`);
  for (const output of outputs) {
    const terminal = output.file === null && world.stdout.isTTY === true;
    const text =
      output.format === "json"
        ? traceJson(result)
        : traceText(result, {
            color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
            unicode: chooseUnicode(world.env),
            width: columnsOf(world, output.file).width,
          });
    if (output.file === null) world.stdout.write(text);
    else writeOutput(output.file, text, world.workingDirectory);
  }
  const unsure = unread.length > 0 || result.supposed || isLost(result);
  return unsure ? exitStatus.incomplete : exitStatus.clean;
}

interface Followed {
  readonly result: Traced;
  /** What could not be read, and may change the way. */
  readonly unread: readonly Incomplete[];
  readonly links: readonly TypedLink[];
}

/** Where the way gets lost in what was not read, it is followed once more as if that changed nothing. */
function follow(args: TraceArguments, reading: HostsOptions, request: Request): Followed {
  const sure = followOnce(args, reading, request, false);
  const { host } = sure.result;
  const partial = host.nginx !== null && (host.nginx.root.partial || anyPartial(host.nginx.root));
  if (!partial || !isLost(sure.result)) return sure;
  const supposed = followOnce(args, reading, request, true);
  return reach(supposed.result) > reach(sure.result) ? supposed : sure;
}

/** How far a request could be followed: to its end, or how many steps. */
function reach({ ways }: Traced): number {
  return Math.min(
    ...ways.map(({ way }) => (way.outcome.kind === "unknown" ? way.steps.length : Number.POSITIVE_INFINITY)),
  );
}

function anyPartial(root: Node): boolean {
  for (const node of descendants(root)) if (node.partial) return true;
  return false;
}

function followOnce(
  args: TraceArguments,
  reading: HostsOptions,
  request: Request,
  supposed: boolean,
): Followed {
  const found = hostsAt(args.paths, reading, supposed);
  const { read, http, sent, named } = chooseHost(found.hosts, request);
  const files = filesSaid(read, args.exists ?? [], args.missing ?? []);
  const result = traced({ host: read.host, http, request: sent, named, files, supposed });
  const unread = [...found.failures, ...incompleteOf(read.host).filter(({ fatal }) => fatal)];
  return { result, unread, links: found.links };
}

function isLost({ ways }: Traced): boolean {
  return ways.some(({ way }) => way.outcome.kind === "unknown");
}

/** The hosts of the paths; without a path those of this machine. Throws UsageError. */
function hostsAt(paths: readonly string[], reading: HostsOptions, supposed: boolean) {
  if (paths.length > 0) {
    const answer = readHosts({ ...reading, paths }, supposed);
    if (answer.kind === "read") return answer;
    throw new UsageError(answer.refusal.message);
  }
  for (const path of LIVE_PATHS) {
    // Nobody typed this path, so it does not widen what may be read.
    const answer = readHosts({ ...reading, paths: [path], typed: [] }, supposed);
    if (answer.kind === "read" && answer.hosts.some(({ host }) => host.nginx !== null)) return answer;
    if (answer.kind === "refused" && answer.refusal.kind === "stated-root")
      throw new UsageError(answer.refusal.message);
  }
  throw new UsageError("this machine has no configuration of nginx; name the path of the files to read");
}
