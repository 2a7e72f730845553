import { noteReads } from "../host/door.js";
import type { DiagnoseOptionValues } from "./diagnose/command.js";
import { lintCommand } from "./lint.js";
import { type LintOptionValues, lintArguments } from "./lint-words.js";
import { type PlainLine, plainLine } from "./plain.js";
import { guarded, tell } from "./streams.js";
import { exitStatus, UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Runs the command line; answers the exit status. */
export async function commandLine(words: readonly string[], given: World): Promise<number> {
  const world = guarded(given);
  noteReads();
  try {
    const plain = plainLine(words);
    if (plain !== null) return await runPlain(plain, words, world);
    // Only now: to load yargs takes as long as to lint a site.
    const { parse } = await import("./more.js");
    return await parse(words, world);
  } catch (error) {
    return report(error, world);
  }
}

/** The options have the types of their table, because the plain line was read by it. */
async function runPlain(plain: PlainLine, words: readonly string[], world: World): Promise<number> {
  if (plain.command === "") {
    const options = plain.options as unknown as LintOptionValues;
    return lintCommand(lintArguments(options, plain.words, words, world), world);
  }
  const { diagnoseCommand } = await import("./more.js");
  const options = plain.options as unknown as DiagnoseOptionValues;
  return diagnoseCommand({ ...options, words: plain.words }, world);
}

function report(error: unknown, world: World): number {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  const lines = usage ? message.split("\n") : [`internal error, the check is incomplete: ${message}`];
  for (const line of lines) tell(world, line);
  return usage ? error.status : exitStatus.incomplete;
}
