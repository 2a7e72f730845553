import { showTime } from "../../capacity/size.js";
import type { PoolCapacity } from "../../sizing/result.js";
import { workersInWords } from "../../sizing/traffic.js";
import { escapeText } from "../terminal/escape.js";
import { wrap } from "../terminal/width.js";
import { percent, shortened, waitCurve } from "./bars.js";

/** Which requests wait for a pool with the workers of the plan: a sentence, the curve, and how long a queue is useful. */
export function demandLines(
  pool: PoolCapacity,
  unicode: boolean,
  width: number,
  overloaded: boolean,
): readonly string[] {
  const { demand, max } = pool.plan;
  if (demand === null) return [];
  const { rate, mean, load, needed, waiting } = demand;
  const times = unicode ? "×" : "x";
  const busy = `${plain(rate)} requests/s ${times} ${showTime(mean)} = ${plain(load)} workers busy on average`;
  const wait =
    waiting.mean === null
      ? `${max} cannot keep up: the queue grows until requests fail`
      : `with ${workersInWords(max)}, ${percent(waiting.utilisation)} busy, ${percent(waiting.probability)} of the requests wait for a worker (${showTime(waiting.mean)} on average over all requests)`;
  if (overloaded)
    return [
      ...wrap(
        escapeText(
          `${shortened(pool.name)}: ${busy}, if the cores could keep up: they cannot, and the queue grows until requests fail`,
        ),
        width - 4,
      ),
      "",
    ];
  const enough = `${needed} ${needed === 1 ? "worker is" : "workers are"} needed so that at most one in twenty waits`;
  const marked = new Map([[needed, "needed"]]);
  marked.set(max, max === needed ? "needed, and recommended" : "recommended");
  return [
    ...wrap(escapeText(`${shortened(pool.name)}: ${busy}; ${wait}; ${enough}`), width - 4),
    "",
    ...["workers  requests that wait", ...waitCurve(load, marked, unicode)].map((line) => `  ${line}`),
    ...backlogLines(pool, width),
    "",
  ];
}

/** Two decimals; below 1, two digits, so that few requests do not look like none. */
function plain(value: number): string {
  if (value >= 1) return String(Number(value.toFixed(2)));
  const digits = 1 - Math.floor(Math.log10(value));
  return digits > 9 ? "hardly any" : value.toFixed(digits).replace(/\.?0+$/, "");
}

function backlogLines(
  { backlog, readTimeout, plan: { max, demand } }: PoolCapacity,
  width: number,
): readonly string[] {
  if (backlog === null || demand === null) return [];
  const sum = `${workersInWords(max)} × ${showTime(readTimeout ?? 0)} of fastcgi_read_timeout / ${showTime(demand.mean)}`;
  return [
    "",
    ...wrap(
      `a queue (listen.backlog) is useful for up to ${backlog.worth} waiting requests, ${sum}: more would time out`,
      width - 2,
    ),
  ];
}
