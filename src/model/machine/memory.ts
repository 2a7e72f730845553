import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { nameOf } from "../../host/path.js";
import { textOf } from "../../host/text.js";
import type { Place } from "../../source/file.js";
import { wordMap } from "../../source/word-map.js";
import { commonGroups } from "./cgroups.js";
import { fpmUnits, serviceSetting } from "./systemd.js";

/** An amount of memory in bytes, and where it was read or stated. */
export interface MemorySize {
  readonly bytes: number;
  /** For messages: `--ram`, `fpmlint.json`, `/proc/meminfo`. */
  readonly source: string;
  /** The line that sets it; `null`: no line of the host's files does. */
  readonly place: Place | null;
  /** Nothing but PHP-FPM takes of it, as in a container of its own. Absent: other programs may. */
  readonly alone?: true;
  /** The container whose limit it is: `service php`. Absent: it is the memory of the host. */
  readonly owner?: string;
}

/** The memory that a host has, and the part of it that is not for PHP-FPM. */
export interface HostMemory extends MemorySize {
  /** The bytes that somebody stated for everything else; `null`: nobody did. */
  readonly reserve: number | null;
  /** The part of the rest that should stay free, from 0 to below 1; `null`: nobody said. */
  readonly headroom: number | null;
}

/**
 * The memory of a live host: the smallest of what the machine has and what limits allow PHP-FPM. `null`:
 * the tree tells neither. A limit counts if it applies to all masters together.
 */
export function liveMemory(fs: HostFilesystem, masters: readonly FpmMaster[]): MemorySize | null {
  const total = /^MemTotal:\s+(\d+) kB$/m.exec(textOf(fs, "/proc/meminfo"))?.[1];
  // Whole MiB, so that the sums can be checked as they are written.
  const ram = total === undefined ? Number.NaN : Math.floor(Number(total) / 1024) * 1024 * 1024;
  const [only] = masters.length === 1 ? masters : [];
  const sizes = [
    { source: "/proc/meminfo", bytes: ram, place: null },
    ...commonGroups(fs, masters, "memory")
      .flatMap((group) => limitFiles(group))
      .map((path) => sizeIn(fs, path)),
    ...(only === undefined ? [] : [unitLimit(fs, only, ram)]),
  ].filter(({ bytes }) => bytes > 0 && Number.isSafeInteger(bytes));
  return sizes.toSorted((a, b) => a.bytes - b.bytes)[0] ?? null;
}

/** The files in which both versions of control groups say how much memory a group may have. */
function limitFiles(group: string): readonly string[] {
  return [`/sys/fs/cgroup${group}/memory.max`, `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`];
}

function sizeIn(fs: HostFilesystem, path: string): MemorySize {
  // `max`, and the huge number that the first version has instead, are not safe integers.
  return { source: path, bytes: Number(textOf(fs, path).trim() || Number.NaN), place: null };
}

/** The memory that systemd allows the service of a master. */
function unitLimit(fs: HostFilesystem, master: FpmMaster, ram: number): MemorySize {
  const units = fpmUnits(master);
  const limit = serviceSetting({ fs }, units, "MemoryMax") ?? serviceSetting({ fs }, units, "MemoryLimit");
  const file = limit?.place.span.file.path ?? "";
  return {
    source: limit === null ? "" : `${limit.key} in ${nameOf(file)}`,
    bytes: limit === null ? Number.NaN : unitBytes(limit.value, ram),
    place: limit?.place ?? null,
  };
}

const FACTORS: ReadonlyMap<string, number> = wordMap({ K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 });

/** A size as systemd reads it: units are binary, a percentage is of the machine's memory. */
function unitBytes(text: string, ram: number): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([BKMGT%]?)$/.exec(text) ?? [];
  if (number === undefined) return Number.NaN;
  return Math.floor(unit === "%" ? (ram * Number(number)) / 100 : Number(number) * (FACTORS.get(unit) ?? 1));
}
