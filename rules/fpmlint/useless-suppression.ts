import { defineRule } from "../../src/engine/define.js";
import { markdown } from "../../src/source/markdown.js";

export const uselessSuppression = defineRule({
  id: "fpmlint/useless-suppression",
  about: "host",
  cases: {
    useless: { severity: "info", symptom: null, summary: "a suppression that silences nothing" },
    expired: { severity: "info", symptom: null, summary: "a suppression whose date has passed, or is none" },
    "no-reason": {
      severity: "info",
      symptom: null,
      summary: "a suppression without a reason, which does not hold",
    },
    "unknown-rule": {
      severity: "info",
      symptom: null,
      summary: "a suppression of a rule that does not exist",
    },
  },
  docs: {
    title: "a suppression that silences nothing",
    fires: [
      "a comment `fpmlint-disable-…` names a rule that finds nothing there",
      "the date after `until` has passed, or is not written as `2027-01-31`",
      "there is no reason after `--`",
      "a rule that it names does not exist",
    ],
    silent: ["the rule is off", "only a part of the host was asked for"],
    why: markdown`
      A comment that outlives its finding hides the next one: somebody fixes the line, the comment
      stays, and a year later it silences a fault that nobody has looked at.
    `,
    instead: "Remove the comment, or write it as docs/suppression.md says.",
    references: [
      "https://nginx.org/en/docs/beginners_guide.html#conf_structure",
      "https://www.php.net/manual/en/configuration.file.php",
    ],
    twins: { bad: "bad-nothing-found", ok: "ok-silences" },
  },
  proof: { kind: "none", reason: "it is about comments, which no daemon reads" },
  /** What it reports is known when all other rules have run: `src/policy` says it. */
  check: () => [],
});
