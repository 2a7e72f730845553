import { parseArgs } from "node:util";
import { KINDS } from "./kinds/index.js";

export interface Options {
  readonly seed: number;
  /** Cases of each kind; `null`: as many as fit into the minutes. */
  readonly cases: number | null;
  /** Only this number of each kind; `null`: all. */
  readonly one: number | null;
  /** No case is begun after that many minutes; `null`: without limit. */
  readonly minutes: number | null;
  readonly jobs: number;
  /** The kinds that are run. */
  readonly kinds: readonly string[];
  /** The directory with configuration of others; it need not be there. */
  readonly corpus: string;
}

export const HELP = `npm run fuzz -- [options]

Runs fpmlint on inputs made at random, and looks at everything that comes out. See test/tools/fuzz/README.md.

  --minutes M     begin no further case after M minutes (10)
  --seed S        equal seeds make equal cases (a fresh one, which is printed)
  --cases N       how many cases of each kind (as many as fit)
  --only KINDS    only these kinds, parted by commas: ${[...KINDS.keys()].join(", ")}
  --case K        only case number K of the seed, of each kind
  --jobs J        processes at the same time (2)
  --corpus DIR    directories of configuration for the kind "corpus" (../shared/corpus)
  --help          this text

Exit status: 0 when no case failed, 1 when one did or too few rules fired, 2 when nothing could be run.
`;

/** A sentence says what is wrong with the arguments. */
export type Parsed = { readonly options: Options } | { readonly help: true } | { readonly wrong: string };

export function readOptions(args: readonly string[]): Parsed {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        ...{ minutes: text, seed: text, cases: text, only: text, case: text, jobs: text, corpus: text },
        help: { type: "boolean" },
      },
    });
    if (values.help === true) return { help: true };
    const kinds = values.only?.split(",") ?? [...KINDS.keys()];
    const unknown = kinds.find((kind) => !KINDS.has(kind));
    if (unknown !== undefined) return { wrong: `there is no kind "${unknown}"` };
    const cases = whole("cases", values.cases, 1);
    const one = whole("case", values.case, 0);
    const minutes = amount("minutes", values.minutes);
    return {
      options: {
        seed: whole("seed", values.seed, 0) ?? Math.floor(Math.random() * 2 ** 31),
        cases,
        one,
        minutes: minutes ?? (cases === null && one === null ? 10 : null),
        jobs: whole("jobs", values.jobs, 1) ?? 2,
        kinds,
        corpus: values.corpus ?? "../shared/corpus",
      },
    };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}

function amount(name: string, value: string | undefined): number | null {
  if (value === undefined) return null;
  const read = Number(value);
  if (value.trim() === "" || !(read >= 0))
    throw new Error(`--${name} takes a number, not ${JSON.stringify(value)}`);
  return read;
}

function whole(name: string, value: string | undefined, least: number): number | null {
  const read = amount(name, value);
  if (read !== null && (!Number.isInteger(read) || read < least))
    throw new Error(`--${name} takes a whole number from ${least} on, not ${JSON.stringify(value)}`);
  return read;
}
