import type { FpmMaster } from "../../fpm/types.js";
import type { ProcessFacts } from "../../live/facts.js";
import { poolWorkers } from "../../live/processes.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { isHeld, ourNginx, runningFpm } from "../seen.js";

export const stopped: Check = {
  id: "basics/stopped",
  title: "no process of the daemons is stopped",
  looksAt:
    "the state of masters and workers in `/proc/PID/status`, and how often each has been taken off a processor, twice with a second between",
  fires:
    "a signal (`SIGSTOP`, Ctrl+Z, `kill -STOP`) or a debugger has stopped a master or workers, and they were not continued within the second: who comes to such a worker waits, and a master starts, ends and reloads nothing",
  silent:
    "it was only for a moment, as with `strace`, PHP-FPM's slow log or `cpulimit`; a worker of nginx that is shutting down",
  cannotTell: "nobody looked twice",
  judge(look) {
    const { host, facts } = look;
    const nginx = ourNginx(facts);
    return [
      ...(nginx === null ? [] : nginxAnswers(nginx.master, nginx.workers)),
      ...host.masters.flatMap((master) => fpmAnswers(look, master)),
    ];
  },
};

function nginxAnswers(master: ProcessFacts, workers: readonly ProcessFacts[]): readonly Answer[] {
  return [
    ...masterAnswer("nginx", master, "it reloads nothing, and starts no worker for one that ended"),
    ...workersAnswer(
      "nginx",
      workers,
      "their connections wait, and new ones where no other worker takes them",
    ),
  ];
}

function fpmAnswers(look: Look, master: FpmMaster): readonly Answer[] {
  const running = runningFpm(look, master);
  if (running === null) return [];
  return [
    ...masterAnswer(
      "PHP-FPM",
      running.master,
      "it starts and ends no worker, keeps no time limit, and reloads nothing",
    ),
    ...master.pools.flatMap(({ name }) =>
      workersAnswer(
        `pool ${name}`,
        poolWorkers(running, name),
        "the requests that they have taken wait until nginx answers 504",
      ),
    ),
  ];
}

function masterAnswer(whose: string, master: ProcessFacts, effect: string): readonly Answer[] {
  const name = `${whose}'s master`;
  if (isHeld(master))
    return [
      wrong("warning", `${name} is stopped`, { evidence: [heldSaid(master), effect], fix: fixFor([master]) }),
    ];
  return [isUnsure(master) ? unknown(notTwice(name)) : fine(`${name} is not stopped`)];
}

function workersAnswer(whose: string, all: readonly ProcessFacts[], effect: string): readonly Answer[] {
  const held = all.filter(isHeld);
  if (all.length === 0) return [];
  if (held.length === 0)
    return [
      all.some(isUnsure)
        ? unknown(notTwice(`a worker of ${whose}`))
        : fine(`no worker of ${whose} is stopped`),
    ];
  const some = `${held.length} of the ${all.length} workers of ${whose} ${held.length === 1 ? "is" : "are"} stopped`;
  const every =
    all.length === 1
      ? `the worker of ${whose} is stopped`
      : `all ${all.length} workers of ${whose} are stopped`;
  const whole = held.length === all.length;
  return [
    wrong(whole ? "error" : "warning", whole ? every : some, {
      evidence: [...held.slice(0, MOST_NAMED).map(heldSaid), effect],
      fix: fixFor(held),
    }),
  ];
}

function isUnsure({ halt }: ProcessFacts): boolean {
  return halt !== null && halt.lasts === null;
}

function notTwice(name: string): string {
  return `${name} was stopped, and nobody looked twice`;
}

/** So many processes are named. */
const MOST_NAMED = 3;

function heldSaid({ pid, halt }: ProcessFacts): string {
  const { tracer = null } = halt ?? {};
  return tracer === null
    ? `a signal stopped process ${pid}, and it was not continued for a second and longer`
    : `process ${tracer} debugs process ${pid} and has it stopped for a second and longer`;
}

function fixFor(held: readonly ProcessFacts[]): string {
  const tracer = held.find(({ halt }) => halt?.tracer != null)?.halt?.tracer ?? null;
  if (tracer !== null) return `ps -fp ${tracer} shows the debugger; ended, it lets go of them`;
  return `kill -CONT ${held
    .map(({ pid }) => pid)
    .slice(0, MOST_SIGNALLED)
    .join(" ")}`;
}

const MOST_SIGNALLED = 20;
