import { showTime } from "../logs/time.js";
import type { Verdict } from "./cause.js";
import { DIED, type Event, isAfter, lastUntil, REFUSALS, STARTS, STOPS } from "./events.js";
import { at, byFinding, byItself, byOutside, type Known } from "./evidence.js";
import { reasonOf } from "./refusals.js";

/** A stop that is shorter is a restart. */
const RESTART = 60_000;

/** Characters of a line that are shown. */
const LONGEST = 160;

/** `connect() … failed (2: …)`: PHP-FPM removes its socket when it ends, so a file that is gone without that was removed. */
export function whySocketMissing(known: Known): Verdict {
  const { findings, events } = known;
  const down = isDown(known);
  if (down !== null) return down;
  const [finding] = findings;
  if (finding !== undefined) return byFinding(finding);
  const nobody = noPool(known);
  if (nobody !== null) return nobody;
  if (events.anyOfFpm && events.of(["started", "inherited"]).length > 0)
    return byOutside("socket-removed", "outside", true, ["PHP-FPM's log has no stop before"]);
  return byOutside(
    "fpm-down",
    "outside",
    false,
    [],
    "PHP-FPM's error_log, so that its stops and starts are seen",
  );
}

/** `connect() … failed (111: …)`: nothing listens, and where a socket's file is left nothing removed it. */
export function whyNoListener(known: Known): Verdict {
  const { findings, events } = known;
  const down = isDown(known);
  const [finding] = findings.filter(({ certain, severity }) => certain || severity === "error");
  if (finding !== undefined && (down === null || finding.rule === "connect/listen-mismatch"))
    return byFinding(finding);
  if (down !== null) return down;
  const nobody = noPool(known);
  if (nobody !== null) return nobody;
  const left = known.group.signature.id === "socket-refused" && events.anyOfFpm;
  return byOutside(
    "fpm-down",
    "outside",
    true,
    left ? ["PHP-FPM's log has no stop: it was killed, or its host was"] : [],
  );
}

/** What PHP-FPM's log says of the time: that it was stopped, that it refused to start; `null`: nothing. */
function isDown({ group, events }: Known): Verdict | null {
  const first = group.times.first ?? 0;
  const last = group.times.last ?? Number.POSITIVE_INFINITY;
  const stop = lastUntil(events.of(STOPS), first + 1000);
  const refusals = events.of(REFUSALS);
  const refused = lastUntil(refusals, last);
  const starts = events.of(STARTS);
  if (refused !== null && !starts.some((one) => isAfter(one, refused) && (one.time ?? 0) <= first)) {
    const reason = reasonOf(
      refusals.filter((one) => one.time === null || one.time <= last),
      refused,
    );
    const said = `PHP-FPM refused to start ${at(reason.time)}: ${reason.message.slice(0, LONGEST)}`;
    return byOutside("fpm-down", "event", true, [said]);
  }
  if (stop === null) return null;
  const again = starts.find((one) => isAfter(one, stop));
  if (again !== undefined && (again.time ?? 0) < first) return null;
  const said = stop.by === "php-fpm" ? "" : ` (${stop.by}: ${stop.message.slice(0, LONGEST)})`;
  const stopped = `PHP-FPM ended ${at(stop.time)}${said}`;
  if (again?.time == null)
    return byOutside("fpm-down", "event", true, [`${stopped}, and its log has no start since`]);
  const short = !isDeath(stop) && again.time - (stop.time ?? again.time) <= RESTART;
  return byOutside(short ? "restarted" : "fpm-down", "event", true, [
    `${stopped} and was back at ${showTime(again.time)}`,
  ]);
}

function isDeath({ id }: Event): boolean {
  return DIED.some((one) => one === id);
}

/** That no pool of the files listens on a socket; `null`: one does, or not all pools are known. A location that is not PHP's has no finding. */
function noPool({ group, joined }: Known): Verdict | null {
  const { host, targets = [], pools = [] } = joined ?? {};
  const isKnown =
    host?.whole === true || host?.masters.some(({ partial, main }) => !partial && main !== null) === true;
  if (
    !isKnown ||
    pools.length > 0 ||
    host?.pools.length === 0 ||
    !targets.some(({ address }) => address.kind === "unix")
  )
    return null;
  return {
    ...byItself(group),
    id: "connect/listen-mismatch",
    title: "no pool of the configuration listens on that socket",
  };
}
