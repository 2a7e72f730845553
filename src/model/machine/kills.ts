import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { commonGroups } from "./cgroups.js";

/** Processes that the kernel has killed for want of memory. */
export interface Kills {
  /** At least 1. */
  readonly count: number;
  /** For messages: the file where it was read. */
  readonly source: string;
}

/**
 * The kills in the control groups of all masters, since these were made, or on the machine since it
 * started where the masters have no group of their own; `null`: none, or the kernel does not tell.
 */
export function oomKills(fs: HostFilesystem, masters: readonly FpmMaster[]): Kills | null {
  const groups = commonGroups(fs, masters, "memory").filter((group) => group !== "");
  const files = groups.flatMap((group) => [
    `/sys/fs/cgroup${group}/memory.events`,
    `/sys/fs/cgroup/memory${group}/memory.oom_control`,
  ]);
  const told = files.flatMap((source) => countIn(fs, source));
  const [most] = (told.length > 0 ? told : countIn(fs, "/proc/vmstat")).toSorted((a, b) => b.count - a.count);
  return most === undefined || most.count === 0 ? null : most;
}

/** Nothing where the file is missing, or does not say it: the first version does since Linux 4.13. */
function countIn(fs: HostFilesystem, source: string): readonly Kills[] {
  const count = /^oom_kill (\d+)$/m.exec(textOf(fs, source))?.[1];
  return count === undefined ? [] : [{ count: Number(count), source }];
}
