import { rules } from "../../rules/index.js";
import { readDescriptor, whenMuchIsRead } from "../host/door.js";
import { validators } from "../validators.js";
import { commandLine } from "./command-line.js";
import { standardOutput } from "./standard-output.js";
import { sinkOf } from "./start/ready.js";
import { withTimings } from "./timings.js";
import type { World } from "./world.js";

/** What the command tells who runs it, and asks of them. */
export interface Process {
  /** Node's stream, with somebody who hears its errors. */
  readonly output: () => NodeJS.WriteStream;
  readonly errors: () => NodeJS.WriteStream;
  /** Called when files were changed. */
  readonly wrote: () => void;
  /** Called when it is no short run. */
  readonly readMuch: () => void;
  /** Called when all of it was read, and what is left to do is short. */
  readonly hasRead: () => void;
}

/** Runs the command in this process; answers the exit status. `given`: what it is to see instead of what is there. */
export function run(
  words: readonly string[],
  { output, errors, wrote, readMuch, hasRead }: Process,
  given: Partial<World> = {},
): Promise<number> {
  whenMuchIsRead(readMuch);
  const stderr = sinkOf(2, errors);
  const world: World = {
    rules,
    validators,
    env: process.env,
    workingDirectory: process.cwd(),
    // Not through process.stdin: to look at it makes the pipe one that does not wait for a slow writer.
    standardInput: () => readDescriptor(0),
    now: Date.now,
    stdout: standardOutput(sinkOf(1, output), stderr),
    stderr,
    wrote,
    hasRead,
    ...given,
  };
  return withTimings(world, () => commandLine(words, world));
}
