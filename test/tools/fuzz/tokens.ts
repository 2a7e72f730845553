import type { Random } from "../reality/random.js";
import { CONTROLS, HUGE_NUMBERS, PLACEHOLDERS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "./words.js";

/** Changes of words and blocks. */
type Mutator = (text: string, random: Random) => string;

type Range = readonly [start: number, end: number];

/** The words of a text, by offsets. */
function wordsIn(text: string): readonly Range[] {
  return [...text.matchAll(/[^\s;{}"'=[\]]+/g)].map(({ index, 0: word }) => [index, index + word.length]);
}

/** Lines that belong together: from an opening brace or section on to the end of it, or a single line. */
function blockIn(text: string, random: Random): Range {
  const starts = [0, ...[...text.matchAll(/\n/g)].map(({ index }) => index + 1)];
  const start = random.pick(starts);
  let depth = 0;
  for (let at = start; at < text.length; at += 1) {
    const character = text[at];
    if (character === "{") depth += 1;
    else if (character === "}") depth -= 1;
    else if (character === "\n" && depth <= 0) return [start, at + 1];
  }
  return [start, text.length];
}

function replaced(text: string, [start, end]: Range, by: string): string {
  return text.slice(0, start) + by + text.slice(end);
}

function wordOr(text: string, random: Random): Range {
  const words = wordsIn(text);
  return words.length === 0 ? [0, 0] : random.pick(words);
}

/** A word or a block. */
function part(text: string, random: Random): Range {
  return random.chance(0.5) ? wordOr(text, random) : blockIn(text, random);
}

const remove: Mutator = (text, random) => replaced(text, part(text, random), "");

const duplicate: Mutator = (text, random) => {
  const [start, end] = part(text, random);
  const times = random.chance(0.8) ? 1 : random.int(2, 30);
  const space = text[end - 1] === "\n" ? "" : " ";
  return replaced(text, [end, end], (space + text.slice(start, end)).repeat(times));
};

const swap: Mutator = (text, random) => {
  const choose = random.chance(0.5) ? wordOr : blockIn;
  const [first, second] = [choose(text, random), choose(text, random)].sort(([a], [b]) => a - b);
  if (first === undefined || second === undefined || first[1] > second[0]) return text;
  const middle = text.slice(first[1], second[0]);
  return `${text.slice(0, first[0])}${text.slice(...second)}${middle}${text.slice(...first)}${text.slice(second[1])}`;
};

/** Puts one of the words in the place of another, or next to it, alone or glued to it. */
function planted(all: readonly string[]): Mutator {
  return (text, random) => {
    const [start, end] = wordOr(text, random);
    const word = random.pick(all);
    const old = text.slice(start, end);
    const ways = [word, `${old} ${word}`, `${word} ${old}`, old + word, `${old}=${word}`, `${word}=${old}`];
    return replaced(text, [start, end], random.pick(ways));
  };
}

const blockOfPrototype: Mutator = (text, random) => {
  const [start] = blockIn(text, random);
  return replaced(text, [start, start], `${random.pick(PROTOTYPE_NAMES)} { a b; }\n`);
};

const nest: Mutator = (text, random) => {
  const [start, end] = part(text, random);
  const pairs = [
    ["{", "}"],
    ["location /a {", "}"],
    ["if ($a) {", "}"],
    ["(", ")"],
    ["[", "]"],
  ] as const;
  const [open, close] = random.pick(pairs);
  const times = random.chance(0.8) ? random.int(1, 12) : random.int(13, 400);
  const closed = random.chance(0.8) ? close.repeat(times) : "";
  return replaced(text, [start, end], `${open.repeat(times)}${text.slice(start, end)}${closed}`);
};

const lengthen: Mutator = (text, random) => {
  const range = wordOr(text, random);
  const word = text.slice(...range) || "a";
  const times = random.chance(0.8) ? random.int(2, 40) : random.int(41, 1500);
  return replaced(text, range, word.repeat(times).slice(0, 6000));
};

const MUTATORS: readonly Mutator[] = [
  ...[remove, duplicate, swap, nest, lengthen, blockOfPrototype, planted(PROTOTYPE_NAMES)],
  ...[planted(HUGE_NUMBERS), planted(PLACEHOLDERS), planted(CONTROLS), planted(WORKFLOW_COMMANDS)],
];

/** The text with one to five changes. */
export function mutateTokens(text: string, random: Random): string {
  let changed = text;
  for (let left = random.int(1, 5); left > 0; left -= 1) changed = random.pick(MUTATORS)(changed, random);
  return changed;
}

/** The text with template language in some places. */
export function plantTemplates(text: string, random: Random): string {
  let changed = text;
  for (let left = random.int(1, 6); left > 0; left -= 1) changed = planted(PLACEHOLDERS)(changed, random);
  return changed;
}
