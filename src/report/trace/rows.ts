import type { Step, Way } from "../../model/request/resolve/types.js";
import { argument } from "../../nginx/tree/nodes.js";
import type { Place } from "../../source/file.js";
import { stepText, tidyPath, withArgs } from "./steps.js";

/** The steps of a way as rows for people: what belongs together is one row, and what goes round is told once. */

export interface Row {
  /** `null`: nothing is written that a reader could look at. */
  readonly place: Place | null;
  /** Not escaped yet. */
  readonly text: string;
}

interface Keyed extends Row {
  /** Rows with one key are the same step of a circle, whatever the URI has become. */
  readonly key: string;
}

/** The rows of a way, the place where it gets lost last. */
export function rowsOf({ steps, outcome }: Way): readonly Row[] {
  const rows = folded(merged(steps));
  if (outcome.kind !== "unknown") return rows;
  return [...rows, { place: outcome.place, text: `the way gets lost here: ${outcome.reason}` }];
}

function merged(steps: readonly Step[]): readonly Keyed[] {
  const rows: Keyed[] = [];
  for (let at = 0; at < steps.length; ) {
    const { text, used } = rowAt(steps, at);
    const step = steps[at] as Step;
    if (text !== "") rows.push({ place: step.place, text, key: keyOf(step) });
    at += used;
  }
  return rows;
}

function keyOf({ kind, place }: Step): string {
  return `${kind} ${place === null ? "" : `${place.span.file.path}:${place.span.start}`}`;
}

/** The text of the row that begins with a step, and how many steps it tells of. */
function rowAt(steps: readonly Step[], at: number): { readonly text: string; readonly used: number } {
  const step = steps[at] as Step;
  const next = steps[at + 1];
  switch (step.kind) {
    case "try-files":
      return step.answer === "last" ? lastArgument(step, next) : { text: stepText(step), used: 1 };
    case "index":
      return indexRow(steps, at);
    case "error-page":
      if (next?.kind === "internal-redirect") return { text: `${stepText(step)}, ${onwards(next)}`, used: 2 };
      return { text: stepText(step), used: next?.kind === "named-location" ? 2 : 1 };
    case "return":
      return { text: stepText(step), used: isSaid(next, ["return"]) ? 2 : 1 };
    case "rewrite":
      return { text: stepText(step), used: isSaid(next, ["rewrite"]) ? 2 : 1 };
    default:
      return { text: stepText(step), used: 1 };
  }
}

type TryFiles = Extract<Step, { readonly kind: "try-files" }>;
type Redirect = Extract<Step, { readonly kind: "internal-redirect" }>;

function lastArgument(
  step: TryFiles,
  next: Step | undefined,
): { readonly text: string; readonly used: number } {
  const written = argument(step.node, step.index) ?? "";
  const first = `try_files ${written}: the last argument`;
  if (isSaid(next, ["try-files"])) return { text: `${first}, so nginx answers ${next.status}`, used: 2 };
  if (next?.kind === "internal-redirect") return { text: `${first}, so ${onwards(next)}`, used: 2 };
  if (next?.kind === "named-location")
    return { text: `${first}, so the request goes on in location ${next.name}`, used: 2 };
  return { text: stepText(step), used: 1 };
}

/** Names that are not there are one row with the one that is. */
function indexRow(steps: readonly Step[], at: number): { readonly text: string; readonly used: number } {
  const missing: string[] = [];
  let end = at;
  for (; ; end += 1) {
    const step = steps[end];
    if (step?.kind !== "index" || step.found) break;
    missing.push(step.path);
  }
  const absent = missing.map(tidyPath).map((path, index) => (index === 0 ? path : lastName(path)));
  const none =
    absent.length === 0 ? "" : `${absent.join(", ")} ${absent.length === 1 ? "is" : "are"} not there`;
  const found = steps[end];
  if (found?.kind !== "index") return { text: `index: ${none}`, used: end - at };
  const there = `${none === "" ? "" : `${none}, but `}${tidyPath(found.path)} is there`;
  const redirect = steps[end + 1];
  if (redirect?.kind === "internal-redirect")
    return { text: `index: ${there}, so ${onwards(redirect)}`, used: end - at + 2 };
  return { text: `index: ${there}`, used: end - at + 1 };
}

function onwards({ uri, args }: Redirect): string {
  return `the request goes on as ${withArgs(uri, args)} and nginx chooses a location again`;
}

type Status = Extract<Step, { readonly kind: "status" }>;

/** Whether a step only repeats what the directive before it said. */
function isSaid(step: Step | undefined, reasons: readonly string[]): step is Status {
  return step?.kind === "status" && reasons.includes(step.reason);
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** How many rows a circle has at most. */
const LONGEST_CIRCLE = 16;

/** Rows that come again at least twice are told once, with how often they came. */
function folded(rows: readonly Keyed[]): readonly Row[] {
  const out: Row[] = [];
  for (let at = 0; at < rows.length; ) {
    const circle = circleAt(rows, at);
    if (circle === null) {
      out.push(rows[at] as Row);
      at += 1;
      continue;
    }
    const { length, times } = circle;
    out.push(...rows.slice(at, at + length));
    const these = length === 1 ? "this line" : `these ${length} lines`;
    const same = rows[at]?.text === rows[at + length]?.text;
    out.push({
      place: null,
      text: `and round again: ${these} ${times} more times${same ? "" : ", each time with another URI"}`,
    });
    at += length * (times + 1);
  }
  return out;
}

/** Rows that follow a row and come again; `times`: how often after the first time. */
function circleAt(
  rows: readonly Keyed[],
  at: number,
): { readonly length: number; readonly times: number } | null {
  for (let length = 1; length <= LONGEST_CIRCLE && at + 3 * length <= rows.length; length += 1) {
    let same = 0;
    while (rows[at + same] !== undefined && rows[at + same]?.key === rows[at + same + length]?.key) same += 1;
    const times = Math.floor(same / length);
    if (times >= 2) return { length, times };
  }
  return null;
}
