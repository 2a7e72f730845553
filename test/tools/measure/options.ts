import { parseArgs } from "node:util";
import { parseSize } from "../../../src/capacity/size.js";

export interface Options {
  /** Bytes of the control group. */
  readonly memory: number;
  /** How many workers are measured. */
  readonly workers: number;
  /** How many PHP files each request loads. */
  readonly scripts: number;
  /** MiB that each request takes besides. */
  readonly heapMib: number;
  /** `opcache.memory_consumption`, in MiB. */
  readonly cacheMib: number;
  /** How many requests each worker gets. */
  readonly rounds: number;
}

/** `wrong`: a sentence that says what is, and what would be right. */
export function readOptions(args: readonly string[]): Options | { readonly wrong: string } {
  const given = { memory: "512M", workers: "10", scripts: "400", heap: "10", cache: "128", rounds: "3" };
  const names = Object.keys(given).map((name) => [name, { type: "string" as const }] as const);
  try {
    Object.assign(given, parseArgs({ args: [...args], options: Object.fromEntries(names) }).values);
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
  const memory = parseSize(given.memory);
  if (memory === null) return { wrong: `--memory ${given.memory} is no size; 512M would be one.` };
  const { memory: _, ...counts } = given;
  const [wrong] = Object.entries(counts).filter(([, text]) => !/^[1-9]\d{0,5}$/.test(text));
  if (wrong !== undefined) return { wrong: `--${wrong[0]} ${wrong[1]} is no whole number above 0.` };
  return {
    memory,
    workers: Number(counts.workers),
    scripts: Number(counts.scripts),
    heapMib: Number(counts.heap),
    cacheMib: Number(counts.cache),
    rounds: Number(counts.rounds),
  };
}
