import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { effectiveBuffers, effectiveSize, effectiveTime } from "../nginx/tree/effective.js";
import type { Node } from "../nginx/types.js";
import { mapEffective } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { position } from "../source/file.js";
import { once } from "../source/memo.js";
import {
  type GivesUp,
  inSeconds,
  type Limits,
  limitFacts,
  limitReader,
  sizeLimit,
  type TracedLimit,
  timeLimit,
} from "../trace/limits.js";
import type { At, FirstData, LimitData, LimitSet } from "./document.js";

/** The limits of all ways of a host; those that are alike are one. */
export class LimitBook {
  private readonly known = new Map<string, LimitSet>();
  private readonly read: ReturnType<typeof limitReader>;

  constructor(host: Host) {
    this.read = limitReader(host);
  }

  /** The `id` of the limits from a location to a pool; `null`: which pool is not known. */
  idOf(binding: Binding, pool: Pool | null): string {
    const { block } = binding;
    const server = binding.server ?? block;
    const limits = this.read({ block, server, binding }, [block], pool);
    const rest = restOf(block, server);
    const data = {
      limits: [...limits.limits, ...rest].map(limitData),
      waiting: firstData(limits.waiting),
      computing: firstData(limits.computing),
      open: limits.open,
    } satisfies Omit<LimitSet, "id">;
    return once(this.known, JSON.stringify(data), () => ({ id: `t${this.known.size + 1}`, ...data })).id;
  }

  get sets(): readonly LimitSet[] {
    return [...this.known.values()];
  }
}

/** Limits that end no request to PHP by themselves, so that a trace does not have them. */
function restOf(block: Node, server: Node): Limits["limits"] {
  return [
    timeLimit(
      {
        daemon: "nginx",
        setting: "client_header_timeout",
        what: "the time in which the header of the request has to come",
        beyond: "408",
      },
      inSeconds(effectiveTime(server, "client_header_timeout")),
    ),
    timeLimit(
      {
        daemon: "nginx",
        setting: "send_timeout",
        what: "the wait between two parts that the client takes",
        beyond: "a connection that is closed",
      },
      inSeconds(effectiveTime(block, "send_timeout")),
    ),
    sizeLimit(
      {
        daemon: "nginx",
        setting: "fastcgi_buffers",
        what: "the part of the answer that is kept in memory",
        beyond: "a temporary file",
      },
      mapEffective(effectiveBuffers(block, "fastcgi_buffers"), ({ count, size }) => count * size),
    ),
    sizeLimit(
      {
        daemon: "nginx",
        setting: "fastcgi_max_temp_file_size",
        what: "the part of the answer that is kept in a file",
        beyond: "a worker that waits for the client",
      },
      effectiveSize(block, "fastcgi_max_temp_file_size"),
    ),
  ];
}

export function at(place: Place | null): At {
  if (place === null) return { file: null, line: null, column: null };
  return { file: place.span.file.display, ...position(place.span.file, place.span.start) };
}

function limitData(limit: TracedLimit): LimitData {
  const { daemon, setting, value, ...others } = limitFacts(limit);
  return { daemon, setting, value, shown: limit.value, ...others, ...at(limit.place) };
}

function firstData(gives: GivesUp | null): FirstData | null {
  if (gives === null) return null;
  const { daemon, setting, beyond } = gives.limit;
  return { daemon, setting, after: gives.after, beyond };
}
