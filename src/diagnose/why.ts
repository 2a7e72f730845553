/** Why the lines of one group were written: see docs/502.md for the order of what is believed. */
import { outsideCause } from "../causes/outside-causes.js";
import type { Verdict } from "./cause.js";
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
  const { group, findings, events } = known;
  const special = SPECIAL.get(group.signature.id);
  if (special !== undefined) return special(known);
  const [finding] = findings;
  if (finding !== undefined) return byFinding(finding);
  const denied = group.signature.id.endsWith("-denied") ? events.of(["selinux", "apparmor"]) : [];
  if (denied.length > 0)
    return byOutside("mandatory-access", "event", true, [
      `the kernel's log has ${denied.length} such refusals`,
    ]);
  const { decides = [], outside } = group.signature;
  // Whether a daemon was reloaded, no line says.
  const own = outside.filter((id) => outsideCause(id) !== null && id !== "not-reloaded");
  const [first] = own;
  if (first !== undefined) return byOutside(first, "outside", own.length === 1, evidenceOf(known));
  if (decides.length > 0 || group.signature.counts === "request") return byItself(group);
  return unknown(group, "error_log with the level info");
}

/** What a line names and a cause is not told without. */
function evidenceOf({ group }: Known): readonly string[] {
  const text = group.parts.get("text") ?? "";
  const file = group.parts.get("file") ?? group.parts.get("script") ?? "";
  if (group.signature.id === "fatal" && text !== "") return [`PHP says: ${text.slice(0, 160)}`];
  return file === "" ? [] : [`the first of them names ${file}`];
}
