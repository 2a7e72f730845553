import type { Samples } from "../../capacity/samples.js";
import { parseRate, parseShare, parseSize, parseSizeOrNone, parseTime } from "../../capacity/size.js";
import type { CapacityOptions, Named } from "../../sizing/options.js";
import { refuseBareNumber } from "../sizes.js";
import { UsageError } from "../usage.js";
import type { CapacityArguments } from "./options.js";

const SIZE = "a size as in 60M, 8G or plain bytes";

/** What the words mean; throws UsageError for those that mean nothing. `samples`: what `--samples` names. */
export function readCapacityOptions(args: CapacityArguments, samples: Samples | null): CapacityOptions {
  const weights = byName("weight", args.weight, count, "a number above 0, as in shop=3");
  if (weights.all !== null) throw new UsageError("--weight needs the name of a pool, as in --weight shop=3");
  for (const option of ["mean", "p95"] as const)
    for (const word of args[option] ?? []) refuseBareTime(option, word);
  const rate = byName("rate", args.rate, parseRate, "a number of requests as in 40/s or 1200/min");
  const mean = byName("mean", args.mean, parseTime, "a time as in 250ms or 1.5s");
  const p95 = byName("p95", args.p95, parseTime, "a time as in 900ms or 3s");
  const asked = rate.all !== null || rate.byPool.size > 0;
  if (!asked && (given(mean) || given(p95)))
    throw new UsageError(
      `--${given(mean) ? "mean" : "p95"} means nothing without --rate, the number of requests, as in --rate 40/s`,
    );
  for (const option of ["reserve", "shared"] as const) refuseBareNumber(option, args[option], "M");
  for (const word of args["worker-size"] ?? [])
    refuseBareNumber("worker-size", word.slice(word.lastIndexOf("=") + 1), "M");
  return {
    reserve: single("reserve", args.reserve, parseSizeOrNone, "a size as in 500M, or 0"),
    headroom: single("headroom", args.headroom, headroom, "a part of the memory below 100% as in 20%, or 0"),
    shared: single("shared", args.shared, parseSizeOrNone, "a size as in 128M, or 0"),
    workerSize: byName("worker-size", args["worker-size"], parseSize, SIZE),
    samples,
    weights: weights.byPool,
    cores: single("cores", args.cores, count, "a number of processors as in 4"),
    cpuShare: single("cpu-share", args["cpu-share"], portion, "a part of a request as in 30%, above 0"),
    rate,
    mean,
    p95,
  };
}

function given({ all, byPool }: Named<number>): boolean {
  return all !== null || byPool.size > 0;
}

/** Nobody knows what 250 means; 0.25 could only be meant as seconds, and is asked about alike. */
function refuseBareTime(option: "mean" | "p95", word: string): void {
  const number = word.slice(word.lastIndexOf("=") + 1).trim();
  if (/^\d+(?:\.\d+)?$/.test(number) && Number(number) > 0)
    throw new UsageError(`--${option} ${JSON.stringify(word)} has no unit: ${number}ms or ${number}s?`);
}

/** The memory that `--ram` states, in bytes; `null`: not given. */
export function readMemory(text: string | undefined): number | null {
  refuseBareNumber("ram", text, "G");
  return single("ram", text, parseSize, "a size as in 8G, 512M or plain bytes");
}

/** The sizes that `--what-if` lists, in bytes; `null`: not given. */
export function readWhatIf(text: string | undefined): readonly number[] | null {
  if (text === undefined) return null;
  const words = text.split(",").map((word) => word.trim());
  return words.map((word) => {
    refuseBareNumber("what-if", word, "G");
    const bytes = parseSize(word);
    if (bytes === null) throw wrong("what-if", word, "a size; separate sizes with commas, as in 2G,4G,8G");
    return bytes;
  });
}

/** The value of an option; `null`: not given. Throws UsageError for a word that `parse` does not take; `right` says what it should be. */
export function single(
  option: string,
  text: string | undefined,
  parse: (text: string) => number | null,
  right: string,
): number | null {
  if (text === undefined) return null;
  const value = parse(text);
  if (value === null) throw wrong(option, text, right);
  return value;
}

/** `60M` for all pools, `NAME=60M` for one; the last one counts. */
function byName(
  option: string,
  words: readonly string[] | undefined,
  parse: (text: string) => number | null,
  right: string,
): Named<number> {
  const byPool = new Map<string, number>();
  let all: number | null = null;
  for (const word of words ?? []) {
    const at = word.lastIndexOf("=");
    const value = parse(word.slice(at + 1));
    if (value === null || at === 0) throw wrong(option, word, right);
    if (at < 0) all = value;
    else byPool.set(word.slice(0, at), value);
  }
  return { all, byPool };
}

function wrong(option: string, text: string, right: string): UsageError {
  return new UsageError(
    `--${option} ${JSON.stringify(text)} is not ${right} (fpmlint capacity --help lists the options)`,
  );
}

function headroom(text: string): number | null {
  return /^\s*0+\s*$/.test(text) ? 0 : parseShare(text);
}

/** Above 0, up to the whole. */
function portion(text: string): number | null {
  const share = /^\s*100(?:\.0+)?\s*%\s*$/.test(text) ? 1 : parseShare(text);
  return share === null || share <= 0 ? null : share;
}

function count(text: string): number | null {
  const value = /^\s*\d+(?:\.\d+)?\s*$/.test(text) ? Number(text) : 0;
  return value > 0 && value <= 1_000_000 ? value : null;
}
