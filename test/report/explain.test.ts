import { describe, expect, test } from "vitest";
import type { Rule } from "../../src/engine/rule.js";
import { noOptions } from "../../src/engine/rule.js";
import { rulesMarkdown, rulesTable } from "../../src/report/explain/markdown.js";
import { explainRule, ruleList, ruleListJson } from "../../src/report/explain/rule.js";

const PLAIN = { color: false, width: 60 };

const tea: Rule = {
  id: "kettle/no-water",
  cases: {
    low: { severity: "info", symptom: null, summary: "the kettle is half empty" },
    dry: {
      severity: "error",
      symptom: { when: "always", status: 418, log: "kettle: `boil` failed (5: dry|empty)" },
      summary: "the kettle is empty",
    },
  },
  docs: {
    title: "a kettle that has no water in it",
    fires: [],
    what: "Fires when the kettle is empty, and when it is going to be empty\nbefore the tea is made.\n\nSilent when:\n\n- there is no kettle, or somebody else is the one who has to fill it\n- nobody drinks tea",
    why: "It burns.",
    instead: "```nginx\nkettle {\n\twater 1l;\n}\n```",
    references: ["https://example.org/kettle"],
  },
  about: "host",
  reads: [],
  asksDisk: false,
  options: {
    type: "object",
    additionalProperties: false,
    properties: {
      litres: { type: "number", default: 1, description: "how much | at least" },
      kind: { enum: ["tap", "rain"], default: "tap" },
    },
  },
  proof: { kind: "none", reason: "no kettle in the machine" },
  check: () => [],
};

const coffee: Rule = {
  id: "beans/stale",
  cases: {
    stale: {
      severity: "warning",
      symptom: { when: "slow-request", status: 418, log: null },
      summary: "the beans are old",
    },
  },
  docs: {
    title: "beans past their date",
    fires: [],
    what: "Old beans.",
    why: "",
    instead: "",
    references: [],
  },
  about: "host",
  reads: [],
  asksDisk: false,
  options: noOptions,
  proof: { kind: "daemons" },
  check: () => [],
};

describe("explain", () => {
  test("the page of a rule", () => {
    expect(explainRule(tea, PLAIN)).toBe(`\
kettle/no-water
  a kettle that has no water in it

Cases
  severity  when    status  what
  error     always  418     the kettle is empty
                            log: kettle: \`boil\` failed (5: dry|empty)
  info      -       -       the kettle is half empty

What
  Fires when the kettle is empty, and when it is going to be
  empty before the tea is made.

  Silent when:

  - there is no kettle, or somebody else is the one who has
    to fill it
  - nobody drinks tea

Why
  It burns.

Instead
      kettle {
          water 1l;
      }

Options
  litres (number, default 1)
    how much | at least
  kind ("tap" | "rain", default "tap")

References
  https://example.org/kettle
`);
  });

  test("sections without content are left out; colour adds nothing but colour", () => {
    expect(explainRule(coffee, PLAIN)).not.toMatch(/Why|Instead|Options|References/);
    const colored = explainRule(coffee, { ...PLAIN, color: true });
    expect(colored).toContain("  \x1b[1;35mwarning\x1b[0m   slow-request  418     the beans are old\n");
    for (const code of ["0", "1", "2", "1;35"]) expect(colored).toContain(`\x1b[${code}m`);
  });
});

describe("lists", () => {
  test("text", () => {
    expect(ruleList([tea, coffee])).toBe(
      "beans/stale      warning  beans past their date\n" +
        "kettle/no-water  error    a kettle that has no water in it\n",
    );
    expect(ruleList([])).toBe("");
  });

  test("JSON", () => {
    expect(JSON.parse(ruleListJson([tea, coffee]))).toEqual({
      version: 1,
      rules: [
        {
          id: "beans/stale",
          severity: "warning",
          title: "beans past their date",
          cases: [
            {
              case: "stale",
              severity: "warning",
              summary: "the beans are old",
              symptom: { when: "slow-request", status: 418, log: null },
            },
          ],
          options: noOptions,
          references: [],
        },
        expect.objectContaining({ id: "kettle/no-water", severity: "error", options: tea.options }),
      ],
    });
  });

  test("a table for a README", () => {
    expect(rulesTable([tea, coffee])).toBe(`\
| rule | severity | finds |
| --- | --- | --- |
| [\`beans/stale\`](rules/README.md#beansstale) | warning | beans past their date |
| [\`kettle/no-water\`](rules/README.md#kettleno-water) | error | a kettle that has no water in it |
`);
  });

  test("the catalogue", () => {
    expect(rulesMarkdown([tea, coffee])).toBe(`\
| rule | severity | finds |
| --- | --- | --- |
| [\`beans/stale\`](#beansstale) | warning | beans past their date |
| [\`kettle/no-water\`](#kettleno-water) | error | a kettle that has no water in it |

## beans

### beans/stale

Beans past their date.

| severity | case | when | status | log line |
| --- | --- | --- | --- | --- |
| warning | the beans are old | slow-request | 418 |  |

Old beans.

Proved by starting nginx and PHP-FPM with the fixtures.

## kettle

### kettle/no-water

A kettle that has no water in it.

| severity | case | when | status | log line |
| --- | --- | --- | --- | --- |
| error | the kettle is empty | always | 418 | \`\`kettle: \`boil\` failed (5: dry\\|empty)\`\` |
| info | the kettle is half empty |  |  |  |

${tea.docs.what}

**Why.** It burns.

**Instead.**

${tea.docs.instead}

**Options.**

| option | type | default | meaning |
| --- | --- | --- | --- |
| \`litres\` | \`number\` | \`1\` | how much \\| at least |
| \`kind\` | \`"tap" \\| "rain"\` | \`"tap"\` |  |

**References.**

- <https://example.org/kettle>

Not proved with the daemons: no kettle in the machine
`);
  });
});
