import { statSync } from "node:fs";
import { openOwn } from "../../host/door.js";
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

/** Bytes before the first part: a line for each, and spaces. */
const HEAD = 1024;

/** The whole file. `program`: what tells this program from others. */
export function packed(parts: readonly Cached[], program: string): Buffer {
  let at = HEAD;
  const lines: string[] = [];
  const contents: Buffer[] = [];
  for (const { name, text, code } of parts) {
    const bytes = Buffer.from(text, "latin1");
    const row = `${name} ${at} ${code.length} ${bytes.length}`;
    lines.push(`${row} ${checksumOf(code, checksumOf(bytes, madeFor(row, program)))}\n`);
    contents.push(code, bytes);
    at += code.length + bytes.length;
  }
  const head = lines.join("");
  if (head.length > HEAD) throw new Error("the head of the code cache is too long");
  return Buffer.concat([Buffer.from(head.padEnd(HEAD), "latin1"), ...contents]);
}

/**
 * Of a part's text and code, and before them of everything that the code may depend on (`madeFor`). V8 looks at its own
 * version, at its flags and at the length of the text, and takes damaged code for whole. A CRC-32, because it tells
 * damage as well as a digest does, and loading what makes digests takes longer than reading the cache.
 */
function checksumOf(content: Uint8Array | string, before = 0): number {
  return process.getBuiltinModule("node:zlib").crc32(content, before);
}

function madeFor(row: string, program: string): number {
  const { version, arch, platform, versions } = process;
  return checksumOf(`${[program, version, versions.v8, arch, platform, row].join(" ")}\n`);
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
      return readPart(name, program, (bytes, at) => {
        let read = 0;
        for (let got = -1; got !== 0 && read < bytes.length; read += got)
          got = file.read(bytes.subarray(read), at + read);
        return bytes.subarray(0, read);
      });
    } finally {
      file.close();
    }
  } catch {
    return null;
  }
}

/** `read`: fills the bytes, as far as there are any, from a place of the file on. */
function readPart(
  name: PartName,
  program: string,
  read: (bytes: Buffer, at: number) => Buffer,
): Cached | null {
  const rows = read(Buffer.alloc(HEAD), 0).toString("latin1").split("\n");
  const row = rows.find((one) => one.startsWith(`${name} `))?.split(" ");
  if (row === undefined) return null;
  const [at = 0, code = 0, text = 0, sum] = row.slice(1).map(Number);
  if (!(code + text <= LARGEST)) return null;
  // One memory for both, one after the other: the first who touches it waits for it.
  const memory = Buffer.allocUnsafeSlow(Math.max(code, text));
  const written = read(memory.subarray(0, text), at + code);
  const before = checksumOf(written, madeFor(row.slice(0, -1).join(" "), program));
  const found = { name, text: written.toString("latin1"), code: read(memory.subarray(0, code), at) };
  return checksumOf(found.code, before) === sum ? found : null;
}

/** Bytes; where a damaged head says more there is no part. */
const LARGEST = 64 * 1024 * 1024;
