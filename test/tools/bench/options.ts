import { parseArgs } from "node:util";
import { type Shape, shapes } from "./shapes.js";

export interface Options {
  /** Whether start-up is measured. */
  readonly start: boolean;
  /** Sizes of the logs that are read, in megabytes, in rising order; none: none are. */
  readonly logs: readonly number[];
  readonly shapes: readonly Measured[];
  /** How often each command is run; `null`: more often where it is short. */
  readonly rounds: number | null;
}

export interface Measured {
  readonly shape: Shape;
  /** Sites, hosts or locations, in rising order. */
  readonly sizes: readonly number[];
}

/** Megabytes. */
const LOG_SIZES: readonly number[] = [100, 400];

export const HELP = `npm run bench -- [options]

Measures what fpmlint costs, interleaved with what it is compared with. See test/tools/bench/README.md.

  --shapes LIST  start, logs, or shapes of trees: ${[...shapes.keys()].join(", ")} (all)
  --sizes LIST   sites, hosts or locations of the trees, megabytes of the logs (each has its own)
  --most N       none larger than N
  --rounds N     how often each command is run (more often where it is short)
  --help         this text
`;

/** `wrong`: a sentence that says what is. */
export function readOptions(
  args: readonly string[],
): Options | { readonly help: true } | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        shapes: { type: "string" },
        sizes: { type: "string" },
        most: { type: "string" },
        rounds: { type: "string" },
        help: { type: "boolean" },
      },
    });
    if (values.help === true) return { help: true };
    const names = listOf(values.shapes) ?? ["start", "logs", ...shapes.keys()];
    const stray = names.find((name) => name !== "start" && name !== "logs" && !shapes.has(name));
    if (stray !== undefined)
      return { wrong: `--shapes knows no ${stray}: ${["start", "logs", ...shapes.keys()].join(", ")}` };
    const sizes = listOf(values.sizes)?.map(positive) ?? null;
    const most = values.most === undefined ? Number.POSITIVE_INFINITY : positive(values.most);
    const measured = [...new Set(names)].flatMap((name): readonly Measured[] => {
      const shape = shapes.get(name);
      if (shape === undefined) return [];
      const wanted = [...new Set(sizes ?? shape.sizes)].filter((size) => size <= most).sort((a, b) => a - b);
      return wanted.length === 0 ? [] : [{ shape, sizes: wanted }];
    });
    const logs = names.includes("logs") ? (sizes ?? LOG_SIZES).filter((size) => size <= most) : [];
    const rounds = values.rounds === undefined ? null : positive(values.rounds);
    return { start: names.includes("start"), logs: logs.toSorted((a, b) => a - b), shapes: measured, rounds };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function listOf(text: string | undefined): readonly string[] | null {
  return text === undefined ? null : text.split(",");
}

function positive(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0) return value;
  throw new Error(`${text} is no number of sites, hosts, locations or rounds`);
}
