import type { Verdict } from "./cause.js";
import { ASKED, type Event, isOf } from "./events.js";
import { at, byFinding, byItself, byOutside, type Known, unknown } from "./evidence.js";

/** Both logs have whole seconds. */
const NEAR = 2000;

/** What ends a connection, the plainest first. */
const ENDS: readonly (readonly [id: string, events: readonly string[]])[] = [
  ["terminated", ["terminated"]],
  ["oom-kill", ["child-killed", "oom", "unit-killed"]],
  ["system-call-filter", ["seccomp"]],
  ["worker-crash", ["child-crashed", "segfault", "abend", "core-dumped"]],
  ["script-exits", ["child-code"]],
  ["fpm-down", ["unit-died", "unit-timeout", "supervised-died"]],
  ["restarted", ["reloading", ...ASKED, "emergency"]],
  ["client-refused", ["client-refused", "allowed-invalid"]],
];

/** The connection was cut: what happened to a worker in the same second tells why. */
export function whyReset(known: Known): Verdict {
  const { group, events, pools, findings } = known;
  const found = ENDS.map(([id, kinds]) => {
    const all = events.of(kinds, pools).filter((one) => isOf("php", one));
    return { id, all, share: events.share(group.some, all, NEAR, NEAR) };
  });
  const best = found.reduce<(typeof found)[0] | null>(
    (most, one) => (one.share > (most?.share ?? 0) ? one : most),
    null,
  );
  if (best !== null && best.share * 2 >= group.some.length)
    return verdictOf(known, best.id, best.all, best.share);
  const steady = findings.find(({ rule }) => STEADY.has(rule));
  if (steady !== undefined) return byFinding(steady);
  if (best !== null && best.share > 0) return verdictOf(known, best.id, best.all, best.share);
  const [finding] = findings.filter(({ severity }) => severity === "error");
  if (finding !== undefined) return byFinding(finding);
  return unknown(
    group,
    events.anyOfFpm
      ? "catch_workers_output = yes in the pool: PHP-FPM's log has nothing of these times, and its workers speak only then"
      : "PHP-FPM's error_log: it was not among the logs, and says which worker ended and why",
  );
}

/** Findings that cut every connection, without an event. */
const STEADY: ReadonlySet<string> = new Set([
  "connect/allowed-clients",
  "connect/wrong-protocol",
  "buffer/header-too-small",
]);

/** What PHP gives its worker as exit status after `hard_timeout`. */
const HARD_TIMEOUT = "124";

function verdictOf(known: Known, id: string, all: readonly Event[], share: number): Verdict {
  const { group, events, findings } = known;
  const some = `${share} of ${group.some.length}`;
  const near = events.near(group.some, all, NEAR, NEAR);
  const [event] = near;
  const when = event === undefined ? "" : `, first ${at(event.time)}`;
  const endedBy = (what: string): Verdict =>
    byOutside(id, "event", true, [`${some} came when ${what} ended: ${event?.message.slice(0, 120) ?? ""}`]);
  switch (id) {
    case "terminated": {
      const finding = findings.find(
        ({ rule }) => rule.startsWith("timeout/terminate") || rule === "timeout/execution-limit-unreachable",
      );
      const said = `${some} came when PHP-FPM ended the worker after ${event?.parts.get("seconds") ?? "some"} seconds${when}`;
      return finding !== undefined
        ? byFinding(finding, [said])
        : {
            ...byItself(group, [said]),
            id: "terminated",
            title: "request_terminate_timeout ended the worker in the middle of the request",
          };
    }
    case "oom-kill": {
      const kernel = memoryRanOut(known);
      const finding = findings.find(({ rule }) => rule.startsWith("pool/memory"));
      const said = [
        `${some} came when a worker was killed by signal 9${when}`,
        ...(kernel ? ["the kernel's log says that memory ran out"] : []),
        ...(finding === undefined ? [] : [`${finding.rule}: ${finding.message}`]),
      ];
      return byOutside("oom-kill", "event", kernel, said);
    }
    case "fpm-down":
      return endedBy("PHP-FPM");
    case "restarted":
      return byOutside(id, "event", true, [
        `${some} came when PHP-FPM ${event?.id === "reloading" ? "reloaded" : event?.id === "emergency" ? "reloaded itself" : "ended"}${when}`,
        ...findings
          .filter(({ rule }) => rule === "timeout/reload-drops-requests")
          .map(({ message }) => message),
      ]);
    case "script-exits":
      return event?.parts.get("code") === HARD_TIMEOUT
        ? {
            ...byItself(group, [`${some} came when PHP ended the worker with code ${HARD_TIMEOUT}${when}`]),
            id: "execution-hard",
            title:
              "the script ran past max_execution_time and did not stop for hard_timeout, so PHP ended its worker",
          }
        : endedBy("a worker");
    case "client-refused": {
      const finding = findings.find(({ rule }) => rule === "connect/allowed-clients");
      const said = [`PHP-FPM refused the address ${event?.parts.get("address") ?? "of nginx"}${when}`];
      return finding !== undefined
        ? byFinding(finding, said)
        : {
            ...byItself(group, said),
            id,
            title: "listen.allowed_clients does not have the address that nginx comes from",
          };
    }
    default:
      return endedBy("a worker");
  }
}

/** Whether the kernel or systemd says so, at the times of the lines. */
function memoryRanOut({ events, group }: Known): boolean {
  const all = events.of(["oom", "unit-killed"]).filter((one) => isOf("php", one));
  return events.share(group.some, all, 5000, 5000) > 0;
}
