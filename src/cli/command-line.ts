import { noteReads } from "../host/door.js";
import { lintCommand } from "./lint.js";
import { type LintOptionValues, lintArguments } from "./lint-words.js";
import { plainLine } from "./plain.js";
import { guarded, tell } from "./streams.js";
import { exitStatus, UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Runs the command line; answers the exit status. */
export async function commandLine(words: readonly string[], given: World): Promise<number> {
  const world = guarded(given);
  noteReads();
  try {
    const plain = plainLine(words);
    if (plain !== null) {
      const options = plain.options as unknown as LintOptionValues;
      return lintCommand(lintArguments(options, plain.paths, words, world), world);
    }
    // Only now: to load yargs takes as long as to lint a site.
    const { parse } = await import("./command.js");
    return await parse(words, world);
  } catch (error) {
    return report(error, world);
  }
}

function report(error: unknown, world: World): number {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  const lines = usage ? message.split("\n") : [`internal error, the check is incomplete: ${message}`];
  for (const line of lines) tell(world, line);
  return usage ? error.status : exitStatus.incomplete;
}
