import { effectiveBuffers, effectiveSize } from "../../../nginx/tree/effective.js";
import type { Node } from "../../../nginx/types.js";
import { placeOf } from "../../../source/effective.js";
import type { Place } from "../../../source/file.js";
import { perKey } from "../../../source/memo.js";
import type { Request } from "./types.js";

/** The buffers into which nginx reads the line of a request and its header, line by line. */

interface Buffers {
  /** Bytes of the first buffer, which is the connection's. */
  readonly first: number;
  /** How many large ones there may be, and the bytes of each. */
  readonly count: number;
  readonly size: number;
  /** Where the large ones are set; `null`: they are the default. */
  readonly place: Place | null;
}

/** `null`: a size is unknown. */
const buffersOf = perKey((server: Node): Buffers | null => {
  const first = effectiveSize(server, "client_header_buffer_size");
  const large = effectiveBuffers(server, "large_client_header_buffers");
  if (first.kind === "unknown" || large.kind === "unknown") return null;
  const place = large.kind === "set" ? placeOf(large) : null;
  return { first: first.value, ...large.value, place };
});

/** The line that did not fit. */
export interface Overflow {
  /** 414 for the line of the request, 494 for a line of the header. */
  readonly status: 414 | 494;
  /** How many headers were read before. */
  readonly read: number;
  /** nginx had read the name of the host, so that the server of this name counts. */
  readonly named: boolean;
  readonly place: Place | null;
}

/**
 * The line that does not fit; `null`: all do, or nobody can tell. `first`: the server that counts until nginx
 * has read the name, `named`: the one after that. A line has to fit into what is left of the first buffer or
 * into a large one as a whole, and nginx takes a further large one for each line that does not fit behind
 * the lines before it.
 */
export function overflowOf(request: Request, first: Node, named: Node): Overflow | null {
  // HTTP/2 and HTTP/3 send no lines.
  if (!request.protocol.startsWith("HTTP/1.")) return null;
  const lines = linesOf(request);
  const [before, after] = [buffersOf(first), buffersOf(named)];
  if (before === null || after === null || sum(lines) <= before.first) return null;
  let hasName = false;
  let [size, used, taken] = [before.first, 0, 0];
  for (const [index, length] of lines.entries()) {
    const buffers = hasName ? after : before;
    while (length > size - used) {
      const part = size - used;
      if ((part > 0 && part >= buffers.size) || taken >= buffers.count)
        return {
          status: index === 0 ? 414 : 494,
          read: Math.max(0, index - 1),
          named: hasName,
          place: buffers.place,
        };
      taken += 1;
      [size, used] = [buffers.size, 0];
    }
    used += length;
    hasName ||= index === 0 ? isAbsolute(request) : isHost(request.headers[index - 1]);
  }
  return null;
}

/** Bytes of the line of the request and of each header, with what ends a line. */
function linesOf({ method, target, protocol, headers, bodyLength }: Request): readonly number[] {
  const length = bodyLength === null ? [] : [`Content-Length: ${bodyLength}`];
  const lines = [
    `${method} ${target} ${protocol}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...length,
    "",
  ];
  return lines.map((line) => Buffer.byteLength(line) + 2);
}

function sum(lines: readonly number[]): number {
  return lines.reduce((all, length) => all + length, 0);
}

function isAbsolute({ target }: Request): boolean {
  return !target.startsWith("/");
}

function isHost(header: Request["headers"][number] | undefined): boolean {
  return header?.[0].toLowerCase() === "host";
}
