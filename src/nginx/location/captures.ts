import { once, perKey } from "../../source/memo.js";
import { matches, type Pattern } from "./pattern.js";

/** Where a regular expression matches and what its groups take, as PCRE decides it. */

export interface Match {
  /** The text of each group by its number, 0 for the whole match; `null`: the group took no part. */
  readonly groups: readonly (string | null)[];
  /** The text of the groups with names. */
  readonly named: ReadonlyMap<string, string>;
}

type Instruction =
  | { readonly op: "character"; readonly has: (character: string) => boolean }
  /** Both ways are tried, `first` before `second`. */
  | { readonly op: "split"; first: number; second: number }
  | { readonly op: "jump"; to: number }
  | { readonly op: "save"; readonly slot: number }
  | { readonly op: "start" }
  | { readonly op: "end" }
  | { readonly op: "ahead"; readonly program: readonly Instruction[]; readonly negative: boolean }
  | {
      readonly op: "behind";
      readonly programs: readonly { readonly program: readonly Instruction[]; readonly length: number }[];
      readonly negative: boolean;
    }
  | { readonly op: "done" };

interface Program {
  readonly code: readonly Instruction[];
  readonly groups: number;
  readonly names: readonly (readonly [name: string, number: number])[];
}

/** Repeats with numbers are written out. */
const LONGEST_PROGRAM = 4000;
/** Each place of the program is tried at most once at each place of the text. */
const MOST_PLACES = 4_000_000;

const programOf = perKey((pattern: Pattern): Program | null => {
  const code: Instruction[] = [];
  const names: [string, number][] = [];
  const groups = { most: 0 };
  emit(pattern, code, names, groups);
  code.push({ op: "done" });
  return code.length > LONGEST_PROGRAM ? null : { code, groups: groups.most, names };
});

function emit(
  pattern: Pattern,
  code: Instruction[],
  names: [string, number][],
  groups: { most: number },
): void {
  if (code.length > LONGEST_PROGRAM) return;
  const inner = (item: Pattern) => emit(item, code, names, groups);
  const alone = (item: Pattern): readonly Instruction[] => {
    const program: Instruction[] = [];
    emit(item, program, names, groups);
    program.push({ op: "done" });
    return program;
  };
  switch (pattern.kind) {
    case "character":
      code.push({ op: "character", has: pattern.has });
      return;
    case "start":
    case "end":
      code.push({ op: pattern.kind });
      return;
    case "sequence":
      for (const item of pattern.items) inner(item);
      return;
    case "group":
      groups.most = Math.max(groups.most, pattern.number);
      if (pattern.name !== null && !names.some(([name]) => name === pattern.name))
        names.push([pattern.name, pattern.number]);
      code.push({ op: "save", slot: 2 * pattern.number });
      inner(pattern.item);
      code.push({ op: "save", slot: 2 * pattern.number + 1 });
      return;
    case "ahead":
      code.push({ op: "ahead", program: alone(pattern.item), negative: pattern.negative });
      return;
    case "behind": {
      const programs = pattern.items.map(({ item, length }) => ({ program: alone(item), length }));
      code.push({ op: "behind", programs, negative: pattern.negative });
      return;
    }
    case "choice":
      choice(pattern.items, code, inner);
      return;
    case "repeat":
      repeat(pattern, code, inner);
  }
}

function choice(items: readonly Pattern[], code: Instruction[], inner: (item: Pattern) => void): void {
  const jumps: { op: "jump"; to: number }[] = [];
  for (const [index, item] of items.entries()) {
    if (index === items.length - 1) {
      inner(item);
      break;
    }
    const split: Instruction = { op: "split", first: code.length + 1, second: 0 };
    code.push(split);
    inner(item);
    const jump = { op: "jump" as const, to: 0 };
    jumps.push(jump);
    code.push(jump);
    split.second = code.length;
  }
  for (const jump of jumps) jump.to = code.length;
}

