import { rules } from "../../rules/index.js";
import { readDescriptor } from "../host/door.js";
import { validators } from "../validators.js";
import { commandLine } from "./command-line.js";
import { compileLater } from "./compiler.js";
import { standardOutput } from "./standard-output.js";
import { withTimings } from "./timings.js";
import type { World } from "./world.js";

/**
 * Runs the command in this process; answers the exit status. `wrote`: called when files were changed. `given`: what
 * it is to see instead of what is there, in a process that does other things, too.
 */
export function run(words: readonly string[], wrote: () => void, given?: Partial<World>): Promise<number> {
  // For logs, of which there may be gigabytes, compiling pays at once.
  if (given === undefined && words[0] !== "diagnose") compileLater();
  const world: World = {
    rules,
    validators,
    env: process.env,
    workingDirectory: process.cwd(),
    // Not through process.stdin: to look at it makes the pipe one that does not wait for a slow writer.
    standardInput: () => readDescriptor(0),
    now: Date.now,
    stdout: standardOutput(),
    stderr: process.stderr,
    wrote,
    ...given,
  };
  return withTimings(world, () => commandLine(words, world));
}
