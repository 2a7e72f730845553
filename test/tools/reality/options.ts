import { availableParallelism } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Options {
  readonly seed: number;
  readonly cases: number;
  /** Only this one; `null`: all up to `cases`. */
  readonly one: number | null;
  /** No case is begun after that many minutes; `null`: without limit. */
  readonly minutes: number | null;
  readonly jobs: number;
  /** Where the hosts are left; `null`: they are removed. */
  readonly keep: string | null;
  /** Percent of verdicts that must agree. */
  readonly min: number;
}

export const HELP = `npm run reality -- [options]

Draws small hosts at random, starts each in real nginx and PHP-FPM, and compares what happened to
requests with what fpmlint predicts from the files alone. See test/tools/reality/README.md.

  --cases N      how many hosts (100; with --minutes as many as fit)
  --seed S       equal seeds draw equal hosts (a fresh one, which is printed)
  --case K       only host number K of the seed
  --minutes M    begin no further host after M minutes
  --jobs J       hosts at the same time (the number of cores)
  --keep DIR     leave the hosts' files in DIR
  --min P        percent of verdicts that must agree (99)
  --help         this text

Exit status: 0 when enough verdicts agree, 1 when they do not, 2 when nothing could be tried.
`;

/** A sentence says what is wrong with the arguments. */
export type Parsed = { readonly options: Options } | { readonly help: true } | { readonly wrong: string };

export function readOptions(args: readonly string[]): Parsed {
  const text = { type: "string" } as const;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        cases: text,
        seed: text,
        case: text,
        minutes: text,
        jobs: text,
        keep: text,
        min: text,
        help: { type: "boolean" },
      },
    });
    if (values.help === true) return { help: true };
    const number = (
      name: Exclude<keyof typeof values, "help">,
      least: number,
      whole = true,
    ): number | null => {
      const value = values[name];
      if (value === undefined) return null;
      const read = Number(value);
      if (value.trim() === "" || !Number.isFinite(read) || read < least || (whole && !Number.isInteger(read)))
        throw new Error(
          `--${name} takes a ${whole ? "whole " : ""}number from ${least} on, not ${JSON.stringify(value)}`,
        );
      return read;
    };
    const minutes = number("minutes", 0, false);
    const min = number("min", 0, false) ?? 99;
    if (min > 100) throw new Error("--min takes a percentage, which is 100 at most");
    return {
      options: {
        seed: number("seed", 0) ?? Math.floor(Math.random() * 2 ** 31),
        cases: number("cases", 1) ?? (minutes === null ? 100 : Number.MAX_SAFE_INTEGER),
        one: number("case", 0),
        minutes,
        jobs: number("jobs", 1) ?? availableParallelism(),
        keep: values.keep === undefined ? null : resolve(values.keep),
        min,
      },
    };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
