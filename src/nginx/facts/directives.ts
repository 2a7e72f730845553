import { firstPlace } from "../../source/halving.js";
import { lazily, once } from "../../source/memo.js";
import { DIRECTIVE_ROWS } from "./facts.js";
import { BACKPORTED, COUNT_ROWS, LIMIT_ROWS, REMOVED_ROWS, WORD_ROWS } from "./facts-values.js";
import { isOlder, isSince, type NginxVersion } from "./version.js";

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

/** Rows of data: one a line, columns between bars. */
export function factRows(rows: string): readonly (readonly string[])[] {
  return rows
    .trim()
    .split("\n")
    .map((line) => line.split("|"));
}

/** The rows as they are written, by their names: a test proves that they are in order. */
const table = lazily(() => DIRECTIVE_ROWS.trim().split("\n"));
const read = new Map<string, readonly DirectiveFact[]>();
const inHttp = new Map<string, DirectiveFact>();

/** Names of directives that are remembered: there are fewer of nginx's, and a file may have a million others. */
const MOST_ASKED = 10_000;

/** The rows of a name; empty for a directive that no module of nginx defines. */
export function factsOf(name: string): readonly DirectiveFact[] {
  const known = read.get(name);
  if (known !== undefined) return known;
  // A run asks for few of the names, and reading all rows would be a good part of its start.
  const rows = linesOf(name).map(readRow);
  if (rows.length > 0 || read.size < MOST_ASKED) read.set(name, rows);
  return rows;
}

/** The row that holds in http, server and location blocks, where nearly everything here lives. */
export function httpFact(name: string): DirectiveFact | undefined {
  const known = inHttp.get(name);
  if (known !== undefined) return known;
  const fact = factsOf(name).find(({ contexts }) => /[hsluIx]/.test(contexts));
  if (fact !== undefined) inHttp.set(name, fact);
  return fact;
}

/** The default of a directive, as nginx writes it. Throws where nginx has none: our own code asks for a wrong name. */
export function nginxDefault(name: string): string {
  const usual = (httpFact(name) ?? factsOf(name)[0])?.default ?? null;
  if (usual === null) throw new Error(`nginx has no default for ${name}`);
  return usual;
}

/** The lines of a name. */
function linesOf(name: string): readonly string[] {
  const lines = table();
  const from = firstPlace(lines.length, (at) => nameIn(lines[at] ?? "") >= name);
  let end = from;
  while (end < lines.length && nameIn(lines[end] ?? "") === name) end += 1;
  return lines.slice(from, end);
}

function nameIn(line: string): string {
  return line.slice(0, line.indexOf("|"));
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

let removals: ReadonlyMap<string, string> | null = null;

/** The first version without the directive; `null`: the newest still has it. */
export function removedIn(name: string): string | null {
  removals ??= new Map(factRows(REMOVED_ROWS).map(([known = "", version = ""]) => [known, version]));
  return removals.get(name) ?? null;
}

/** Every name in the facts, of whatever version. */
export function knownNames(): readonly string[] {
  return [...new Set(table().map(nameIn))];
}

const asked = new Map<NginxVersion, Map<string, readonly DirectiveFact[]>>();

/** The rows of a name as that version has them; all of them for an unknown version. */
export function factsFor(name: string, version: NginxVersion): readonly DirectiveFact[] {
  // Asked for every directive of the host, answered once for each name.
  const known = once(asked, version, () => new Map<string, readonly DirectiveFact[]>());
  return known.get(name) ?? answered(known, name, version);
}

function answered(
  known: Map<string, readonly DirectiveFact[]>,
  name: string,
  version: NginxVersion,
): readonly DirectiveFact[] {
  const rows = rowsFor(name, version);
  if (known.size < MOST_ASKED) known.set(name, rows);
  return rows;
}

function rowsFor(name: string, version: NginxVersion): readonly DirectiveFact[] {
  const removed = removedIn(name);
  if (removed !== null && isSince(version, removed)) return [];
  return factsOf(name)
    .filter((fact) => BACKPORTED.split(" ").includes(name) || !isOlder(version, fact.addedIn))
    .map((fact) => withCounts(fact, version));
}

function withCounts(fact: DirectiveFact, version: NginxVersion): DirectiveFact {
  const row = factRows(COUNT_ROWS).find(([name, context]) => name === fact.name && context === fact.contexts);
  const [, , before = "", counts = ""] = row ?? [];
  return row === undefined || !isOlder(version, before)
    ? fact
    : { ...fact, counts, accepts: countMatcher(counts) };
}

let words: ReadonlyMap<string, readonly string[]> | null = null;

/** The words that an enumeration or a list of words takes in that version; `null`: not known. */
export function wordsOf(name: string, version: NginxVersion): readonly string[] | null {
  words ??= new Map(
    factRows(WORD_ROWS).flatMap(([names = "", list = ""]) =>
      names.split(" ").map((one) => [one, list.split(" ")] as const),
    ),
  );
  const all = words.get(name);
  if (all === undefined) return null;
  return all.flatMap((word) => {
    const [text = "", since] = word.split("@");
    return since !== undefined && isOlder(version, since) ? [] : [text];
  });
}

export interface Limit {
  readonly least: bigint;
  /** `null`: none. */
  readonly most: bigint | null;
  readonly log: string;
}

/** The range that nginx checks behind the type. */
export function limitOf(name: string): Limit | null {
  const row = factRows(LIMIT_ROWS).find(([known]) => known === name);
  if (row === undefined) return null;
  const [, least = "0", most = "", log = ""] = row;
  return { least: BigInt(least), most: most === "" ? null : BigInt(most), log };
}
