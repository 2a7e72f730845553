import { command } from "../../src/cli/command.js";
import type { World } from "../../src/cli/world.js";

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** The command in this process, with what it would print. What is not given is empty. */
export async function runCommand(
  words: readonly string[],
  world: Pick<World, "rules" | "validators" | "workingDirectory"> & Partial<World>,
): Promise<Ran> {
  let out = "";
  let err = "";
  const status = await command(words, {
    env: {},
    standardInput: () => "",
    ...world,
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
  });
  return { status, out, err };
}
