import { nearest } from "../source/spelling.js";
import { wordMap } from "../source/word-map.js";

/** What a value has to be: the end of a sentence, and whether it is. */
export interface Kind {
  readonly expected: string;
  readonly fits: (value: unknown) => boolean;
}

const isText = (value: unknown): value is string => typeof value === "string";

/** Not an array, a map or another thing that has no keys of its own to read. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export const kinds = {
  text: { expected: "a string", fits: isText },
  texts: {
    expected: "an array of strings",
    fits: (value) => Array.isArray(value) && value.every(isText),
  },
  byPath: {
    expected: 'an object with the text of each file by its path, as in { "etc/nginx/nginx.conf": "…" }',
    fits: (value) => isRecord(value) && Object.values(value).every(isText),
  },
  map: {
    expected: "a Map with the text of each file by the name that reports print",
    fits: (value) => value instanceof Map && [...value].flat().every(isText),
  },
  amount: {
    expected: "a number from 0 on, or a string",
    fits: (value) => isText(value) || isAmount(value),
  },
  count: { expected: "a number above 0", fits: (value) => isAmount(value) && value !== 0 },
  headers: {
    expected: 'an object with the value of each header by its name, as in { Cookie: "a=b" }',
    fits: (value) => isRecord(value) && Object.values(value).every(isText),
  },
  byPool: {
    expected: 'a number or a string, or an object with one for each pool, as in { shop: "60M" }',
    fits: (value) =>
      isText(value) ||
      isAmount(value) ||
      (isRecord(value) && Object.values(value).every((one) => isText(one) || isAmount(one))),
  },
  weights: {
    expected: "an object with a number above 0 for each pool, as in { shop: 3 }",
    fits: (value) => isRecord(value) && Object.values(value).every((one) => isAmount(one) && one !== 0),
  },
  record: { expected: "an object", fits: isRecord },
} as const satisfies Readonly<Record<string, Kind>>;

function isAmount(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

/** The same, and `null` for nothing. */
export function orNull({ expected, fits }: Kind): Kind {
  return { expected: `${expected}, or null`, fits: (value) => value === null || fits(value) };
}

/** One of some words. */
export function oneOf(words: readonly string[]): Kind {
  return {
    expected: `one of ${words.map((word) => JSON.stringify(word)).join(", ")}`,
    fits: (value) => isText(value) && words.includes(value),
  };
}

/** Checks the options of a function. What is `undefined` is not given. Throws TypeError, with a sentence that says what is right. */
export function checkOptions(caller: string, options: unknown, known: Readonly<Record<string, Kind>>): void {
  if (!isRecord(options)) throw new TypeError(`${caller}: options must be an object, not ${shown(options)}`);
  const names = Object.keys(known);
  const byName = wordMap(known);
  for (const [name, value] of Object.entries(options)) {
    const kind = byName.get(name);
    if (kind === undefined) {
      const meant = nearest(name, names);
      const right = meant === null ? `options are ${names.join(", ")}` : `did you mean ${meant}?`;
      throw new TypeError(`${caller}: there is no option ${name}; ${right}`);
    }
    if (value !== undefined && !kind.fits(value)) throw wrong(caller, name, value, kind.expected);
  }
}

/** Says that an argument is not what it must be. */
export function wrong(caller: string, name: string, value: unknown, expected: string): TypeError {
  return new TypeError(`${caller}: ${name} must be ${expected}, not ${shown(value)}`);
}

/** A value in a sentence; a long one by its kind. */
function shown(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === "string") return value.length > 40 ? "this string" : JSON.stringify(value);
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value)) return "an array like this";
  if (typeof value === "object")
    return isRecord(value) ? "an object like this" : `a ${value.constructor?.name || "thing"}`;
  return `a ${typeof value}`;
}
