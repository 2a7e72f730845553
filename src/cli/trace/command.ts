import { incompleteAt } from "../../engine/incomplete.js";
import type { HostsOptions } from "../../read-hosts.js";
import { ledTo } from "../../report/coverage.js";
import { chooseColor, chooseUnicode } from "../../report/terminal/color.js";
import { traceJson } from "../../report/trace/json.js";
import { traceText } from "../../report/trace/text.js";
import { columnsOf } from "../columns.js";
import { configsFor } from "../config/load.js";
import { dumpText } from "../lint.js";
import { DOCUMENTS, readOutputs, writeOutput } from "../outputs.js";
import { withProgress } from "../progress.js";
import { tell } from "../streams.js";
import { exitStatus } from "../usage.js";
import type { World } from "../world.js";
import { follow, isLost } from "./follow.js";
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
