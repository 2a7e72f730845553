import { globalSetting } from "../fpm/pools.js";
import type { FpmMaster } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { nameOf } from "../host/path.js";
import { known } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { fpmUnits, serviceSetting } from "./units.js";

/** Memory in bytes, and who says so. */
export interface MemorySize {
  readonly bytes: number;
  /** For messages: `--ram`, `fpmlint.json`, `/proc/meminfo`. */
  readonly source: string;
  /** The line that sets it, where one of the host's files does. */
  readonly place: Place | null;
}

/** The memory that a host has, and what of it is not for PHP-FPM. */
export interface HostMemory extends MemorySize {
  /** Bytes for everything else, as somebody stated; 0 when nobody did. */
  readonly reserve: number;
  /** The part of the rest that is to stay free, from 0 to below 1; 0 when nobody said. */
  readonly headroom: number;
}

/**
 * On the live host the smallest of what the machine has and what limits leave to PHP-FPM; `null`
 * where the tree tells neither. A limit counts when it is one for all masters together.
 */
export function liveMemory(fs: HostFilesystem, masters: readonly FpmMaster[]): MemorySize | null {
  const total = /^MemTotal:\s+(\d+) kB$/m.exec(textOf(fs, "/proc/meminfo"))?.[1];
  const ram = total === undefined ? Number.NaN : Number(total) * 1024;
  const [only] = masters.length === 1 ? masters : [];
  const sizes = [
    { source: "/proc/meminfo", bytes: ram, place: null },
    ...commonGroups(fs, masters).flatMap((path) => [sizeIn(fs, path)]),
    ...(only === undefined ? [] : [unitLimit(fs, only, ram)]),
  ].filter(({ bytes }) => bytes > 0 && Number.isSafeInteger(bytes));
  return sizes.toSorted((a, b) => a.bytes - b.bytes)[0] ?? null;
}

function sizeIn(fs: HostFilesystem, path: string): MemorySize {
  // `max`, and the number that the first version has for it, are no whole numbers.
  return { source: path, bytes: Number(textOf(fs, path).trim() || Number.NaN), place: null };
}

/** The files with the limits of the control groups that all masters are in; in a container that is the root. */
function commonGroups(fs: HostFilesystem, masters: readonly FpmMaster[]): readonly string[] {
  const [first = [""], ...rest] = masters.map((master) => groupsOf(fs, master));
  return first
    .filter((group) => rest.every((groups) => groups.includes(group)))
    .flatMap((group) => [
      `/sys/fs/cgroup${group}/memory.max`,
      `/sys/fs/cgroup/memory${group}/memory.limit_in_bytes`,
    ]);
}

/** The control group of a running master and those around it. */
function groupsOf(fs: HostFilesystem, master: FpmMaster): readonly string[] {
  const pid = textOf(fs, known(globalSetting(master, "pid")) ?? "").trim();
  // The file may be left over, and its number somebody else's.
  const runs = /^\d+$/.test(pid) && textOf(fs, `/proc/${pid}/comm`).startsWith("php-fpm");
  const lines = runs ? textOf(fs, `/proc/${pid}/cgroup`).split("\n") : [];
  const paths = lines.flatMap((line) => /^\d+:(?:|(?:.*,)?memory(?:,.*)?):(\/.+)$/.exec(line)?.[1] ?? []);
  const around = paths.flatMap((path) => {
    const parts = path.split("/").slice(1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  });
  return ["", ...new Set(around)];
}

/** What systemd leaves to the service of a master. */
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

const FACTORS: Readonly<Record<string, number>> = { K: 1024, M: 1024 ** 2, G: 1024 ** 3, T: 1024 ** 4 };

/** A size as systemd reads it: units are binary, a percentage is of the machine's memory. */
function unitBytes(text: string, ram: number): number {
  const [, number, unit = ""] = /^(\d+(?:\.\d+)?)\s*([BKMGT%]?)$/.exec(text) ?? [];
  if (number === undefined) return Number.NaN;
  return Math.floor(unit === "%" ? (ram * Number(number)) / 100 : Number(number) * (FACTORS[unit] ?? 1));
}

function textOf(fs: HostFilesystem, path: string): string {
  if (!path.startsWith("/")) return "";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : "";
}
