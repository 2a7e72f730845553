import type { Directive, NginxText, Word } from "../nginx/types.js";
import { once } from "../source/memo.js";

/**
 * Whether something on the host depends on the letters of names: a pattern for `$host`, a URI with a name in it,
 * for which nginx looks for a location. Then two sites that differ only in names may meet different things.
 */

/** Variables that hold names, or paths with names. */
const OF_NAMES = [
  "host",
  "http_host",
  "server_name",
  "ssl_server_name",
  "document_root",
  "realpath_root",
  "request_filename",
];

/** The variables that hold names, also those that a `set` or a `map` makes of others. */
export type NameVariables = ReadonlySet<string>;

/** The variables of these texts that hold names. */
export function nameVariables(texts: readonly NginxText[]): NameVariables {
  const makes = new Map<string, string[]>();
  const note = (target: string | undefined, words: readonly Word[]): void => {
    for (const source of words.flatMap(variablesIn))
      for (const made of target === undefined ? [] : variablesOf(target))
        once(makes, source, () => []).push(made);
  };
  const look = (directives: readonly Directive[]): void => {
    for (const { name, args, block } of directives) {
      const [first, second] = args;
      if (name.text === "set") note(first?.text, args.slice(1));
      if (name.text === "map") for (const row of block ?? []) note(second?.text, row.args);
      if (block !== null) look(block);
    }
  };
  for (const { directives } of texts) look(directives);
  const found = new Set(OF_NAMES);
  // What is added on the way is looked at, too.
  for (const name of found) for (const made of makes.get(name) ?? []) found.add(made);
  return found;
}

function variablesIn({ text }: Word): readonly string[] {
  return variablesOf(text);
}

function variablesOf(text: string): readonly string[] {
  return [...text.matchAll(/\$\{?(\w+)/g)].map(([, name = ""]) => name.toLowerCase());
}

function holdsNames(words: readonly Word[], variables: NameVariables): boolean {
  return words.some((word) => variablesIn(word).some((name) => variables.has(name)));
}

/** Whether a directive in a site depends on the letters of names. */
export function judgesNames({ name, args }: Directive, variables: NameVariables): boolean {
  return name.text === "if" ? holdsNames(args, variables) : makesUri(name.text, args, variables);
}

/** Directives whose arguments are URIs of nginx itself. */
const URIS = new Set(["error_page", "index", "proxy_pass", "rewrite", "try_files"]);

/** Whether names become a part of a URI for which nginx itself looks for a location. */
function makesUri(name: string, args: readonly Word[], variables: NameVariables): boolean {
  if (!URIS.has(name) || !holdsNames(args, variables)) return false;
  const isAway = name !== "proxy_pass" && args.some(({ text }) => /^(?:https?:\/\/|\$scheme\b)/.test(text));
  return !isAway && !/^(?:redirect|permanent)$/.test(args.at(-1)?.text ?? "");
}

/**
 * The same outside the files of sites. Who is named there is unlike all others, so a comparison of a whole name does
 * no harm. Nor does a question for a file: the disk is asked for each site.
 */
export function anyJudgesNames(directives: readonly Directive[], variables: NameVariables): boolean {
  return directives.some((directive) => {
    const { name, args, block } = directive;
    const inside = block !== null && name.text !== "map" && anyJudgesNames(block, variables);
    return inside || (judgesNamesOrMaps(directive, variables) && !isHarmless(name.text, args, block ?? []));
  });
}

function judgesNamesOrMaps(directive: Directive, variables: NameVariables): boolean {
  const { name, args } = directive;
  return name.text === "map" ? holdsNames(args.slice(0, 1), variables) : judgesNames(directive, variables);
}

function isHarmless(name: string, args: readonly Word[], rows: readonly Directive[]): boolean {
  const [first, second] = args.map(({ text }) => text);
  const isWhole = OF_NAMES.includes(/^\(?\$\{?(\w+)\}?$/.exec(first ?? "")?.[1]?.toLowerCase() ?? "");
  if (name === "map") return isWhole && rows.every((row) => isPlainRow(row.name.text));
  if (name !== "if") return false;
  return /^\(?!?-[defx]$/.test(first ?? "") || args.length === 1 || (isWhole && /^!?=$/.test(second ?? ""));
}

/** Whether a row of a `map` is for a whole value, and is in this file. */
function isPlainRow(text: string): boolean {
  return !/[~*]|^\.|^(?:hostnames|include)$/.test(text);
}
