import { statSync } from "node:fs";
import { type OpenFile, openOwn } from "../../host/door.js";
import { type Modules, type PartName, shown } from "./parts.js";

/**
 * The code cache beside the command: of each part its text and what V8 made of it, so that a run neither decompresses
 * nor compiles it. The cache is executable code: it is made when fpmlint is built or installed, and a run only reads it.
 */

/** The cache of a command: beside it, and nowhere else. */
export function cacheBeside(command: string): string {
  return `${command.replace(/\.[^./]*$/, "")}.cache`;
}

/** A part as it is in the cache. */
export interface Cached {
  readonly name: PartName;
  /** ASCII. */
  readonly text: string;
  /** What V8 made of it. */
  readonly code: Buffer;
}

/** Bytes before the first part: whose cache it is, a line for each part, and spaces. */
const HEAD = 1024;

/**
 * The whole file. Everything is in it twice, because V8 takes damaged code for whole: to compare takes a third of what
 * it takes to load what Node makes checksums with. `program`: what tells this program from others.
 */
export function packed(parts: readonly Cached[], program: string): Buffer {
  let at = HEAD;
  const lines = [`${madeBy(program)}\n`];
  const contents: Buffer[] = [];
  for (const { name, text, code } of parts) {
    // The code comes first, because V8 wants it at an even place of the memory.
    const content = Buffer.concat([code, Buffer.from(text, "latin1")]);
    lines.push(`${name} ${at} ${code.length} ${content.length}\n`);
    contents.push(content);
    at += content.length;
  }
  const head = lines.join("");
  if (head.length > HEAD) throw new Error("the head of the code cache is too long");
  const once = Buffer.concat([Buffer.from(head.padEnd(HEAD), "latin1"), ...contents]);
  return Buffer.concat([once, once]);
}

/** Everything that the code may depend on; V8 itself looks at its flags, and at the length of the text. */
function madeBy(program: string): string {
  const { version, arch, platform, versions } = process;
  return ["fpmlint", program, version, versions.v8, arch, platform].join(" ");
}

/** The modules of a part: from its cache where that is there, whole, of this program and of this Node; or compiled. */
export function modulesOf(
  name: PartName,
  body: () => string,
  program: string,
  command: string | null,
): Modules {
  const cached = command === null ? null : partBeside(name, program, command);
  const { Script } = process.getBuiltinModule("node:vm");
  const options = {
    filename: command ?? "fpmlint.js",
    ...(cached === null ? {} : { cachedData: cached.code }),
  };
  return new Script(cached?.text ?? shown(body(), name), options).runInThisContext() as Modules;
}

function partBeside(name: PartName, program: string, command: string): Cached | null {
  try {
    // Who may write the command may have it do anything; nobody else may.
    const file = openOwn(cacheBeside(command), statSync(command).uid);
    if (file === null) return null;
    try {
      return readPart(name, program, file);
    } finally {
      file.close();
    }
  } catch {
    return null;
  }
}

function readPart(name: PartName, program: string, file: OpenFile): Cached | null {
  const [maker, ...rows] = readTwice(file, 0, HEAD)?.toString("latin1").split("\n") ?? [];
  const row = rows.find((one) => one.startsWith(`${name} `));
  if (row === undefined || maker !== madeBy(program)) return null;
  const [at = 0, code = 0, length = 0] = row.split(" ").slice(1).map(Number);
  const content = readTwice(file, at, length);
  if (content === null) return null;
  return { name, text: content.toString("latin1", code), code: content.subarray(0, code) };
}

/** Bytes that are compared at once. */
const BLOCK = 256 * 1024;

/** What is there in both halves of the file; `null` where they differ, or end before. */
function readTwice(file: OpenFile, at: number, length: number): Buffer | null {
  const half = file.size / 2;
  if (at + length > half) return null;
  const bytes = Buffer.allocUnsafeSlow(length);
  if (!fill(file, bytes, at)) return null;
  const block = Buffer.allocUnsafeSlow(Math.min(length, BLOCK));
  for (let from = 0; from < length; from += BLOCK) {
    const here = bytes.subarray(from, from + BLOCK);
    const there = block.subarray(0, here.length);
    if (!fill(file, there, half + at + from) || !here.equals(there)) return null;
  }
  return bytes;
}

/** Whether there was as much as that. */
function fill(file: OpenFile, bytes: Buffer, at: number): boolean {
  let filled = 0;
  for (let got = -1; got !== 0 && filled < bytes.length; filled += got)
    got = file.read(bytes.subarray(filled), at + filled);
  return filled === bytes.length;
}
