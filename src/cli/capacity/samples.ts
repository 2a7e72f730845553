import { resolve } from "node:path";
import { readSamples, type Samples } from "../../capacity/samples.js";
import { readTyped } from "../../host/door.js";
import { inputText } from "../input-text.js";
import { tell } from "../streams.js";
import { UsageError } from "../usage.js";
import type { World } from "../world.js";

/** Reads what `--samples` names. Throws UsageError if no line of it is the size of a worker. */
export function samplesFrom(name: string, world: World): Samples {
  const text = readText(name, world);
  const samples = readSamples(text);
  if (samples.bytes.length > 0) return samples;
  const shown = name === "-" ? "standard input" : name;
  throw new UsageError(
    `--samples ${shown}: no worker size in KiB, as ps -o rss= prints them; ${whyNone(text, samples)}`,
  );
}

function whyNone(text: string, { unread, others }: Samples): string {
  const [first] = unread;
  if (first !== undefined) return sayLine(first);
  if (others > 0) return "it names no worker of PHP-FPM (php-fpm: pool …)";
  return text.trim() === ""
    ? "it is empty: ps prints nothing if no process has that name"
    : "no line follows its header: ps found no such process";
}

function readText(name: string, world: World): string {
  if (name === "") throw new UsageError("--samples needs the name of a file, or - for standard input");
  const opened = name === "-" ? world.standardInput() : readTyped(resolve(world.workingDirectory, name));
  const read = inputText(opened);
  if ("text" in read) return read.text;
  const shown = name === "-" ? "standard input" : name;
  const directory = opened.kind === "refused" && opened.code === "EISDIR";
  throw new UsageError(
    `--samples ${shown}: ${read.refusal}${directory ? "; a file with the output of ps is expected" : ""}`,
  );
}

/** More lines than these are only counted: this is not the output of `ps`. */
const MOST_LINES = 10;

/** Reports lines that are not sizes, on standard error. */
export function sayUnread(samples: Samples | null, world: World): void {
  const unread = samples?.unread ?? [];
  for (const line of unread.slice(0, MOST_LINES)) tell(world, `--samples ${sayLine(line)}`);
  const rest = unread.length - MOST_LINES;
  if (rest > 0)
    world.stderr.write(
      `fpmlint: --samples: ${rest} more ${rest === 1 ? "line was" : "lines were"} not read either\n`,
    );
}

/** Does not quote the line: somebody who may choose the file need not be allowed to see what is in it. */
function sayLine({ line, why }: Samples["unread"][number]): string {
  return `line ${line}: ${why}; skipped`;
}
