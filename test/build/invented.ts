import { noOptions, type Report, type Rule, type RuleCase } from "../../src/engine/rule.js";
import { descendants, headPlace, headText } from "../../src/nginx/tree/nodes.js";

/** Rules for tests of the command and the engine, so that a real rule changes none of them. */

const symptom = { when: "always", status: 502, log: "invented log line" } as const;

function reportAll(name: string, caseName: string, certain = true): Rule["check"] {
  return function* check(host) {
    if (host.nginx === null) return;
    for (const node of descendants(host.nginx.root)) {
      if (node.name !== name) continue;
      const report: Report = {
        case: caseName,
        certain,
        settle: certain ? null : "look at the host to be sure",
        message: `"${headText(node)}" is reported`,
        at: headPlace(node),
        label: null,
        link: [],
        related: [],
        effect: "nothing happens",
        help: { ways: [], notes: ["write something else"] },
        names: [headText(node)],
      };
      yield report;
    }
  };
}

function invented(id: string, cases: Readonly<Record<string, RuleCase>>, check: Rule["check"]): Rule {
  return {
    id,
    cases,
    docs: {
      title: `finds ${id}`,
      fires: ["ever"],
      why: "Why.",
      instead: "Instead.",
      references: ["https://nginx.org/"],
    },
    about: "host",
    reads: [],
    asksDisk: false,
    options: noOptions,
    proof: { kind: "none", reason: "invented" },
    check,
  };
}

/** Faults every `index` (error), `root` (warning), `charset` (info) and, uncertainly, `autoindex` (error → warning). */
export const inventedRules: readonly Rule[] = [
  invented(
    "invented/charset",
    { only: { severity: "info", symptom: null, summary: "a charset" } },
    reportAll("charset", "only"),
  ),
  invented(
    "invented/guess",
    { only: { severity: "error", symptom, summary: "a guess" } },
    reportAll("autoindex", "only", false),
  ),
  invented(
    "invented/index",
    { only: { severity: "error", symptom, summary: "an index" } },
    reportAll("index", "only"),
  ),
  {
    ...invented(
      "invented/root",
      { only: { severity: "warning", symptom: null, summary: "a root" } },
      reportAll("root", "only"),
    ),
    about: "host",
    reads: [],
    asksDisk: false,
    options: {
      type: "object",
      additionalProperties: false,
      properties: { least: { type: "string", default: "8k", description: "A size." } },
    },
  },
];
