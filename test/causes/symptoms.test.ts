import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { outsideCauses, outsideTopics } from "../../src/causes/outside-causes.js";
import { symptomNames, symptomTopic } from "../../src/causes/symptoms.js";
import { defineRule } from "../../src/engine/define.js";
import type { Rule } from "../../src/engine/rule.js";
import { explainSymptom } from "../../src/report/explain/symptom.js";

const PLAIN = { color: false, width: 100 };

function invented(id: string, cases: Rule["cases"]): Rule {
  const docs = { title: id, fires: [], why: "", instead: "", references: [] };
  return defineRule({ id, about: "host", cases, docs, check: () => [] });
}

const symptom = { when: "always", status: 418, log: "no tea" } as const;
const pot = invented("kettle/pot", {
  cold: { severity: "warning", symptom, summary: "the pot is cold" },
  gone: { severity: "error", symptom: { ...symptom, when: "slow-request" }, summary: "the pot is gone" },
  other: { severity: "info", symptom: { ...symptom, status: 500 }, summary: "another status" },
});
const cup = invented("kettle/cup", {
  empty: {
    severity: "error",
    symptom: { ...symptom, log: null },
    summary: "an empty cup",
    seen: ["blank page"],
  },
});

function page(words: string, of: readonly Rule[] = [pot, cup]): string | null {
  const topic = symptomTopic(words);
  return topic === null ? null : explainSymptom(of, topic, PLAIN);
}

describe("topics", () => {
  test.each([
    ["502", "502"],
    ["nginx 502", "502"],
    ["php-fpm 502", "502"],
    ["502 bad gateway nginx", "502"],
    ["connection refused", "502"],
    ["upstream sent too big header", "502"],
    [
      "connect() to unix:/run/php/www.sock failed (13: Permission denied) while connecting to upstream",
      "502",
    ],
    ["upstream timed out (110: Connection timed out) while reading", "504"],
    ["client intended to send too large body: 5 bytes", "413"],
    ["client sent too long header line", "400"],
    ["rewrite or internal redirection cycle while processing /x", "500"],
    ['FastCGI sent in stderr: "Primary script unknown" while reading', "file not found"],
    ["Unable to open primary script: /srv/x.php (Permission denied)", "no input file specified"],
    ["script '/x.jpg' has been denied (see security.limit_extensions)", "access denied"],
    ["php not executing", "downloads"],
    ["page not found", "404"],
    ["502 Bad Gateway", "502"],
    ["error 504", "504"],
    ["HTTP 413", "413"],
    ["blank page", "blank page"],
    ["blank", "blank page"],
    ["White-Screen", "blank page"],
    ["bad gateway", "502"],
    ["504 Gateway Time-out", "504"],
    ["Gateway timeout", "504"],
    ["not found", "404"],
    ["client closed request", "499"],
    ["400 Bad Request", "400"],
    ["No input file specified.", "no input file specified"],
    ['"File not found."', "file not found"],
    ["Primary script unknown", "file not found"],
    ["Access denied.", "access denied"],
    ["Permission denied", "permission denied"],
    ["13: permission denied", "permission denied"],
    ['open() "/srv/x.css" failed (13: Permission denied), client: 10.0.0.1', "permission denied"],
    ["Access to the script has been denied", "access denied"],
    ["downloads", "downloads"],
    ["PHP file downloads", "downloads"],
    ["downloads php files", "downloads"],
    ["source code", "downloads"],
    ["redirect loop", "redirect loop"],
    ["ERR_TOO_MANY_REDIRECTS", "redirect loop"],
    ["white page", "blank page"],
  ])("%s means %s", (words, name) => expect(symptomTopic(words)?.name).toBe(name));

  test.each(["", "0x1f6", "502.0", "99", "999", "fastcgi/script-filename", "null"])(
    "%j is no symptom",
    (words) => expect(symptomTopic(words)).toBeNull(),
  );

  test("those with a cause are named in order", () => {
    expect(symptomNames([pot, cup], ["502"])).toEqual(["418", "500", "502", "blank page"]);
  });
});

describe("a symptom's page", () => {
  test("causes by log line, gravest first, those that log nothing last", () => {
    expect(page("418")).toBe(`\
What ends in 418

Causes in the configuration: fpmlint finds them

  log: no tea
    error    slow-request  the pot is gone
                           kettle/pot
    warning  always        the pot is cold
                           kettle/pot

  nothing is logged
    error    always  an empty cup
                     kettle/cup

More about a rule: fpmlint explain <rule>
`);
  });

  test("a blank page is a case's own property, whatever the status", () => {
    expect(page("blank page")).toContain("an empty cup");
    expect(page("blank page")).not.toContain("the pot");
  });

  test("what no configuration shows comes with a command", () => {
    expect(page("502", [])).toContain("exited on signal 9");
    expect(page("502", [])).toContain("journalctl -k");
    expect(page("502", [])).not.toContain("Causes in the configuration");
  });

  test("a text that PHP sends is told by its log line", () => {
    expect(page("file not found", rules)).toContain("fastcgi/script-filename");
    expect(page("access denied", rules)).toContain("fastcgi/extension-denied");
    expect(page("permission denied", rules)).toContain("socket/permission-denied");
    expect(page("permission denied", rules)).toContain("SELinux");
    expect(page("no input file specified", rules)).toContain("open_basedir");
  });

  test.each(["400", "408", "499", "redirect loop"])("%s has a page", (words) => {
    expect(page(words, rules)).toContain("Causes that no configuration shows");
  });

  test("nothing is known of it", () => expect(page("417")).toBeNull());

  test("each symptom that the daemons give has causes in the rules and outside", () => {
    for (const words of ["502", "504", "413", "403", "404", "500", "blank page", "downloads"]) {
      const shown = page(words, rules) ?? "";
      expect(shown, words).toContain("Causes in the configuration");
      expect(shown, words).toContain("Causes that no configuration shows");
    }
  });
});

describe("causes outside the configuration", () => {
  test("every topic is one that can be asked for, every cause is there once", () => {
    for (const name of outsideTopics) expect(symptomTopic(name)?.name).toBe(name);
    expect(new Set(outsideCauses.map(({ cause }) => cause)).size).toBe(outsideCauses.length);
  });
});
