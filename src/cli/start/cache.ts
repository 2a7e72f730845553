import { statSync } from "node:fs";
import { readOwn } from "../../host/door.js";

/**
 * The program inside the command's file. There it is a comment, so that what needs no program (`--version`) does
 * not wait until Node has read it, and the code cache beside the file saves compiling it. The cache is executable
 * code: it is made when fpmlint is built or installed, and a run only reads it.
 */

/** What the program exports, once it was run with Node's `require`. */
export type Program<T> = (require: (name: string) => unknown) => T;

/** In the place of the end of a comment; and where the program begins. No JavaScript has such characters unescaped. */
const NO_END = "*\x01/";
const BEGIN = "\x02";

/** The program as a comment of a function that does nothing. */
export function hidden(source: string): string {
  if (source.includes(NO_END) || source.includes(BEGIN))
    throw new Error("the program has a control character");
  return `function () {/*${BEGIN}${source.replaceAll("*/", NO_END)}*/}`;
}

/** The program that `hidden` has hidden: in a function, or in the whole text of its file. */
export function shown(text: string): string {
  return text.slice(text.indexOf(BEGIN) + 1, text.lastIndexOf("*/}")).replaceAll(NO_END, "*/");
}

/** The cache of a command: beside it, and nowhere else. */
export function cacheBeside(command: string): string {
  return `${command.replace(/\.[^./]*$/, "")}.cache`;
}

/** Bytes of what `checksumOf` answers. */
const CHECKSUM = 4;

/**
 * Of the cache, the program, and everything that the code may depend on. V8 looks at its own version, at its flags and
 * at the length of the program, and takes a damaged cache for whole. A CRC-32, because it tells damage as well as a
 * digest does, and loading what makes digests takes longer than reading the cache.
 */
export function checksumOf(source: string, code: Uint8Array): Uint8Array {
  const { crc32 } = process.getBuiltinModule("node:zlib");
  const { version, arch, platform, versions } = process;
  const maker = [version, versions.v8, arch, platform, source.length].join(" ");
  const sum = Buffer.alloc(CHECKSUM);
  sum.writeUInt32BE(crc32(code, crc32(source, crc32(`${maker}\n`))));
  return sum;
}

/** The program, compiled, or made of its cache where that is there, whole, of this program and of this Node. */
export function programOf<T>(source: string, command: string | null): Program<T> {
  const cachedData = command === null ? null : codeBeside(source, command);
  const { Script } = process.getBuiltinModule("node:vm");
  const options = { filename: command ?? "fpmlint.js", ...(cachedData === null ? {} : { cachedData }) };
  return new Script(source, options).runInThisContext() as Program<T>;
}

function codeBeside(source: string, command: string): Buffer | null {
  try {
    // Who may write the command may have it do anything; nobody else may.
    const file = readOwn(cacheBeside(command), statSync(command).uid);
    if (file === null || file.length < CHECKSUM) return null;
    const code = file.subarray(0, -CHECKSUM);
    return file.subarray(-CHECKSUM).equals(checksumOf(source, code)) ? code : null;
  } catch {
    return null;
  }
}
