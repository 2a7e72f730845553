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
    // The code comes first, because V8 wants it at an even place of the memory.
    const content = Buffer.concat([code, Buffer.from(text, "latin1")]);
    const row = `${name} ${at} ${code.length} ${content.length}`;
    lines.push(`${row} ${checksumOf(row, program, content)}\n`);
    contents.push(content);
    at += content.length;
  }
  const head = lines.join("");
  if (head.length > HEAD) throw new Error("the head of the code cache is too long");
  return Buffer.concat([Buffer.from(head.padEnd(HEAD), "latin1"), ...contents]);
}

/**
 * Of a part and its row, and of everything that the code may depend on. V8 looks at its own version, at its flags and at
 * the length of the text, and takes damaged code for whole. A CRC-32, because it tells damage as well as a digest does,
 * and loading what makes digests takes longer than reading the cache.
 */
function checksumOf(row: string, program: string, content: Uint8Array): number {
  const { crc32 } = process.getBuiltinModule("node:zlib");
  const { version, arch, platform, versions } = process;
  const maker = [program, version, versions.v8, arch, platform, row].join(" ");
  return crc32(content, crc32(`${maker}\n`));
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
      return readPart(name, program, (at, length) => {
        const bytes = Buffer.allocUnsafeSlow(length);
        let read = 0;
        for (let got = -1; got !== 0 && read < length; read += got)
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

function readPart(
  name: PartName,
  program: string,
  read: (at: number, length: number) => Buffer,
): Cached | null {
  const rows = read(0, HEAD).toString("latin1").split("\n");
  const row = rows.find((one) => one.startsWith(`${name} `))?.split(" ");
  if (row === undefined) return null;
  const [at = 0, code = 0, length = 0, sum] = row.slice(1).map(Number);
  if (!(length <= LARGEST)) return null;
  const content = read(at, length);
  if (checksumOf(row.slice(0, -1).join(" "), program, content) !== sum) return null;
  return { name, text: content.toString("latin1", code), code: content.subarray(0, code) };
}

/** Bytes; where a damaged head says more there is no part. */
const LARGEST = 64 * 1024 * 1024;
