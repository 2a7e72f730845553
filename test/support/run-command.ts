import { rules } from "../../rules/index.js";
import { commandLine } from "../../src/cli/command-line.js";
import type { Stream, World } from "../../src/cli/world.js";
import type { Opened } from "../../src/host/door.js";
import { validators } from "../../src/validators.js";

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** What a stream is, without where it goes. */
type Shape = Omit<Stream, "write">;

type Given = Pick<World, "rules" | "validators" | "workingDirectory"> &
  Partial<Omit<World, "standardInput" | "stdout" | "stderr">> & {
    readonly standardInput?: () => string | Opened;
    readonly stdout?: Shape;
    readonly stderr?: Shape;
  };

function opened(input: string | Opened): Opened {
  return typeof input === "string" ? { kind: "bytes", bytes: Buffer.from(input) } : input;
}

/** The command in this process, with what it would print. What is not given is empty. */
export async function runCommand(
  words: readonly string[],
  { standardInput = () => "", ...world }: Given,
): Promise<Ran> {
  let out = "";
  let err = "";
  const status = await commandLine(words, {
    env: {},
    now: () => 0,
    ...world,
    standardInput: () => opened(standardInput()),
    stdout: { ...world.stdout, write: (text) => (out += text) },
    stderr: { ...world.stderr, write: (text) => (err += text) },
  });
  return { status, out, err };
}

/** The same with all rules, in a directory of the disk. */
export function commandIn(
  workingDirectory: string,
  words: readonly string[],
  given: Partial<Given> = {},
): Promise<Ran> {
  return runCommand(words, { rules, validators, workingDirectory, ...given });
}
