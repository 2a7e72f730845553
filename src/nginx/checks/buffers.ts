/**
 * What nginx requires of the buffers for an upstream's response when it merges two levels
 * (`ngx_http_*_merge_loc_conf`, the same for four modules). The only copy of that arithmetic.
 */
import { type Effective, known } from "../../source/effective.js";
import { httpFact } from "../facts/directives.js";
import { effectiveBuffers, effectiveSize } from "../tree/effective.js";
import type { Node } from "../types.js";

export const BUFFER_PREFIXES = ["fastcgi", "proxy", "scgi", "uwsgi"] as const;
export type BufferPrefix = (typeof BUFFER_PREFIXES)[number];

/** The directives of that arithmetic, without their prefix. */
export const BUFFER_DIRECTIVES = [
  "buffer_size",
  "buffers",
  "busy_buffers_size",
  "temp_file_write_size",
  "max_temp_file_size",
] as const;

/**
 * What a block uses, with the places. If `busy_buffers_size` or `temp_file_write_size` is a default,
 * nginx computes it.
 */
export interface EffectiveBufferSizes {
  readonly buffer_size: Effective<number>;
  readonly buffers: Effective<{ readonly count: number; readonly size: number }>;
  readonly busy_buffers_size: Effective<number>;
  readonly temp_file_write_size: Effective<number>;
  readonly max_temp_file_size: Effective<number>;
}

/**
 * The same in bytes. `null`: nginx computes it. `NaN`: unknown; every comparison with it is false,
 * so a check that meets it finds nothing.
 */
export interface BufferSizes {
  readonly bufferSize: number;
  readonly count: number;
  readonly size: number;
  readonly busy: number | null;
  readonly writeSize: number | null;
  readonly maxFile: number;
}

/** In the order of nginx's checks; nginx reports only the first. */
export type BufferRefusal =
  | "too-few-buffers"
  | "busy-too-small"
  | "busy-too-large"
  | "write-size-too-small"
  | "temp-file-too-small";

export function effectiveBufferSizes(block: Node, prefix: BufferPrefix): EffectiveBufferSizes {
  const size = (name: string): Effective<number> => effectiveSize(block, `${prefix}_${name}`);
  return {
    buffer_size: size("buffer_size"),
    buffers: effectiveBuffers(block, `${prefix}_buffers`),
    busy_buffers_size: size("busy_buffers_size"),
    temp_file_write_size: size("temp_file_write_size"),
    max_temp_file_size: size("max_temp_file_size"),
  };
}

export function bufferNumbers(sizes: EffectiveBufferSizes): BufferSizes {
  const buffers = known(sizes.buffers);
  // nginx refuses a 0 in either place before it adds anything up.
  const written = buffers !== undefined && buffers.count > 0 && buffers.size > 0 ? buffers : undefined;
  return {
    bufferSize: known(sizes.buffer_size) ?? Number.NaN,
    count: written?.count ?? Number.NaN,
    size: written?.size ?? Number.NaN,
    busy: computedOr(sizes.busy_buffers_size),
    writeSize: computedOr(sizes.temp_file_write_size),
    maxFile: known(sizes.max_temp_file_size) ?? Number.NaN,
  };
}

/**
 * The default in the facts is what nginx computes from the other defaults, so it is not a number of its
 * own.
 */
function computedOr(value: Effective<number>): number | null {
  return value.kind === "default" ? null : (known(value) ?? Number.NaN);
}

/** The largest single piece in bytes: a whole header, or one buffer. */
export function largestBuffer({ bufferSize, size }: BufferSizes): number {
  return Math.max(bufferSize, size);
}

/** Bytes that may be busy sending to the client at a time, written or computed. */
export function busySize(sizes: BufferSizes): number {
  return sizes.busy ?? 2 * largestBuffer(sizes);
}

/** Bytes of the buffers that are left while one of them receives the response. */
export function busyRoom({ count, size }: BufferSizes): number {
  return (count - 1) * size;
}

