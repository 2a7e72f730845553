import type { HostFilesystem } from "../host/filesystem.js";

/** The memory that a host has. */
export interface HostMemory {
  readonly bytes: number;
  /** Who says so, for messages: `--ram`, `fpmlint.json`, `/proc/meminfo`. */
  readonly source: string;
}

/**
 * On the live host the smallest of what the machine has and what the limits of control groups leave;
 * `null` where the tree has neither.
 */
export function liveMemory(fs: HostFilesystem): HostMemory | null {
  const total = /^MemTotal:\s+(\d+) kB$/m.exec(textOf(fs, "/proc/meminfo"))?.[1];
  const limits = [
    { source: "/proc/meminfo", bytes: total === undefined ? Number.NaN : Number(total) * 1024 },
    ...["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].map((source) => ({
      source,
      bytes: Number(textOf(fs, source).trim() || Number.NaN),
    })),
  ].filter(({ bytes }) => bytes > 0 && Number.isSafeInteger(bytes));
  return limits.toSorted((a, b) => a.bytes - b.bytes)[0] ?? null;
}

function textOf(fs: HostFilesystem, path: string): string {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : "";
}
