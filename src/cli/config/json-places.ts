import { stringEnd } from "./json-comments.js";

/** Where things are in a text that `JSON.parse` has taken. Offsets are in UTF-16 units. */

/** What is looked for: the keys and numbers that lead there, and whether the key itself is meant. */
export interface Wanted {
  readonly path: readonly string[];
  readonly key: boolean;
}

/** A key that an object has twice, of which only the last one counts. */
export interface Repeated {
  readonly key: string;
  /** The later one, and the one before it. */
  readonly offset: number;
  readonly before: number;
}

export interface Places {
  /** One for each that is wanted; where something is not there, that of the innermost around it that is. */
  readonly offsets: readonly number[];
  readonly repeated: readonly Repeated[];
}

/** What is wanted below a value, by the next key. */
interface Step {
  readonly next: Map<string, Step>;
  /** Numbers of the wanted whose path ends here, by whether the key is meant. */
  readonly keys: number[];
  readonly values: number[];
  /** The values that are nearest so far. */
  readonly all: number[];
}

interface Open {
  readonly step: Step | null;
  /** Of an object its keys with their places; `null`: an array. */
  readonly keys: Map<string, number> | null;
  /** Of an array the number of the next value. */
  count: number;
  /** The key that was read and waits for its value. */
  key: string | null;
}

/** Goes through the text once, whatever nests in it. `most`: how many repeated keys are wanted. */
export function placesIn(text: string, wanted: readonly Wanted[], most: number): Places {
  const offsets = wanted.map(() => 0);
  const root = stepsTo(wanted);
  const repeated: Repeated[] = [];
  const open: Open[] = [];
  const begin = (at: number): Step | null => {
    const around = open.at(-1);
    const step = around === undefined ? root : stepBelow(around);
    if (around?.keys === null) around.count += 1;
    else if (around !== undefined) around.key = null;
    for (const number of step?.all ?? []) if (!step?.keys.includes(number)) offsets[number] = at;
    return step;
  };
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (/[ \t\r\n,:]/.test(character)) continue;
    const around = open.at(-1);
    if (character === "}" || character === "]") open.pop();
    else if (character === "{" || character === "[") {
      const step = begin(at);
      open.push({ step, keys: character === "{" ? new Map() : null, count: 0, key: null });
    } else if (character === '"') {
      const end = stringEnd(text, at);
      if (around?.keys != null && around.key === null) {
        const key = String(JSON.parse(text.slice(at, end)));
        const before = around.keys.get(key);
        if (before !== undefined && repeated.length < most) repeated.push({ key, offset: at, before });
        around.keys.set(key, at);
        around.key = key;
        for (const number of around.step?.next.get(key)?.keys ?? []) offsets[number] = at;
      } else begin(at);
      at = end - 1;
    } else {
      begin(at);
      while (at + 1 < text.length && !/[ \t\r\n,:\]}]/.test(text.charAt(at + 1))) at += 1;
    }
  }
  return { offsets, repeated };
}

function stepBelow({ step, keys, count, key }: Open): Step | null {
  return step?.next.get(keys === null ? String(count) : (key ?? "")) ?? null;
}

function newStep(): Step {
  return { next: new Map(), keys: [], values: [], all: [] };
}

function stepsTo(wanted: readonly Wanted[]): Step {
  const root = newStep();
  for (const [number, { path, key }] of wanted.entries()) {
    let at = root;
    at.all.push(number);
    for (const part of path) {
      const next = at.next.get(part) ?? newStep();
      at.next.set(part, next);
      next.all.push(number);
      at = next;
    }
    (key ? at.keys : at.values).push(number);
  }
  return root;
}
