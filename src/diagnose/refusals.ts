/** What daemons refused: to start, to begin as a worker, connections; where no cause of lost requests says so. */
import { signatureTable } from "../causes/signatures/index.js";
import type { Cause } from "./cause.js";
import { type Event, type Events, isAfter, REFUSALS } from "./events.js";
import { at } from "./evidence.js";
import type { Notice } from "./notices.js";
import { READS_FILES } from "./reads.js";
import { COULD_NOT_START } from "./why-slow.js";

/** What nginx says of files with which it neither starts nor reloads. */
const OF_NGINX = signatureTable.signatures.flatMap(({ by, id, phase }) =>
  by === "nginx" && phase === "start" ? [id] : [],
);

/** What comes last, and of which the lines before tell the reason. */
const ENDS: ReadonlySet<string> = new Set([
  "init-failed",
  "start-failed",
  "unit-failed",
  "unit-limited",
  "supervised-refused",
]);
/** Lines of one refusal come in so many milliseconds. */
const NEAR = 10_000;

/** Characters of a line that are shown. */
const LONGEST = 160;

/** What was refused after the daemon read its files last: a refusal that was mended is none. */
export function refusalsOf(events: Events, causes: readonly Cause[]): readonly Notice[] {
  const nginx = events.of(OF_NGINX).filter(({ level }) => level === "emerg");
  const workers = events
    .of(["child-start", "child-code"])
    .filter(({ id, parts }) => id === "child-start" || parts.get("code") === COULD_NOT_START);
  const isSaid = (id: string): boolean => causes.some((cause) => cause.id === id);
  return [
    ...noticeOf(nginx, events.of(["nginx-reloading", ...READS_FILES.nginx]), causes, {
      id: "nginx-refused",
      said: "nginx refused to start, or to take its files",
      evidence: ["where it was running, it goes on with the files that it had"],
      next: "nginx -t says whether it still does; fpmlint shows the line",
    }),
    ...noticeOf(events.of(REFUSALS), events.of(READS_FILES["php-fpm"]), causes, {
      id: "fpm-refused",
      said: "PHP-FPM refused to start",
      evidence: ["until it starts nobody answers, and nginx says 502"],
      next: "php-fpm -t says whether it still does; fpmlint shows the line",
    }),
    ...noticeOf(isSaid("child-start") ? [] : workers, events.of(READS_FILES["php-fpm"]), causes, {
      id: "workers-refused",
      said: "workers of PHP-FPM ended as soon as they were started",
      evidence: [
        `a worker ends so, with code ${COULD_NOT_START}, where it may not become what its pool says: then nobody answers, and requests wait until nginx gives up; or where memory_limit is too small for a request to begin`,
      ],
      next: "look at user, group, chroot, chdir and memory_limit of the pool; catch_workers_output = yes has the worker say which it was",
    }),
    ...noticeOf(isSaid("nginx-out-of-files") ? [] : events.of(["connections-reused"]), [], causes, {
      id: "connections-full",
      said: "nginx had no connection left",
      evidence: [
        "it closed connections on which no request had come yet: who had just begun one got no answer, and no log has it",
      ],
      next: "raise worker_connections, and worker_rlimit_nofile with it",
    }),
  ];
}

function noticeOf(
  refused: readonly Event[],
  starts: readonly Event[],
  causes: readonly Cause[],
  { said, ...rest }: Pick<Notice, "id" | "said" | "evidence" | "next">,
): readonly Notice[] {
  const open = refused.filter((event) => !starts.some((start) => isAfter(start, event)));
  const last = open.at(-1);
  if (last === undefined) return [];
  const { message, pool, time } = reasonOf(open, last);
  const shown = message.slice(0, LONGEST);
  if (causes.some(({ evidence }) => evidence.some((one) => one.includes(shown)))) return [];
  return [
    { ...rest, pool: pool === "" ? null : pool, said: `${said}, last ${at(time)}: ${shown}`, place: null },
  ];
}

/** Of some refusals the one that says why, of the last of them. */
export function reasonOf(refused: readonly Event[], last: Event): Event {
  const near = refused.filter(({ time }) => time === null || last.time === null || time >= last.time - NEAR);
  return near.find(({ id }) => !ENDS.has(id)) ?? last;
}
