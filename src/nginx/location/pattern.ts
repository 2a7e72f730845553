import { once, perKey } from "../../source/memo.js";
import { wordMap } from "../../source/word-map.js";

/**
 * Regular expressions of locations, read and matched here instead of by V8: its engine differs from
 * PCRE, and some patterns (`^/([a-z]+[-_/]?)+\.php$`) would keep it busy longer than a person waits.
 */
export type Pattern =
  | { readonly kind: "character"; readonly has: (character: string) => boolean; readonly few: Few }
  | { readonly kind: "sequence"; readonly items: readonly Pattern[] }
  | { readonly kind: "choice"; readonly items: readonly Pattern[] }
  | {
      readonly kind: "repeat";
      readonly item: Pattern;
      readonly min: number;
      readonly max: number;
      readonly lazy: boolean;
    }
  /** Brackets that capture: numbered from 1, with a name or `null`. */
  | { readonly kind: "group"; readonly item: Pattern; readonly number: number; readonly name: string | null }
  | { readonly kind: "start" }
  | { readonly kind: "end" }
  /** `(?=…)` and `(?!…)`. */
  | { readonly kind: "ahead"; readonly item: Pattern; readonly negative: boolean }
  /** `(?<=…)` and `(?<!…)`: what they look for, by how many characters it has. */
  | {
      readonly kind: "behind";
      readonly items: readonly { readonly item: Pattern; readonly length: number }[];
      readonly negative: boolean;
    };

/** The characters, where they are written out; `null` for `.`, `\w`, `[^/]` and large ranges. */
type Few = readonly string[] | null;

interface Reader {
  readonly text: string;
  readonly insensitive: boolean;
  at: number;
  depth: number;
  /** Shared by the readers of one expression. */
  readonly groups: { count: number };
}

const DEEPEST = 12;
const FEW = 16;
const MOST_REPEATED = 1000;

const read: Readonly<Record<"exact" | "insensitive", Map<string, Pattern | null>>> = {
  exact: new Map(),
  insensitive: new Map(),
};
/** Thousands of sites have the same few expressions. */
const MOST_READ = 512;

/** Reads a regular expression; `null`: something in it is not understood here. */
export function readPattern(text: string, insensitive: boolean): Pattern | null {
  const known = insensitive ? read.insensitive : read.exact;
  if (known.size >= MOST_READ) known.clear();
  return once(known, text, () => parsed(text, insensitive));
}

