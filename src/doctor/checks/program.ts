import type { ProcessFacts } from "../../live/facts.js";
import { type Answer, type Check, fine, unknown, wrong } from "../check.js";
import { ourNginx, runningFpm, serviceName } from "../seen.js";

export const program: Check = {
  id: "basics/program",
  title: "the daemons run the programs that are on the disk",
  looksAt: "`/proc/PID/exe` and `/proc/PID/maps` of the masters",
  fires: "the program of a master, or a library that it uses, was removed or replaced, as an upgrade does",
  silent: "neither daemon runs",
  cannotTell: "the reader is not root, and the master is another user's",
  judge(look) {
    const nginx = ourNginx(look.facts);
    const found: [string, string, ProcessFacts][] = nginx === null ? [] : [["nginx", "nginx", nginx.master]];
    for (const master of look.host.masters) {
      const running = runningFpm(look, master);
      if (running !== null) found.push(["PHP-FPM", serviceName(master), running.master]);
    }
    return found.map(([name, service, process]) => answerFor(name, service, process));
  },
};

function answerFor(name: string, service: string, { pid, replaced, libraries }: ProcessFacts): Answer {
  const fix = `systemctl restart ${service}: a reload keeps parts of the old program`;
  if (replaced === true)
    return wrong("warning", `${name} runs a program that was removed or replaced`, {
      evidence: [`/proc/${pid}/exe leads to a file that was removed or replaced`],
      fix,
    });
  if (libraries !== null && libraries.length > 0)
    return wrong("warning", `${name} uses libraries that were removed or replaced`, {
      evidence: libraries.slice(0, 5).map((path) => `${path} was removed or replaced`),
      fix,
    });
  return replaced === null
    ? unknown(`only root may see which program ${name} runs`)
    : fine(`${name} runs the program on the disk`);
}
