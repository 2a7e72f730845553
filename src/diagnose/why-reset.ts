import type { Verdict } from "./cause.js";
import type { Event } from "./events.js";
import { at, byFinding, byItself, byOutside, type Known, unknown } from "./evidence.js";

/** Both logs have whole seconds. */
const NEAR = 2000;

/** What ends a connection, the plainest first. */
const ENDS: readonly (readonly [id: string, events: readonly string[]])[] = [
  ["terminated", ["terminated"]],
  ["oom-kill", ["child-killed"]],
  ["worker-crash", ["child-crashed"]],
  ["script-exits", ["child-code"]],
  ["restarted", ["reloading", "stopping", "emergency"]],
  ["client-refused", ["client-refused", "allowed-invalid"]],
];

/** The connection was cut: what happened to a worker in the same second tells why. */
export function whyReset(known: Known): Verdict {
  const { group, events, pools, findings } = known;
  const found = ENDS.map(([id, kinds]) => {
    const all = events.of(kinds, pools);
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
  const endedWorker = (): Verdict =>
    byOutside(id, "event", true, [`${some} came when a worker ended: ${event?.message.slice(0, 120) ?? ""}`]);
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
      const kernel = events.near(group.some, events.of(["oom", "unit-killed"]), 5000, 5000);
      const finding = findings.find(({ rule }) => rule.startsWith("pool/memory"));
      const said = [
        `${some} came when a worker was killed by signal 9${when}`,
        ...(kernel.length > 0 ? ["the kernel's log says that memory ran out"] : []),
        ...(finding === undefined ? [] : [`${finding.rule}: ${finding.message}`]),
      ];
      return byOutside("oom-kill", "event", kernel.length > 0, said);
    }
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
        : endedWorker();
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
      return endedWorker();
  }
}
