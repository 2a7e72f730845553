import { showSize } from "../capacity/size.js";
import { mebibytes } from "../capacity/words.js";
import type { CapacityAnswer, HostCapacity } from "../engine/capacity-result.js";
import { escapeText } from "./escape.js";
import { stringify } from "./json.js";
import { table, wrap } from "./width.js";

/** One host at several sizes of memory. */
export interface WhatIf {
  readonly host: string;
  readonly rows: readonly { readonly memory: number; readonly answer: CapacityAnswer }[];
}

/** More pools than these are only counted together. */
const MOST_POOLS = 6;

/** A table over memory sizes: the workers of each pool, and whether all fit at their `memory_limit`. */
export function whatIfText({ host, rows }: WhatIf, width: number): string {
  const pools =
    rows.flatMap(({ answer }) => (answer.kind === "capacity" ? [answer.result.pools] : []))[0] ?? [];
  const names = pools.length > MOST_POOLS ? [] : pools.map(({ name }) => name);
  const head = ["memory", "budget", ...names, ...(names.length === 1 ? [] : ["together"]), "at memory_limit"];
  const body = rows.map(({ memory, answer }) =>
    answer.kind === "refused"
      ? [showSize(memory), "too small"]
      : [showSize(memory), ...cells(answer.result, names.length)],
  );
  const title = host === "." ? [] : [`${escapeText(host)}:`];
  const refused = rows.flatMap(({ memory, answer }) =>
    answer.kind === "refused"
      ? wrap(`${showSize(memory)}: ${escapeText(answer.message)}`, width - 4).map((line) => `  ${line}`)
      : [],
  );
  const lines = [...title, ...table([head, ...body]).map((line) => `  ${line}`), ...refused];
  return `${lines.join("\n")}\n`;
}

function cells({ plan }: HostCapacity, names: number): readonly string[] {
  const counts = plan.pools.map(({ max }) => max);
  const together = counts.reduce((sum, count) => sum + count, 0);
  const worst =
    plan.worstCase === null
      ? "?"
      : `${mebibytes(plan.worstCase.bytes)}${plan.worstCase.fits ? ", fits" : ", too much"}`;
  return [
    mebibytes(plan.budget),
    ...(names === 0 ? [] : counts.map(String)),
    ...(names === 1 ? [] : [String(together)]),
    worst,
  ];
}

/** The same for programs; `error` in the place of the numbers where the memory is too small. */
export function whatIfJson(hosts: readonly WhatIf[]): string {
  const documents = hosts.map(({ host, rows }) => ({
    host,
    whatIf: rows.map(({ memory, answer }) =>
      answer.kind === "refused"
        ? { memory, error: answer.message }
        : {
            memory,
            budget: answer.result.plan.budget,
            used: answer.result.plan.used,
            pools: answer.result.pools.map(({ name, plan }) => ({ name, recommended: plan.settings })),
            worstCase: answer.result.plan.worstCase,
          },
    ),
  }));
  const [only] = documents;
  return stringify(
    documents.length === 1 && only !== undefined ? { version: 1, ...only } : { version: 1, hosts: documents },
  );
}
