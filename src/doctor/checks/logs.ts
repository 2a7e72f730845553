import type { ProcessFacts } from "../../live/facts.js";
import { beforeRotation, namedLogs } from "../../live/named-logs.js";
import { DELETED } from "../../live/processes.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { daemonsOf } from "../seen.js";

export const logs: Check = {
  id: "requests/logs",
  title: "the daemons write to the logs that the files name",
  looksAt: "the open files of masters and workers in `/proc/PID/fd`",
  fires: "a daemon still has a log open that was removed, or renamed by a rotation, and not the new one",
  silent: "the log is only opened when there is something to write, as PHP's own `error_log`",
  cannotTell: "the reader is not root, and the processes are another user's",
  judge({ host, facts }) {
    return daemonsOf(facts).flatMap(({ name, master, processes }): readonly Answer[] => {
      const told = processes.filter(({ open }) => open !== null);
      if (told.length === 0) return [unknown(`only root may see which logs ${name} has open`)];
      const moved = movedFiles(told);
      const lost = namedLogs(host).flatMap(({ path }) => {
        const found = moved.get(path);
        return found === undefined ? [] : [{ path, ...found }];
      });
      if (lost.length === 0) return [fine(`${name} has its logs open`)];
      const reopen = name === "nginx" ? "nginx -s reopen" : `kill -USR1 ${master.pid}`;
      return lost.map(({ path, open, pid }) =>
        wrong("warning", `${name} writes to another file than ${path}`, {
          evidence: [`process ${pid} has ${open} open`],
          fix: `${reopen}; the rotation of the logs has to do that each time`,
        }),
      );
    });
  },
};

/** Files that were moved or removed since a process opened them and that it has not opened anew, by their paths before. */
function movedFiles(
  processes: readonly ProcessFacts[],
): ReadonlyMap<string, { readonly open: string; readonly pid: number }> {
  const found = new Map<string, { readonly open: string; readonly pid: number }>();
  for (const { pid, open } of processes) {
    const own = new Set(open);
    for (const one of own) {
      const removed = one.endsWith(DELETED) ? one.slice(0, -DELETED.length) : null;
      // What was rotated may be packed, and then the file itself is removed.
      for (const path of [removed, beforeRotation(removed ?? one)])
        if (path !== null && !own.has(path) && !found.has(path)) found.set(path, { open: one, pid });
    }
  }
  return found;
}
