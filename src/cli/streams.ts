import { escapeText, withoutCommands } from "../report/terminal/escape.js";
import type { Stream, World } from "./world.js";

/**
 * The same world, whose streams print nothing that a CI service would obey. Each text is whole lines;
 * one with an encoding is the bytes of a file, which stay as they are.
 */
export function guarded(world: World): World {
  return { ...world, stdout: guardedStream(world.stdout), stderr: guardedStream(world.stderr) };
}

function guardedStream(stream: Stream): Stream {
  return {
    ...shape(stream),
    write: (text, encoding) =>
      encoding === undefined ? stream.write(withoutCommands(text)) : stream.write(text, encoding),
    hasFailed: () => stream.hasFailed?.() === true,
  };
}

/** What is known of a stream; asked once, because the answer does not change. */
function shape({ isTTY, columns, isFile }: Stream): Omit<Stream, "write"> {
  return {
    ...(isTTY === undefined ? {} : { isTTY }),
    ...(columns === undefined ? {} : { columns }),
    ...(isFile === undefined ? {} : { isFile }),
  };
}

/** Says one line to who runs the command, apart from what it prints. */
export function tell({ stderr }: Pick<World, "stderr">, line: string): void {
  stderr.write(`fpmlint: ${escapeText(line)}\n`);
}