function parsed(text: string, insensitive: boolean): Pattern | null {
  // A template's placeholder; nginx itself has no variables in these expressions.
  if (/\$\{[{A-Z]/.test(text)) return null;
  const flag = text.startsWith("(?i)");
  const reader = { text, insensitive: insensitive || flag, at: flag ? 4 : 0, depth: 0, groups: { count: 0 } };
  const pattern = choice(reader);
  return reader.at === text.length ? pattern : null;
}

function choice(reader: Reader): Pattern | null {
  if (reader.depth >= DEEPEST) return null;
  reader.depth += 1;
  const items: Pattern[] = [];
  for (;;) {
    const item = sequence(reader);
    if (item === null) return null;
    items.push(item);
    if (reader.text[reader.at] !== "|") break;
    reader.at += 1;
  }
  reader.depth -= 1;
  return items.length === 1 ? (items[0] ?? null) : { kind: "choice", items };
}

function sequence(reader: Reader): Pattern | null {
  const items: Pattern[] = [];
  while (reader.at < reader.text.length && !"|)".includes(reader.text[reader.at] ?? "")) {
    const item = piece(reader);
    if (item === null) return null;
    items.push(item);
  }
  return { kind: "sequence", items };
}

function piece(reader: Reader): Pattern | null {
  const item = atom(reader);
  // Most characters are not repeated, and an expression for each is most of the work.
  if (!"*+?{".includes(reader.text[reader.at] ?? " ")) return item;
  const match = /^(?:[*+?]|\{(\d+)(?:(,)(\d*))?\})/.exec(reader.text.slice(reader.at, reader.at + 16));
  if (item === null || match === null) return item;
  if (item.kind === "start" || item.kind === "end") return null;
  reader.at += match[0].length;
  const [sign, low, comma, high] = match;
  const min = low === undefined ? (sign === "+" ? 1 : 0) : Number(low);
  const top = comma === undefined ? min : high === "" ? Number.POSITIVE_INFINITY : Number(high);
  const max = low !== undefined ? top : sign === "?" ? 1 : Number.POSITIVE_INFINITY;
  if (min > MOST_REPEATED) return null;
  // A lazy repeat matches the same texts; a possessive one, or one more sign, may not.
  const lazy = reader.text[reader.at] === "?";
  if (lazy) reader.at += 1;
  if ("*+?".includes(reader.text[reader.at] ?? " ")) return null;
  return { kind: "repeat", item, min, max, lazy };
}

function atom(reader: Reader): Pattern | null {
  const sign = reader.text[reader.at] ?? "";
  reader.at += 1;
  if (sign === "(") return group(reader);
  if (sign === "[") return set(reader);
  if (sign === "\\") return escaped(reader);
  if (sign === "^") return { kind: "start" };
  if (sign === "$") return { kind: "end" };
  if (sign === ".") return { kind: "character", has: (one) => one !== "\n", few: null };
  return "*+?".includes(sign) ? null : characters([sign], reader);
}

function group(reader: Reader): Pattern | null {
  const head =
    /^\?(?::|<?[=!]|i:|P?<\w+>|'\w+')/.exec(reader.text.slice(reader.at, reader.at + 40))?.[0] ?? "";
  const captures = head === "" || /^\?[P<'](?![=!])/.test(head);
  // Comments, atomic groups, conditions, recursion.
  if (head === "" && /^[?*]/.test(reader.text.slice(reader.at))) return null;
  reader.at += head.length;
  if (captures) reader.groups.count += 1;
  const number = reader.groups.count;
  const inner = head === "?i:" ? { ...reader, insensitive: true } : reader;
  const item = choice(inner);
  reader.at = inner.at;
  if (item === null || reader.text[reader.at] !== ")") return null;
  reader.at += 1;
  if (captures) return { kind: "group", item, number, name: /[<'](\w+)/.exec(head)?.[1] ?? null };
  if (head === "?<=" || head === "?<!") return behind(item, head === "?<!");
  return head === "?=" || head === "?!" ? { kind: "ahead", item, negative: head === "?!" } : item;
}

/** PCRE wants to know how far to look back: each alternative has one length. `null`: one has not. */
function behind(item: Pattern, negative: boolean): Pattern | null {
  const items = (item.kind === "choice" ? item.items : [item]).flatMap((one) => {
    const length = lengthOf(one);
    return length === null ? [] : [{ item: one, length }];
  });
  const all = item.kind === "choice" ? item.items.length : 1;
  return items.length === all ? { kind: "behind", items, negative } : null;
}

/** How many characters a pattern takes; `null`: that differs. */
function lengthOf(pattern: Pattern): number | null {
  switch (pattern.kind) {
    case "character":
      return 1;
    case "sequence":
      return pattern.items.reduce<number | null>((sum, item) => {
        const length = lengthOf(item);
        return sum === null || length === null ? null : sum + length;
      }, 0);
    case "choice": {
      const [first = null, ...others] = pattern.items.map(lengthOf);
      return others.every((one) => one === first) ? first : null;
    }
    case "repeat": {
      const length = pattern.min === pattern.max ? lengthOf(pattern.item) : null;
      return length === null ? null : length * pattern.min;
    }
    case "group":
      return lengthOf(pattern.item);
    default:
      return 0;
  }
}

const KINDS: ReadonlyMap<string, RegExp> = wordMap({ d: /\d/, D: /\D/, w: /\w/, W: /\W/, s: /\s/, S: /\S/ });

function escaped(reader: Reader): Pattern | null {
  const sign = reader.text[reader.at] ?? "";
  reader.at += 1;
  const kind = KINDS.get(sign);
  if (kind !== undefined) return { kind: "character", has: (one) => kind.test(one), few: null };
  if (sign === "A") return { kind: "start" };
  if (sign === "z" || sign === "Z") return { kind: "end" };
  return sign === "" || /\w/.test(sign) ? null : characters([sign], reader);
}

function characters(list: readonly string[], { insensitive }: Reader): Pattern {
  const few = insensitive ? list.map((one) => one.toLowerCase()) : list;
  const has = (one: string) => few.includes(insensitive ? one.toLowerCase() : one);
  return { kind: "character", has, few: few.length > FEW ? null : [...new Set(few)] };
}

function set(reader: Reader): Pattern | null {
  const match = /^(\^?)(\]?(?:\\.|[^\]\\[])*)\]/.exec(reader.text.slice(reader.at));
  if (match === null) return null;
  reader.at += match[0].length;
  const [, negative, body = ""] = match;
  const list: string[] = [];
  const kinds: RegExp[] = [];
  const words = body.match(/\\.|[^\\]/g) ?? [];
  for (let index = 0; index < words.length; index += 1) {
    const [from, to] = [plain(words[index]), plain(words[index + 2])];
    const kind = KINDS.get(words[index]?.[1] ?? "");
    if (from === null) {
      if (kind === undefined) return null;
      kinds.push(kind);
    } else if (words[index + 1] === "-" && to !== null) {
      for (let code = from.charCodeAt(0); code <= to.charCodeAt(0); code += 1)
        list.push(String.fromCharCode(code));
      index += 2;
    } else list.push(from);
  }
  const listed = characters(list, reader);
  if (listed.kind !== "character" || (negative === "" && kinds.length === 0)) return listed;
  const has = (one: string) => listed.has(one) || kinds.some((kind) => kind.test(one));
  return { kind: "character", has: (one) => has(one) === (negative === ""), few: null };
}

/** The character that a word means; `null` for `\d` and for other letters after a backslash. */
function plain(word: string | undefined): string | null {
  if (word === undefined || /^\\\w/.test(word)) return null;
  return word[word.length - 1] ?? null;
}

/** A text that everything begins with that the pattern matches; empty: none is known. */
export function startOf(pattern: Pattern): string {
  if (pattern.kind !== "sequence" || pattern.items[0]?.kind !== "start") return "";
  let start = "";
  for (const item of pattern.items.slice(1)) {
    const [only = "", ...others] = item.kind === "character" ? (item.few ?? []) : [];
    // One that ignores case has its other form as well.
    const isOne = item.kind === "character" && /^[ -~]$/.test(only) && others.length === 0;
    if (!isOne || !item.has(only) || (only !== only.toUpperCase() && item.has(only.toUpperCase()))) break;
    start += only;
  }
  return start;
}

const MOST_STEPS = 20_000;

/** Each site is asked for the same few paths; `null`: it would take too long. */
const knownMatches = perKey((_pattern: Pattern) => new Map<string, boolean | null>());
const MOST_MATCHES = 64;
const LONGEST_KNOWN = 200;

/** Whether the pattern matches somewhere in the text; `undefined` when that would take too long. */
export function matches(pattern: Pattern, text: string): boolean | undefined {
  if (text.length > LONGEST_KNOWN) return tried(pattern, text);
  const known = knownMatches(pattern);
  if (known.size >= MOST_MATCHES) known.clear();
  return once(known, text, () => tried(pattern, text) ?? null) ?? undefined;
}

/** Each part goes from a set of positions to a set of positions, so nothing is tried twice. */
function tried(pattern: Pattern, text: string): boolean | undefined {
  const run = { text, steps: 0 };
  const isAnchored = pattern.kind === "sequence" && pattern.items[0]?.kind === "start";
  const from = isAnchored ? [0] : Array.from({ length: text.length + 1 }, (_, index) => index);
  const found = ends(pattern, new Set(from), run).size > 0;
  return run.steps > MOST_STEPS ? undefined : found;
}

type Positions = ReadonlySet<number>;

function ends(pattern: Pattern, from: Positions, run: { readonly text: string; steps: number }): Positions {
  run.steps += from.size + 1;
  if (from.size === 0 || run.steps > MOST_STEPS) return new Set();
  const { text } = run;
  switch (pattern.kind) {
    case "character": {
      const found = new Set<number>();
      for (const at of from) if (at < text.length && pattern.has(text[at] ?? "")) found.add(at + 1);
      return found;
    }
    case "start":
      return new Set(from.has(0) ? [0] : []);
    case "end":
      // `$` also matches before a line feed that ends the text.
      return new Set(
        [...from].filter((at) => at === text.length || (at === text.length - 1 && text[at] === "\n")),
      );
    case "sequence":
      return pattern.items.reduce((at, item) => ends(item, at, run), from);
    case "group":
      return ends(pattern.item, from, run);
    case "choice":
      return new Set(pattern.items.flatMap((item) => [...ends(item, from, run)]));
    case "ahead":
      return new Set(
        [...from].filter((at) => ends(pattern.item, new Set([at]), run).size > 0 !== pattern.negative),
      );
    case "behind":
      return new Set(
        [...from].filter((at) => {
          const found = pattern.items.some(
            ({ item, length }) => at >= length && ends(item, new Set([at - length]), run).size > 0,
          );
          return found !== pattern.negative;
        }),
      );
    case "repeat": {
      let edge = from;
      for (let times = 0; times < pattern.min; times += 1) edge = ends(pattern.item, edge, run);
      const found = new Set(edge);
      for (let times = pattern.min; times < pattern.max && edge.size > 0; times += 1) {
        edge = new Set([...ends(pattern.item, edge, run)].filter((at) => !found.has(at)));
        for (const at of edge) found.add(at);
      }
      return found;
    }
  }
}
