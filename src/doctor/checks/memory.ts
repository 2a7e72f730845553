import { type Check, fine, unknown, wrong } from "../check.js";
import { size } from "../seen.js";

/** Parts of the memory below which the machine is short of it, and percent of a minute in which all wait. */
const SHORT = 0.05;
const WAITING = 10;

export const memory: Check = {
  id: "resources/memory",
  title: "there is memory left",
  looksAt: "`MemAvailable` of `/proc/meminfo`, and the last minute in `/proc/pressure/memory`",
  fires: "less than 5 % is available, or all processes waited for memory 10 % of the last minute",
  silent: "memory is only used by caches, which the kernel gives back",
  cannotTell: "no `/proc/meminfo`; in a container the numbers are the machine's",
  judge({ facts }) {
    const { total, available, allWait, someWaits, others } = facts.memory;
    if (total === null || available === null) return [unknown("no /proc/meminfo tells how much is left")];
    const evidence = [
      `${size(available)} of ${size(total)} are available`,
      ...(someWaits === null
        ? []
        : [`processes waited for memory ${someWaits} % of the last minute, all of them ${allWait ?? 0} %`]),
      ...others.map(({ name, pid, resident }) => `${name} ${pid} has ${size(resident)}`),
    ];
    const fix = "fpmlint capacity says how many workers fit; ps aux --sort=-rss | head shows the largest";
    if (available < total * SHORT)
      return [wrong("warning", "the machine is short of memory", { evidence, fix })];
    if ((allWait ?? 0) >= WAITING) return [wrong("warning", "processes wait for memory", { evidence, fix })];
    return [fine(`${size(available)} of ${size(total)} are available`)];
  },
};
