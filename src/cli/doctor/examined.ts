import { examine } from "../../doctor/check.js";
import { checks } from "../../doctor/checks/index.js";
import type { Finding, Incomplete } from "../../engine/finding.js";
import type { MachineFacts } from "../../live/facts.js";
import type { Host } from "../../model/host.js";
import type { Examined } from "../../report/doctor/text.js";

/** What all checks say of a machine. `findings`: of the linter, of which infos do not count. */
export function examinedOf(
  host: Host,
  facts: MachineFacts,
  findings: readonly Finding[],
  unread: readonly Incomplete[],
): Examined {
  const grave = findings.filter(({ severity }) => severity !== "info");
  return { checked: examine(checks, { host, facts, findings: grave }), facts, unread };
}
