import { UsageError } from "../cli/usage.js";
import type { HostRefusal } from "../read-hosts.js";
import { wordMap } from "../source/word-map.js";

/** Why there is no answer: what a command line ends with status 2 for. */
export interface Refusal {
  /** `input`: the paths were read, and what was asked does not fit what is there. */
  readonly kind: HostRefusal["kind"] | "input";
  /** The path as it was given; `null`: it is about no path. */
  readonly path: string | null;
  /** A sentence without a full stop, as the command says it. */
  readonly message: string;
}

export interface Refused {
  readonly kind: "refused";
  readonly refusal: Refusal;
}

/** What the command refuses about what it read. Throws anything that is not that. */
export function refusedBy(error: unknown): Refused {
  if (!(error instanceof UsageError)) throw error;
  return { kind: "refused", refusal: { kind: "input", path: null, message: error.message } };
}

/** Options of the command that have another name here. */
const NAMES: ReadonlyMap<string, string> = wordMap({ ram: "memory", header: "headers" });

/** Reads words as the command does, whose complaints become a TypeError with the names of this library. */
export function asArguments<T>(caller: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const message = error.message
      .replace(/ \(fpmlint [a-z]+ --help [a-z ]+\)$/, "")
      .replace(/--([a-z][a-z0-9-]*)/g, (_, name: string) => NAMES.get(name) ?? camelCase(name));
    throw new TypeError(`${caller}: ${message}`);
  }
}

function camelCase(name: string): string {
  return name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
