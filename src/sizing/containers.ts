import { memoryParts } from "../evidence/pool-memory.js";
import type { Host } from "../model/host.js";

/** The containers of a host of which each has memory of its own. */
export interface ByContainer<T> {
  /** The host itself where it is one machine, else a part of it for each container with a limit. */
  readonly parts: readonly T[];
  /** Sentences about containers without a limit, whose pools are in no part. */
  readonly lost: readonly string[];
}

/** Parts a host into those of its containers whose pools can be sized, each with the pools that run in it. */
export function byContainer<T extends { readonly host: Host }>(read: T): ByContainer<T> {
  const all = memoryParts(read.host);
  const known = all.filter(({ memory }) => memory !== null);
  if (known.length === 0) return { parts: [read], lost: [] };
  const lost = all
    .filter((part) => !known.includes(part))
    .map(
      ({ name, pools }) =>
        `${name}: no limit of its memory is written, so ${pools.length === 1 ? "its pool is" : `its ${pools.length} pools are`} not sized: add one, or --ram for all containers together`,
    );
  return { parts: known.map((host) => ({ ...read, host })), lost };
}
