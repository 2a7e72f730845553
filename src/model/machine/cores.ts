import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { commonGroups } from "./cgroups.js";

/** The processors for PHP-FPM, and where that was read. */
export interface Cores {
  /** Above 0; may be a fraction because of a quota: 1.5. */
  readonly count: number;
  /** For messages: the file where it was read. */
  readonly source: string;
}

/**
 * The smallest of what the machine has and what control groups allow all masters together; `null`: the
 * tree tells neither.
 */
export function onlineCores(fs: HostFilesystem, masters: readonly FpmMaster[]): Cores | null {
  const found = [machine(fs), ...quotas(fs, masters), ...sets(fs, masters)];
  const limits = found.filter(({ count }) => Number.isFinite(count) && count > 0);
  return limits.toSorted((a, b) => a.count - b.count)[0] ?? null;
}

const CPUINFO = "/proc/cpuinfo";
const ONLINE = "/sys/devices/system/cpu/online";

function machine(fs: HostFilesystem): Cores {
  const lines = textOf(fs, CPUINFO).match(/^processor(?:[ \t]*\d+)?[ \t]*:/gm) ?? [];
  return lines.length > 0 ? { source: CPUINFO, count: lines.length } : listed(fs, ONLINE);
}

/** The processor time that the groups may use, in processors: both versions give a part of a period, in microseconds. */
function quotas(fs: HostFilesystem, masters: readonly FpmMaster[]): readonly Cores[] {
  return commonGroups(fs, masters, "cpu").flatMap((group) => {
    const second = `/sys/fs/cgroup${group}/cpu.max`;
    const [quota, period] = textOf(fs, second).trim().split(" ");
    const old = ["cpu", "cpu,cpuacct"].map((name) => {
      const source = `/sys/fs/cgroup/${name}${group}/cpu.cfs_quota_us`;
      const length = textOf(fs, `/sys/fs/cgroup/${name}${group}/cpu.cfs_period_us`);
      return { source, count: part(textOf(fs, source), length) };
    });
    return [{ source: second, count: part(quota ?? "", period ?? "") }, ...old];
  });
}

/** `max`, and -1 in the first version, mean no quota: NaN. */
function part(quota: string, period: string): number {
  const [time, whole] = [quota.trim(), period.trim()];
  return /^\d+$/.test(time) && /^\d+$/.test(whole) ? Number(time) / Number(whole) : Number.NaN;
}

/** The number of processors that the groups may run on at all. */
function sets(fs: HostFilesystem, masters: readonly FpmMaster[]): readonly Cores[] {
  return commonGroups(fs, masters, "cpuset").flatMap((group) => [
    listed(fs, `/sys/fs/cgroup${group}/cpuset.cpus.effective`),
    listed(fs, `/sys/fs/cgroup/cpuset${group}/cpuset.effective_cpus`),
  ]);
}

/** How many processors a list such as `0-3,6` names. */
function listed(fs: HostFilesystem, source: string): Cores {
  const text = textOf(fs, source).trim();
  const counts = text.split(",").map((range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    return first === undefined ? Number.NaN : Number(last) - Number(first) + 1;
  });
  return { source, count: counts.reduce((sum, count) => sum + count, 0) };
}
