import { Image } from "../../support/elf.js";

/** The tables of nginx's modules, read from a program or a module file. */
export interface Command {
  readonly name: string;
  /** `core`, `event`, `http`, `mail`, `stream`. */
  readonly kind: string;
  /** Letters of `facts.ts`. */
  readonly contexts: string;
  readonly block: boolean;
  /** Whether the module's flags take this many arguments. */
  readonly accepts: (count: number) => boolean;
  /** The words of an enumeration or a bit mask; `null`: another type. */
  readonly words: readonly string[] | null;
}

export interface Variable {
  readonly name: string;
  /** Whether `set`, `map` and their like may define it anew. */
  readonly changeable: boolean;
  /** Every variable with this beginning. */
  readonly prefix: boolean;
}

export interface Tables {
  /** `1022001` for 1.22.1. */
  readonly version: number;
  readonly commands: readonly Command[];
  readonly variables: readonly Variable[];
}

/** The type of a module, as it stands in its table. */
const KINDS: ReadonlyMap<number, string> = new Map(
  (["core", "event", "http", "mail", "stream"] as const).map((kind) => {
    const mark = kind === "event" ? "EVNT" : kind === "stream" ? "STRM" : kind.toUpperCase();
    return [Buffer.from(mark, "latin1").readUInt32LE(0), kind];
  }),
);

/** Bits of contexts from the lowest, for each kind of module. */
const CONTEXTS: Readonly<Record<string, string>> = {
  core: "m",
  event: "me",
  http: "mhsluiIx",
  mail: "mMN",
  stream: "mSTU",
};

const MAIN = 0x01000000;
const UNSET = 0xffffffffffffffffn;
const COMMAND_SIZE = 56;

export function tablesOf(file: string): Tables {
  const image = new Image(file);
  const commands: Command[] = [];
  // What a core module is called stands in a table that looks like a variable.
  const modules = new Set<number>();
  let version = 0;
  for (const at of image.words()) {
    if (image.word(at) !== UNSET || image.word(at + 8) !== UNSET || image.word(at + 16) !== 0n) continue;
    const number = Number(image.word(at + 40));
    const kind = KINDS.get(Number(image.word(at + 72) & 0xffffffffn));
    if (number < 1_010_000 || number > 2_000_000 || kind === undefined) continue;
    version = number;
    modules.add(Number(image.word(at + 56)));
    commands.push(...commandsAt(image, Number(image.word(at + 64)), kind));
  }
  return { version, commands, variables: variablesOf(image, modules) };
}

function* commandsAt(image: Image, start: number, kind: string): Generator<Command> {
  for (let at = start; start !== 0; at += COMMAND_SIZE) {
    const length = Number(image.word(at));
    if (length === 0) return;
    const name = image.text(Number(image.word(at + 8)), length);
    const type = Number(image.word(at + 16));
    if (name === null) return;
    yield {
      name,
      kind,
      contexts: contextsOf(type, kind),
      block: (type & 0x100) !== 0,
      accepts: (count) => takes(type, count),
      words: wordsAt(image, Number(image.word(at + 48))),
    };
  }
}

function contextsOf(type: number, kind: string): string {
  const letters = CONTEXTS[kind] ?? "";
  // "Anywhere" is a bit for each context that there could be.
  if (kind === "core" && type / MAIN >= 0x1f) return "*";
  return [...letters].filter((_, bit) => (Math.floor(type / (MAIN * 2 ** bit)) & 1) === 1).join("");
}

/** NGX_CONF_NOARGS to NGX_CONF_TAKE7, then a flag, any number, one or more, two or more. */
function takes(type: number, count: number): boolean {
  if ((type & 0x400) !== 0) return true;
  if ((type & 0x200) !== 0) return count === 1;
  if ((type & 0x800) !== 0) return count >= 1;
  if ((type & 0x1000) !== 0) return count >= 2;
  return count < 8 && ((type >> count) & 1) === 1;
}

/** `{ length, text, value }`, ended with a length of 0. Another `post` is a function or a range of numbers. */
function wordsAt(image: Image, start: number): readonly string[] | null {
  const words: string[] = [];
  for (let at = start; start !== 0 && words.length < 100; at += 24) {
    const length = Number(image.wordOrZero(at));
    if (length === 0) return words.length === 0 ? null : words;
    const text = length < 64 ? image.text(Number(image.wordOrZero(at + 8)), length) : null;
    if (text === null || !/^[\w.-]+$/.test(text)) return null;
    words.push(text);
  }
  return null;
}

const CHANGEABLE = 1n;
const PREFIX = 16n;

/** Rows `{ length, name, set, get, data, flags, index }`: the functions lie in the program's code. */
function variablesOf(image: Image, modules: ReadonlySet<number>): readonly Variable[] {
  const found = new Map<string, Variable>();
  for (const at of image.words()) {
    const length = Number(image.word(at));
    if (length < 2 || length > 48 || modules.has(at)) continue;
    const [set, get, flags, index] = [16, 24, 40, 48].map((offset) => image.wordOrZero(at + offset));
    if (set === undefined || get === undefined || flags === undefined || index !== 0n || flags > 63n)
      continue;
    const code = [set, get].filter((one) => one !== 0n);
    if (code.length === 0 || !code.every((one) => image.isCode(Number(one)))) continue;
    const name = image.text(Number(image.wordOrZero(at + 8)), length);
    if (name === null || !/^[a-z][a-z0-9_]*$/.test(name)) continue;
    found.set(name, {
      name,
      changeable: (flags & CHANGEABLE) !== 0n,
      prefix: (flags & PREFIX) !== 0n,
    });
  }
  return [...found.values()];
}
