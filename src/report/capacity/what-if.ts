import { showSize } from "../../capacity/size.js";
import { mebibytes } from "../../capacity/words.js";
import type { Incomplete } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import type { CapacityAnswer, HostCapacity } from "../../sizing/result.js";
import { stringify } from "../json.js";
import { escapeText } from "../terminal/escape.js";
import { table, wrap } from "../terminal/width.js";
import { asciiLines } from "./bars.js";
import { failedJson } from "./json.js";

/** One host at several sizes of memory. */
export interface WhatIf {
  readonly host: string;
  readonly rows: readonly { readonly memory: number; readonly answer: CapacityAnswer }[];
  /** What could not be read of the host, so that a pool may be missing. */
  readonly incomplete: readonly Incomplete[];
  /** What it means for the sum that a file without pools was not read, by the file's name. */
  readonly poolless: ReadonlyMap<string, string>;
}

export interface WhatIfOptions {
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
}

/** More pools than these are only shown as one sum. */
const MOST_POOLS = 6;

/** A table of memory sizes: the workers of each pool, and whether all fit at their `memory_limit`. */
export function whatIfText(
  { host, rows, incomplete, poolless }: WhatIf,
  { unicode, width }: WhatIfOptions,
): string {
  const [first] = rows.flatMap(({ answer }) => (answer.kind === "capacity" ? [answer.result] : []));
  const pools = first?.pools ?? [];
  const names = pools.length > MOST_POOLS ? [] : pools.map(({ name }) => escapeText(name));
  const head = ["memory", "budget", ...names, ...(names.length === 1 ? [] : ["together"]), "at memory_limit"];
  const body = rows.map(({ memory, answer }) =>
    answer.kind === "refused"
      ? [showSize(memory), "too small"]
      : [showSize(memory), ...cells(answer.result, names.length)],
  );
  const title = host === "." ? [] : [`${escapeText(host)}:`];
  const sentences = [
    ...rows.flatMap(({ memory, answer }) =>
      answer.kind === "refused" ? [`${showSize(memory)}: ${answer.message}`] : [],
    ),
    ...(first === undefined ? [] : basis(first)),
    ...incomplete.map(
      (one) => `${incompleteAt(one)}: ${one.reason}; ${poolless.get(one.file) ?? "a pool may be missing"}`,
    ),
  ];
  const lines = [
    ...title,
    ...table([head, ...body]).map((line) => `  ${line}`),
    ...sentences.flatMap((one) => wrap(escapeText(one), width - 4).map((line) => `  ${line}`)),
  ];
  return `${(unicode ? lines : asciiLines(lines)).join("\n")}\n`;
}

/** What all rows are based on, and where each number comes from. */
function basis({ input, sources, pools }: HostCapacity): readonly string[] {
  const sizes = new Map<string, string[]>();
  for (const { name, worker } of pools) {
    const size = `${showSize(worker.bytes)} (${worker.source})`;
    sizes.set(size, [...(sizes.get(size) ?? []), name]);
  }
  const workers = [...sizes].map(([size, names]) => `${size}${sizes.size === 1 ? "" : ` in ${some(names)}`}`);
  const shared = input.shared === 0 ? "" : `, ${showSize(input.shared)} shared (${sources.shared})`;
  return [
    `with ${showSize(input.reserve)} reserved (${sources.reserve}), ${Number((input.headroom * 100).toFixed(2))} % of the rest free (${sources.headroom})${shared}, one worker of ${workers.join(" and ")}`,
  ];
}

function some(names: readonly string[]): string {
  const rest = names.length - MOST_POOLS;
  return `${names.slice(0, MOST_POOLS).join(", ")}${rest > 0 ? ` and ${rest} more` : ""}`;
}

function cells({ plan }: HostCapacity, names: number): readonly string[] {
  const counts = plan.pools.map(({ max }) => max);
  const together = counts.reduce((sum, count) => sum + count, 0);
  const worst =
    plan.worstCase === null
      ? "?"
      : `${mebibytes(plan.worstCase.bytes)}${plan.worstCase.fits ? ", fits" : ", does not fit"}`;
  return [
    mebibytes(plan.budget),
    ...(names === 0 ? [] : counts.map(String)),
    ...(names === 1 ? [] : [String(together)]),
    worst,
  ];
}

/** The same for programs; `error` replaces the numbers where the memory is too small. */
export function whatIfJson(hosts: readonly WhatIf[], failed: readonly Incomplete[] = []): string {
  const documents = hosts.map(({ host, rows, incomplete }) => ({
    host,
    whatIf: rows.map(({ memory, answer }) =>
      answer.kind === "refused"
        ? { memory, error: answer.message }
        : {
            memory,
            budget: answer.result.plan.budget,
            used: answer.result.plan.used,
            pools: answer.result.pools.map(({ name, worker, plan }) => ({
              name,
              worker: { bytes: worker.bytes, source: worker.source },
              recommended: plan.settings,
            })),
            worstCase: answer.result.plan.worstCase,
          },
    ),
    incomplete: incomplete.map(({ file, line, reason }) => ({ file, line, reason })),
  }));
  const [only] = documents;
  return stringify(
    documents.length === 1 && only !== undefined && failed.length === 0
      ? { version: 1, ...only }
      : { version: 1, hosts: documents, ...failedJson(failed) },
  );
}
