import { readFileSync } from "node:fs";
import { rules } from "../../rules/index.js";
import { validators } from "../validators.js";
import { command } from "./command.js";

/** Runs the command in this process; answers the exit status. `wrote`: called when files were changed. */
export function run(words: readonly string[], wrote: () => void): Promise<number> {
  return command(words, {
    rules,
    validators,
    env: process.env,
    workingDirectory: process.cwd(),
    standardInput: () => readFileSync(process.stdin.fd, "utf8"),
    stdout: process.stdout,
    stderr: process.stderr,
    wrote,
  });
}