/** Why nginx refuses these sizes; `null`: it accepts them. */
export function bufferRefusal(sizes: BufferSizes): BufferRefusal | null {
  const largest = largestBuffer(sizes);
  if (sizes.count < 2) return "too-few-buffers";
  if (busySize(sizes) < largest) return "busy-too-small";
  if (busySize(sizes) > busyRoom(sizes)) return "busy-too-large";
  if (sizes.writeSize !== null && sizes.writeSize < largest) return "write-size-too-small";
  if (sizes.maxFile !== 0 && sizes.maxFile < largest) return "temp-file-too-small";
  return null;
}

/** As many buffers as nginx has without a setting (`8 4k`). */
function usualCount(): number {
  return Number.parseInt(httpFact("fastcgi_buffers")?.default ?? "", 10);
}

/**
 * The sizes closest to these that have a `buffer_size` of `bytes` and that nginx accepts. Unknown
 * sizes are set as well, because nobody could say whether they fit.
 */
export function buffersWithHeader(sizes: BufferSizes, bytes: number): BufferSizes {
  const unknown = Number.isNaN(sizes.count);
  return acceptedBuffers({
    ...sizes,
    bufferSize: bytes,
    count: unknown ? usualCount() : sizes.count,
    size: unknown ? bytes : sizes.size,
    busy: Number.isNaN(sizes.busy) ? 2 * bytes : sizes.busy,
  });
}

/** The sizes closest to these that nginx accepts; `buffer_size` is never lowered. */
export function acceptedBuffers(sizes: BufferSizes): BufferSizes {
  const refusal = bufferRefusal(sizes);
  return refusal === null ? sizes : acceptedBuffers(repaired(sizes, refusal));
}

function repaired(sizes: BufferSizes, refusal: BufferRefusal): BufferSizes {
  const largest = largestBuffer(sizes);
  switch (refusal) {
    case "too-few-buffers":
      return { ...sizes, count: 2 };
    case "busy-too-small":
      return { ...sizes, busy: largest };
    case "busy-too-large":
      return roomFor(sizes, busySize(sizes));
    case "write-size-too-small":
      return { ...sizes, writeSize: largest };
    case "temp-file-too-small":
      return { ...sizes, maxFile: largest };
  }
}

/** Instead of more small buffers than this, fewer and larger ones are better. */
const MANY = 32;

/** The buffers that add the least memory to a request. */
function roomFor(sizes: BufferSizes, busy: number): BufferSizes {
  let { size } = sizes;
  while (Math.ceil(busy / size) + 1 > Math.max(MANY, sizes.count)) size *= 2;
  return { ...sizes, size, count: Math.ceil(busy / size) + 1 };
}

/** The lines of nginx that turn `before` into `after`. */
export function bufferLines(
  prefix: BufferPrefix,
  before: BufferSizes,
  after: BufferSizes,
): readonly string[] {
  const lines: string[] = [];
  const line = (name: string, from: number | null, to: number | null): void => {
    if (to !== null && !Object.is(to, from)) lines.push(`${prefix}_${name} ${sizeText(to)};`);
  };
  line("buffer_size", before.bufferSize, after.bufferSize);
  if (!Object.is(before.count, after.count) || !Object.is(before.size, after.size)) {
    lines.push(`${prefix}_buffers ${after.count} ${sizeText(after.size)};`);
  }
  line("busy_buffers_size", before.busy, after.busy);
  line("temp_file_write_size", before.writeSize, after.writeSize);
  line("max_temp_file_size", before.maxFile, after.maxFile);
  return lines;
}

/** As a size slot accepts it: that has no `g`. */
export function sizeText(bytes: number): string {
  if (bytes > 0 && bytes % 1024 ** 2 === 0) return `${bytes / 1024 ** 2}m`;
  return bytes > 0 && bytes % 1024 === 0 ? `${bytes / 1024}k` : String(bytes);
}
