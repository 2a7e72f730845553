import { type Answer, type Check, fine, unknown, wrong } from "../check.js";

export const killed: Check = {
  id: "resources/killed",
  title: "the kernel has killed no worker for want of memory",
  looksAt:
    "`memory.events` of the control group of PHP-FPM, and the kernel's lines of the last day about nginx and PHP-FPM",
  fires: "the group counts a kill, or a line says that nginx or PHP-FPM was killed, or crashed",
  silent: "only the machine's own count is there, which does not say whose processes were killed",
  cannotTell: "PHP-FPM has no control group of its own, and the kernel's lines were not read",
  judge({ facts }) {
    const { kills } = facts.memory;
    const lines = facts.kernelLines;
    if (kills === null && lines === null)
      return [unknown("PHP-FPM has no control group of its own here, and the kernel's lines were not read")];
    const found: Answer[] = [];
    if (kills !== null && kills.count > 0)
      found.push(
        wrong(
          "warning",
          `the kernel has killed ${kills.count === 1 ? "a process" : `${kills.count} processes`} of PHP-FPM's group for want of memory`,
          {
            evidence: [`oom_kill in ${kills.source} is ${kills.count}, since the service started`],
            fix: "fpmlint capacity says how many workers fit into the memory",
          },
        ),
      );
    if (lines !== null && lines.length > 0)
      found.push(
        wrong("warning", `the kernel speaks of nginx or PHP-FPM in ${lines.length} lines of the last day`, {
          evidence: lines.slice(-3),
          fix: "fpmlint explain 'LINE' says what a line means",
        }),
      );
    return found.length > 0 ? found : [fine("no kill is known")];
  },
};
