import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { commonGroups, ownGroups } from "./cgroups.js";

/** Processes that the kernel has killed for want of memory. */
export interface Kills {
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
  const told = filesOf(groups).flatMap((source) => countIn(fs, source));
  const [most] = (told.length > 0 ? told : countIn(fs, "/proc/vmstat")).toSorted((a, b) => b.count - a.count);
  return most === undefined || most.count === 0 ? null : most;
}

/**
 * The kills in the control groups that some processes are in themselves, of the group that has most; `null`: they are in
 * none, or the kernel does not tell. Of a group around these it would not be known whose processes were killed.
 */
export function killsIn(fs: HostFilesystem, pids: readonly number[]): Kills | null {
  const files = pids.flatMap((pid) => [
    ...filesOf(ownGroups(fs, String(pid), "memory")),
    // A container's own group is the root; that of a machine has no such file.
    ...(/^0::\/$/m.test(textOf(fs, `/proc/${pid}/cgroup`)) ? ["/sys/fs/cgroup/memory.events"] : []),
  ]);
  const [most] = files.flatMap((source) => countIn(fs, source)).toSorted((a, b) => b.count - a.count);
  return most ?? null;
}

function filesOf(groups: readonly string[]): readonly string[] {
  return groups.flatMap((group) => [
    `/sys/fs/cgroup${group}/memory.events`,
    `/sys/fs/cgroup/memory${group}/memory.oom_control`,
  ]);
}

/** Nothing where the file is missing, or does not say it: the first version does since Linux 4.13. */
function countIn(fs: HostFilesystem, source: string): readonly Kills[] {
  const count = /^oom_kill (\d+)$/m.exec(textOf(fs, source))?.[1];
  return count === undefined ? [] : [{ count: Number(count), source }];
}
