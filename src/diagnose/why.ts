/** Why the lines of one group were written: see docs/502.md for the order of what is believed. */
import { outsideCause } from "../causes/outside-causes.js";
import { unique } from "../source/collect.js";
import type { Verdict } from "./cause.js";
import { isOf } from "./events.js";
import { byFinding, byItself, byOutside, type Known, unknown } from "./evidence.js";
import { whyNoListener, whySocketMissing } from "./why-down.js";
import { whyReset } from "./why-reset.js";
import { whyConnectTimeout, whyQueueFull, whyTimeout } from "./why-slow.js";
import { whyStale, withChange } from "./why-stale.js";

type Why = (known: Known) => Verdict;

const SPECIAL: ReadonlyMap<string, Why> = new Map<string, Why>([
  ["socket-missing", whySocketMissing],
  ["socket-refused", whyNoListener],
  ["port-refused", whyNoListener],
  ["reset", whyReset],
  ["reset-body", whyReset],
  ["reset-sending", whyReset],
  ["closed-early", whyReset],
  ["closed-early-body", whyReset],
  ["read-timeout", whyTimeout],
  ["read-timeout-body", whyTimeout],
  ["send-timeout", whyTimeout],
  ["queue-full", whyQueueFull],
  ["connect-timeout", whyConnectTimeout],
]);

/** The verdict on a group. */
export function whyOf(known: Known): Verdict {
  return whyStale(known) ?? withChange(known, whyNow(known));
}

/** The same, as the files are now. */
function whyNow(known: Known): Verdict {
  const { group, findings } = known;
  const special = SPECIAL.get(group.signature.id);
  if (special !== undefined && group.signature.isProxied !== true) return special(known);
  const [finding] = findings;
  if (finding !== undefined) return byFinding(finding);
  const denied = refusals(known);
  if (denied > 0)
    return byOutside("mandatory-access", "event", true, [
      `the kernel's log has ${denied === 1 ? "such a refusal" : `${denied} such refusals`}`,
    ]);
  const { decides = [], outside } = group.signature;
  // Whether a daemon was reloaded, no line says.
  const own = outside.filter((id) => outsideCause(id) !== null && id !== "not-reloaded");
  const [first] = own;
  if (first !== undefined) return byOutside(first, "outside", own.length === 1, evidenceOf(known));
  if (decides.length > 0 || group.signature.counts === "request") return byItself(group);
  return unknown(group, "error_log with the level info");
}

/** How often SELinux or AppArmor refused something to the daemon that says so, at the time of its lines. */
function refusals({ group, events }: Known): number {
  const { signature, some, parts } = group;
  if (!REFUSED.has(signature.id)) return 0;
  // Sessions fail for other reasons, too: PHP writes the error's number.
  if (signature.id === "session-denied" && parts.get("text")?.includes("(13)") !== true) return 0;
  const daemon = signature.by === "nginx" ? "nginx" : "php";
  const own = events.of(["selinux", "apparmor"]).filter((one) => isOf(daemon, one));
  // dmesg has no time that can be read.
  const near = own.filter((one) => one.time === null || events.share(some, [one], NEAR, NEAR) > 0);
  // Several logs have one refusal: the kernel's number for it tells, which who only reports it leaves out.
  const numbers = unique(near.flatMap(({ message }) => AUDIT_NUMBER.exec(message)?.[0] ?? []));
  return numbers.length > 0 ? numbers.length : near.length;
}

const AUDIT_NUMBER = /\baudit\([^()]{0,40}:\d{1,20}\)/;

/** Lines that may be of a refusal. */
const REFUSED: ReadonlySet<string> = new Set([
  "socket-denied",
  "address-denied",
  "file-denied",
  "temp-denied-body",
  "temp-denied-response",
  "store-denied",
  "script-denied",
  "session-denied",
]);

/** Both logs have whole seconds, and a kernel writes the first of many refusals. */
const NEAR = 60_000;

/** What a line names and a cause is not told without. */
function evidenceOf({ group }: Known): readonly string[] {
  const text = group.parts.get("text") ?? "";
  const file = group.parts.get("file") ?? group.parts.get("script") ?? "";
  if (group.signature.id === "fatal" && text !== "") return [`PHP says: ${text.slice(0, 160)}`];
  return file === "" ? [] : [`the first of them names ${file}`];
}