function repeat(
  { item, min, max, lazy }: Extract<Pattern, { readonly kind: "repeat" }>,
  code: Instruction[],
  inner: (item: Pattern) => void,
): void {
  const split = (): { readonly leave: (to: number) => void } => {
    const one: Extract<Instruction, { op: "split" }> = { op: "split", first: 0, second: 0 };
    const next = code.push(one);
    if (lazy) one.second = next;
    else one.first = next;
    return {
      leave: (to) => {
        if (lazy) one.first = to;
        else one.second = to;
      },
    };
  };
  for (let times = 0; times < min && code.length <= LONGEST_PROGRAM; times += 1) inner(item);
  if (max === Number.POSITIVE_INFINITY) {
    const at = code.length;
    const { leave } = split();
    inner(item);
    code.push({ op: "jump", to: at });
    leave(code.length);
    return;
  }
  const leaving: ((to: number) => void)[] = [];
  for (let times = min; times < max && code.length <= LONGEST_PROGRAM; times += 1) {
    leaving.push(split().leave);
    inner(item);
  }
  for (const leave of leaving) leave(code.length);
}

interface Found {
  readonly match: Match | null | undefined;
}

const knownMatches = perKey((_pattern: Pattern) => new Map<string, Found>());
/** Each site is asked for the same few paths. */
const MOST_MATCHES = 64;
const LONGEST_KNOWN = 200;

/** The first match in the text; `null`: there is none, `undefined`: it would take too long to find out. */
export function findMatch(pattern: Pattern, text: string): Match | null | undefined {
  if (matches(pattern, text) === false) return null;
  if (text.length > LONGEST_KNOWN) return firstMatch(pattern, text);
  const known = knownMatches(pattern);
  if (known.size >= MOST_MATCHES) known.clear();
  return once(known, text, (): Found => ({ match: firstMatch(pattern, text) })).match;
}

function firstMatch(pattern: Pattern, text: string): Match | null | undefined {
  const program = programOf(pattern);
  if (program === null || program.code.length * (text.length + 1) > MOST_PLACES) return undefined;
  const visited = new Set<number>();
  for (let at = 0; at <= text.length; at += 1) {
    const slots = run(program.code, text, at, visited);
    if (slots === null) continue;
    const part = (number: number): string | null => {
      const [from, to] = [slots[2 * number], slots[2 * number + 1]];
      return from === undefined || to === undefined ? null : text.slice(from, to);
    };
    return {
      groups: Array.from({ length: program.groups + 1 }, (_, number) => part(number)),
      named: new Map(program.names.map(([name, number]) => [name, part(number) ?? ""])),
    };
  }
  return null;
}

interface Thread {
  readonly pc: number;
  readonly at: number;
  readonly slots: readonly (number | undefined)[];
}

/**
 * Tries the ways in the order in which PCRE does. A place of the program that was reached before at the
 * same place of the text has failed, because nothing here depends on how it was reached.
 */
function run(
  code: readonly Instruction[],
  text: string,
  from: number,
  visited: Set<number>,
): readonly (number | undefined)[] | null {
  const threads: Thread[] = [{ pc: 0, at: from, slots: [from] }];
  for (let thread = threads.pop(); thread !== undefined; thread = threads.pop()) {
    let { pc, at, slots } = thread;
    for (;;) {
      const key = pc * (text.length + 1) + at;
      if (visited.has(key)) break;
      visited.add(key);
      const one = code[pc];
      if (one === undefined || one.op === "done") {
        const found = [...slots];
        found[1] = at;
        return found;
      }
      if (one.op === "split") {
        threads.push({ pc: one.second, at, slots });
        pc = one.first;
      } else if (one.op === "jump") pc = one.to;
      else if (one.op === "save") {
        slots = slots.slice();
        (slots as (number | undefined)[])[one.slot] = at;
        pc += 1;
      } else {
        const next = step(one, text, at);
        if (next === null) break;
        pc += 1;
        at = next;
      }
    }
  }
  return null;
}

/** Where the text goes on; `null`: it does not fit. */
function step(
  one: Extract<Instruction, { readonly op: "character" | "start" | "end" | "ahead" | "behind" }>,
  text: string,
  at: number,
): number | null {
  if (one.op === "character") return at < text.length && one.has(text[at] ?? "") ? at + 1 : null;
  if (one.op === "start") return at === 0 ? at : null;
  // `$` also matches before a line feed that ends the text: `/a.php%0A` is for `\.php$`.
  if (one.op === "end")
    return at === text.length || (at === text.length - 1 && text[at] === "\n") ? at : null;
  if (one.op === "behind") {
    const found = one.programs.some(
      ({ program, length }) => at >= length && run(program, text, at - length, new Set()) !== null,
    );
    return found === one.negative ? null : at;
  }
  return (run(one.program, text, at, new Set()) === null) === one.negative ? at : null;
}
