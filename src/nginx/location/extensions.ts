import { perKey } from "../../source/memo.js";
import type { Directive, Node } from "../types.js";
import { matches, type Pattern, readPattern } from "./pattern.js";

/** Which extensions a location names, by reading its pattern from the end. */

export interface NamedExtension {
  /** With its dot. */
  readonly extension: string;
  /** A URI that ends in it and that the location matches. */
  readonly uri: string;
}

export interface Matching {
  readonly modifier: "=" | "^~" | "~" | "~*" | "@" | "";
  /** The path, the regular expression, or the name after `@`. */
  readonly text: string;
}

/** What a location matches; nginx also allows the modifier in one word with the path. */
export function matchingOf({ directive }: Node): Matching {
  return matchingBy(directive);
}

/** One in a file that thousands of servers include is read once. */
const matchingBy = perKey(({ args }: Directive): Matching => {
  const [first = "", second] = args.map((word) => word.text);
  const [, modifier = "", rest = ""] =
    /^(=|\^~|~\*|~|@)?(.*)$/s.exec(second === undefined ? first : first + second) ?? [];
  return { modifier: modifiers.find((one) => one === modifier) ?? "", text: rest };
});

/** Whether a location is for one exact path, or may be once a template fills in how its words begin. */
export function mayBeExact(location: Node): boolean {
  const { modifier, text } = matchingOf(location);
  const [first] = location.directive.args;
  return modifier === "=" || (modifier === "" && first?.placeholder === true && text.startsWith("$"));
}

const modifiers = ["=", "^~", "~", "~*", "@"] as const;

/** The regular expression of a location; `null` when it is not understood, or when it has none. */
export const patternOf = perKey((location: Node): Pattern | null => {
  const { modifier, text } = matchingOf(location);
  return modifier.startsWith("~") ? readPattern(text, modifier === "~*") : null;
});

/**
 * The extensions that a location names: for each alternative its spellings. `\.(php|html?)$` has
 * `.php`, and `.htm` with `.html`. Empty for prefixes, and where the end of the pattern is open.
 */
export const namedExtensions = perKey((location: Node): readonly (readonly NamedExtension[])[] => {
  const { modifier, text } = matchingOf(location);
  if (modifier === "=") {
    const extension = /\.[a-z0-9]+$/i.exec(text)?.[0];
    return extension === undefined ? [] : [[{ extension, uri: text }]];
  }
  const pattern = patternOf(location);
  if (pattern === null) return [];
  const alternatives = new Map<string, NamedExtension[]>();
  // Those without a path after the script first.
  const withPath = ({ rest }: Tail) => Number(rest.endsWith("/"));
  const tails = read(pattern, [tailAtEnd, openTail]).toSorted((a, b) => withPath(a) - withPath(b));
  for (const tail of tails) {
    const uri = tail.state === "named" ? uriFor(pattern, tail.rest) : null;
    const spellings = alternatives.get(tail.choice) ?? [];
    if (uri === null || spellings.some(({ extension }) => extension === tail.name)) continue;
    alternatives.set(tail.choice, [...spellings, { extension: tail.name, uri }]);
  }
  const key = (list: readonly NamedExtension[]) => list.map(({ extension }) => extension).join(" ");
  const all = [...alternatives.values()];
  return all.filter((list, index) => all.findIndex((other) => key(other) === key(list)) === index);
});

function uriFor(pattern: Pattern, rest: string): string | null {
  // An extension alone is a file without a name.
  const whole = rest.startsWith(".") ? [`/page${rest}`, `/${rest}`] : [`/${rest}`, `/page${rest}`];
  const tried = [...(rest.startsWith("/") ? [rest] : []), ...whole];
  return tried.find((uri) => matches(pattern, uri) === true) ?? null;
}

/** The end of a text that the pattern matches, as far as the pattern was read from its end. */
interface Tail {
  /**
   * `end`: nothing of the file's name was read, at most a path after it. `open`: anything may
   * follow. `letters`: of the extension. `named`: the extension with its dot.
   */
  readonly state: "end" | "open" | "letters" | "named";
  readonly name: string;
  /** One such end. */
  readonly rest: string;
  /** Which alternatives were chosen: tails that differ in other ways are spellings. */
  readonly choice: string;
}

const tailAtEnd: Tail = { state: "end", name: "", rest: "", choice: "" };
/** A pattern without `$`. */
const openTail: Tail = { ...tailAtEnd, state: "open" };

const MOST_TAILS = 200;
const LONGEST_NAME = 10;

