import { DIRECTIVE_ROWS } from "./facts.js";

/** How a value passes down the blocks, see facts.ts. */
export type Inheritance = "value" | "list" | "if" | "none";

/** One row of the facts: a directive of one module; `server` has several. */
export interface DirectiveFact {
  readonly name: string;
  /** One letter for each context where nginx allows it, see facts.ts. */
  readonly contexts: string;
  readonly block: boolean;
  /** Whether nginx takes this many arguments. */
  readonly accepts: (count: number) => boolean;
  /** `1`, `2-3`, `1+`, `1,3`. */
  readonly counts: string;
  /** nginx's slot type: `flag`, `time-msec`, `size(k,m)` …; empty when the directive has a handler of its own. */
  readonly type: string;
  /** What a second one on the same level does; empty: it depends on its values. */
  readonly duplicate: string;
  readonly inheritance: Inheritance | null;
  /** The version that brought it, `null` when 1.18.0 had it. */
  readonly addedIn: string | null;
  /** As written in a file, `null` without one. */
  readonly default: string | null;
}

let table: ReadonlyMap<string, readonly DirectiveFact[]> | null = null;

/** The rows of a name; empty for a directive that no module of nginx defines. */
export function factsOf(name: string): readonly DirectiveFact[] {
  table ??= readTable();
  return table.get(name) ?? [];
}

/** The row that holds in http, server and location blocks, where nearly everything here lives. */
export function httpFact(name: string): DirectiveFact | undefined {
  return factsOf(name).find((fact) => /[hsluIx]/.test(fact.contexts));
}

function readTable(): ReadonlyMap<string, readonly DirectiveFact[]> {
  const rows = new Map<string, DirectiveFact[]>();
  for (const line of DIRECTIVE_ROWS.trim().split("\n")) {
    const fact = readRow(line);
    const known = rows.get(fact.name);
    if (known === undefined) rows.set(fact.name, [fact]);
    else known.push(fact);
  }
  return rows;
}

function readRow(line: string): DirectiveFact {
  const [
    name = "",
    contexts = "",
    args = "",
    type = "",
    duplicate = "",
    inheritance = "",
    added = "",
    value = "",
  ] = line.split("|");
  const counts = args.replace("{", "");
  return {
    name,
    contexts,
    block: args.startsWith("{"),
    accepts: countMatcher(counts),
    counts,
    type,
    duplicate,
    inheritance: inheritance === "" ? null : (inheritance as Inheritance),
    addedIn: added === "" ? null : added,
    default: value === "" ? null : value,
  };
}

function countMatcher(counts: string): (count: number) => boolean {
  if (counts.endsWith("+")) return (count) => count >= Number.parseInt(counts, 10);
  if (counts.includes(",")) return (count) => counts.split(",").includes(String(count));
  const [least = 0, most = least] = counts.split("-").map(Number);
  return (count) => count >= least && count <= most;
}
