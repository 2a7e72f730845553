import type { FpmMaster } from "../../fpm/types.js";
import type { ContainerFacts, HostSpec, MachineSpec } from "../../host/spec.js";
import { grouped } from "../../source/collect.js";
import type { HostMemory, MemorySize } from "./memory.js";

/** What limits the memory of the containers that PHP-FPM runs in. */

export interface MemoryOptions {
  /** Bytes that are not for PHP-FPM, and the part of the rest that stays free; absent: nobody said. */
  readonly reserve?: number | null;
  readonly headroom?: number | null;
}

export function memoryOf(size: MemorySize | null, { reserve, headroom }: MemoryOptions): HostMemory | null {
  return size === null ? null : { ...size, reserve: reserve ?? null, headroom: headroom ?? null };
}

/** The containers that PHP-FPM runs in, each with its masters; `null` for a machine that nothing describes. */
export type Limits = ReadonlyMap<ContainerFacts | null, readonly FpmMaster[]>;

export function containerLimits(
  { container }: HostSpec,
  own: readonly FpmMaster[],
  machines: ReadonlyMap<FpmMaster, MachineSpec>,
): Limits {
  return grouped([
    ...own.map((master): readonly [ContainerFacts | null, FpmMaster] => [container ?? null, master]),
    ...[...machines].map(([master, { facts }]): readonly [ContainerFacts | null, FpmMaster] => [
      facts,
      master,
    ]),
  ]);
}

/** The limit of the one container that PHP-FPM runs in: each of several has a limit of its own. */
export function onlyLimit(limits: Limits): MemorySize | null {
  const [only] = limits.size === 1 ? [...limits.keys()] : [];
  return only == null ? null : limitOf(only);
}

export function ownMemories(limits: Limits, options: MemoryOptions): ReadonlyMap<FpmMaster, HostMemory> {
  const found = [...limits].flatMap(([facts, masters]) => {
    const memory = facts === null ? null : memoryOf(limitOf(facts), options);
    return memory === null ? [] : masters.map((master) => [master, memory] as const);
  });
  return limits.size > 1 ? new Map(found) : new Map();
}

function limitOf({ memory, onlyFpm, label }: ContainerFacts): MemorySize | null {
  return memory === null ? null : { ...memory, owner: label, ...(onlyFpm ? { alone: true } : {}) };
}