/** The tails with the pattern in front of them, without those that name no extension. */
function read(pattern: Pattern, tails: readonly Tail[]): readonly Tail[] {
  if (tails.length > MOST_TAILS) return [];
  const named = tails.filter(({ state }) => state === "named");
  const going = tails.filter(({ state }) => state !== "named");
  const before = named.length === 0 ? "" : sample(pattern);
  const done = before === "" ? named : named.map((tail) => ({ ...tail, rest: before + tail.rest }));
  return going.length === 0 ? done : [...extended(pattern, going), ...done];
}

function extended(pattern: Pattern, tails: readonly Tail[]): readonly Tail[] {
  switch (pattern.kind) {
    case "sequence":
      return pattern.items.reduceRight((left, item) => read(item, left), tails);
    case "choice":
      return pattern.items.flatMap((item, index) =>
        read(item, tails).map((tail) => ({ ...tail, choice: `${tail.choice} ${index}` })),
      );
    case "group":
      return extended(pattern.item, tails);
    case "repeat":
      return repeated(pattern, tails);
    case "character":
      return tails.flatMap((tail) => lengthened(pattern, tail));
    case "end":
      return tails.filter(({ state, rest }) => state === "end" && rest === "");
    // Nothing before the start can name the extension any more; what looks ahead or back may forbid it.
    case "start":
    case "ahead":
    case "behind":
      return [];
  }
}

/** Repeats as often as required, and once more. Optional parts make spellings, not alternatives. */
function repeated(
  { item, min, max }: Extract<Pattern, { kind: "repeat" }>,
  tails: readonly Tail[],
): readonly Tail[] {
  if (min > LONGEST_NAME) return [];
  return tails.flatMap((tail) => {
    let found: readonly Tail[] = [tail];
    for (let times = 0; times < min; times += 1) found = read(item, found);
    const more = max > min ? read(item, found) : [];
    return [...found, ...more].map((one) => (min === 0 ? { ...one, choice: tail.choice } : one));
  });
}

function lengthened({ has, few }: Extract<Pattern, { kind: "character" }>, tail: Tail): readonly Tail[] {
  const { state, name } = tail;
  if (few === null) {
    const rest = sample({ kind: "character", has, few }) + tail.rest;
    if (state !== "letters") return [{ ...tail, state: "open", rest }];
    return has(".") ? [{ ...tail, state: "named", name: `.${name}`, rest: `.${tail.rest}` }] : [];
  }
  return few.flatMap((one): readonly Tail[] => {
    const next = { ...tail, rest: one + tail.rest };
    if (one === "/") return state === "letters" ? [] : [{ ...next, state: "end" }];
    if (state === "open") return [];
    if (one === ".") return state === "letters" ? [{ ...next, state: "named", name: `.${name}` }] : [];
    return /[\w-]/.test(one) && name.length < LONGEST_NAME
      ? [{ ...next, state: "letters", name: one + name }]
      : [];
  });
}

const TRIED = [..."apx1/-_.X"];

/** A short text that the pattern matches, as far as one is found without trying much. */
function sample(pattern: Pattern): string {
  switch (pattern.kind) {
    case "character":
      return pattern.few?.[0] ?? TRIED.find(pattern.has) ?? "";
    case "sequence":
      return pattern.items.map(sample).join("");
    case "choice":
      return pattern.items[0] === undefined ? "" : sample(pattern.items[0]);
    case "group":
      return sample(pattern.item);
    case "repeat": {
      // `/.*\.php` matches `/.php`, but it is not meant for a hidden file.
      const least = pattern.item.kind === "character" && pattern.item.few === null ? 1 : 0;
      return sample(pattern.item).repeat(Math.min(Math.max(pattern.min, least), LONGEST_NAME));
    }
    default:
      return "";
  }
}

/** A path that the pattern of a location matches, as short as it may be; `null`: none is known, or it has no pattern. */
export const samplePath = perKey((location: Node): string | null => {
  const pattern = patternOf(location);
  const path = pattern === null ? "" : sample(pattern);
  return pattern !== null && path.startsWith("/") && matches(pattern, path) === true ? path : null;
});

/** Paths of scripts that the pattern of a location has as whole words: `/update.php` of `\.php$|^/update.php`. */
export const literalScripts = perKey((location: Node): readonly string[] => {
  const { modifier, text } = matchingOf(location);
  if (!modifier.startsWith("~") || text.length > LONGEST_PATTERN) return [];
  const plain = text.replaceAll("\\", "");
  return [...plain.matchAll(/(?:^|[|(])\^?(\/[\w./-]{1,200}\.php)/g)].flatMap(([, path]) => path ?? []);
});

/** Nobody writes a longer pattern by hand. */
const LONGEST_PATTERN = 4096;
