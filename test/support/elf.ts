import { readFileSync } from "node:fs";

/** A program of 64 bits as the loader lays it out in memory, without what other files add. */
export class Image {
  private readonly memory: Buffer;
  private readonly data: readonly (readonly [start: number, end: number])[];
  private readonly code: readonly (readonly [start: number, end: number])[];

  constructor(file: string) {
    const bytes = readFileSync(file);
    if (bytes.toString("latin1", 1, 4) !== "ELF" || bytes[4] !== 2 || bytes[5] !== 1)
      throw new Error(`${file} is no program of 64 bits, lowest byte first`);
    const at = Number(bytes.readBigUInt64LE(32));
    const headers = Array.from({ length: bytes.readUInt16LE(56) }, (_, index) => {
      const row = at + index * bytes.readUInt16LE(54);
      const [offset, address, , size, inMemory] = [8, 16, 24, 32, 40].map((column) =>
        Number(bytes.readBigUInt64LE(row + column)),
      ) as [number, number, number, number, number];
      return {
        type: bytes.readUInt32LE(row),
        flags: bytes.readUInt32LE(row + 4),
        ...{ offset, address, size, inMemory },
      };
    });
    const loaded = headers.filter(({ type }) => type === 1);
    this.memory = Buffer.alloc(Math.max(...loaded.map(({ address, inMemory }) => address + inMemory)));
    for (const { offset, address, size } of loaded) bytes.copy(this.memory, address, offset, offset + size);
    const range = (one: (typeof loaded)[number]): readonly [number, number] => [
      one.address,
      one.address + one.size,
    ];
    this.data = loaded.filter(({ flags }) => (flags & 2) !== 0).map(range);
    this.code = loaded.filter(({ flags }) => (flags & 1) !== 0).map(range);
    const dynamic = headers.find(({ type }) => type === 2);
    if (dynamic !== undefined) this.relocate(dynamic.address, dynamic.inMemory);
  }

  /** The addresses of all words of the data, in their order. */
  *words(): Generator<number> {
    for (const [start, end] of this.data)
      for (let at = Math.ceil(start / 8) * 8; at + 80 <= end; at += 8) yield at;
  }

  word(at: number): bigint {
    return this.memory.readBigUInt64LE(at);
  }

  /** 0 for an address that is not in the program. */
  wordOrZero(at: number): bigint {
    return at >= 0 && at + 8 <= this.memory.length ? this.word(at) : 0n;
  }

  /** The text of that length, `null` when it is not one with a NUL behind it. */
  text(at: number, length: number): string | null {
    if (at <= 0 || at + length >= this.memory.length || this.memory[at + length] !== 0) return null;
    const text = this.memory.toString("latin1", at, at + length);
    return /^[\x20-\x7e]+$/.test(text) ? text : null;
  }

  /** The text up to its NUL, `null` when there is none nearby or it is no text. */
  cText(at: number): string | null {
    if (at <= 0 || at >= this.memory.length) return null;
    const end = this.memory.indexOf(0, at);
    return end < 0 || end - at > 200 ? null : this.text(at, end - at);
  }

  isCode(at: number): boolean {
    return this.code.some(([start, end]) => at >= start && at < end);
  }

  /** Puts in the addresses that are written only when the program is loaded, as for address 0. */
  private relocate(start: number, size: number): void {
    const tags = new Map<number, number>();
    for (let at = start; at < start + size; at += 16)
      tags.set(Number(this.word(at)), Number(this.word(at + 8)));
    const [rela = 0, relaSize = 0] = [7, 8].map((tag) => tags.get(tag));
    for (let at = rela; at < rela + relaSize; at += 24) {
      const kind = Number(this.word(at + 8) & 0xffffffffn);
      // R_X86_64_RELATIVE and R_AARCH64_RELATIVE; anything else is a name of another file, which counts as code.
      if (kind === 8 || kind === 1027)
        this.memory.writeBigUInt64LE(this.word(at + 16), Number(this.word(at)));
    }
  }
}
