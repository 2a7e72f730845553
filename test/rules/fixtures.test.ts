import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { Finding, Related } from "../../src/engine/finding.js";
import type { Rule } from "../../src/engine/rule.js";
import { helpLines } from "../../src/report/help.js";
import { position } from "../../src/source/file.js";
import { perKey } from "../../src/source/memo.js";
import { fixtures, NO_CATEGORIES, sources } from "../build/fixtures.js";
import { fixturesOf } from "../daemons/prove.js";
import { lintDirectory, lintedBy } from "../support/lint.js";
import { sample } from "../support/sample.js";
import { besides } from "./support/besides.js";

/**
 * Every rule against its fixtures. `expected.txt` of a `bad-*` holds what is reported there: every
 * error and warning of any rule, and every finding of the rule itself. FPMLINT_UPDATE=1 writes it
 * anew, to be read before it is committed.
 */

const top = fileURLToPath(new URL("../..", import.meta.url));

function spot({ place }: Pick<Related, "place">): string {
  const { file, start, end } = place.span;
  const from = position(file, start);
  const to = position(file, end);
  const range =
    from.line === to.line ? `${from.column}-${to.column}` : `${from.column}-${to.line}:${to.column}`;
  return `${file.display}:${from.line}:${range}`;
}

function written(finding: Finding): string {
  const lines = [
    `${spot({ place: finding.at })}: ${finding.severity}: ${finding.message} [${finding.rule} ${finding.case}]`,
    ...finding.link.map((entry) => `  link ${spot(entry)}: ${entry.message}`),
    ...finding.related.map((entry) => `  related ${spot(entry)}: ${entry.message}`),
  ];
  return lines.join("\n");
}

/** `npm run test:quick` has all rules judge a part of the fixtures, and its own rule each of them. */
const partly = process.env.FPMLINT_QUICK === "1" && process.env.FPMLINT_UPDATE !== "1";

function byAll(rule: Rule, name: string): boolean {
  // Rules of fpmlint's own speak of what the others say.
  return !partly || rule.id.startsWith("fpmlint/") || drawnOf(rule).has(name);
}

const drawnOf = perKey((rule: Rule): ReadonlySet<string> => {
  const all = directoriesOf(rule.id);
  return new Set(sample(all, Math.ceil(all.length / 4), rule.id));
});

/** What is found in a fixture of a rule. */
function foundIn(rule: Rule, name: string): readonly Finding[] {
  const directory = join(fixtures(), rule.id, name);
  return byAll(rule, name) ? lintDirectory(directory) : lintedBy(rule)(directory);
}

/** The part of `expected.txt` that is the rule's own. */
function ownPart(rule: Rule, text: string): string {
  const own = text.split(/\n(?! )/).filter((one) => one.split("\n")[0]?.includes(` [${rule.id} `));
  return own.map((one) => `${one}\n`).join("");
}

function directoriesOf(id: string): readonly string[] {
  const home = join(sources(), id);
  return existsSync(home) ? readdirSync(home).sort() : [];
}

describe.each(rules)("$id", (rule) => {
  const names = directoriesOf(rule.id);

  test("stands in the file of its name", () => {
    const files = [`${rule.id}.ts`, `${rule.id}/rule.ts`].filter((name) =>
      existsSync(join(top, "rules", name)),
    );
    expect(files).toHaveLength(1);
  });

  test("has a fixture that it faults and a twin that it does not", () => {
    expect(names.some((name) => name.startsWith("bad-"))).toBe(true);
    expect(names.some((name) => name.startsWith("ok-"))).toBe(true);
    expect(names.filter((name) => !/^(?:bad|ok)-[a-z0-9-]+$/.test(name))).toEqual([]);
  });

  test("has every case in a fixture", () => {
    const seen = names.flatMap((name) => foundIn(rule, name));
    const reported = new Set(
      seen.filter((finding) => finding.rule === rule.id).map((finding) => finding.case),
    );
    expect(Object.keys(rule.cases).filter((name) => !reported.has(name))).toEqual([]);
  });

  test.each(names.filter((name) => name.startsWith("bad-")))("%s", (name) => {
    const directory = join(fixtures(), rule.id, name);
    const findings = foundIn(rule, name).filter(
      (finding) => finding.rule === rule.id || finding.severity !== "info",
    );
    const rows = findings.flatMap((one) => [one.message, ...helpLines(one.help)]);
    expect(rows.filter((row) => row.includes("\n") || row.includes("\\x0a"))).toEqual([]);
    const text = `${findings.map(written).join("\n")}\n`;
    const file = join(sources(), rule.id, name, "expected.txt");
    if (process.env.FPMLINT_UPDATE === "1") {
      writeFileSync(file, text);
      // The pages of the rules are made of the written out ones, perhaps in the same run.
      writeFileSync(join(directory, "expected.txt"), text);
    }
    const expected = existsSync(file) ? readFileSync(file, "utf8") : "(no expected.txt)";
    expect(text).toBe(byAll(rule, name) ? expected : ownPart(rule, expected));
    expect(findings.some((finding) => finding.rule === rule.id)).toBe(true);
    // One cause, one finding: no other rule speaks up about it.
    const others = findings.filter((finding) => ![rule.id, besides[rule.id]].includes(finding.rule));
    expect(others.map(written)).toEqual([]);
  });

  test.each(names.filter((name) => name.startsWith("ok-")))("%s", (name) => {
    const findings = foundIn(rule, name).filter(
      (finding) => finding.rule === rule.id || finding.severity !== "info",
    );
    expect(findings.map(written)).toEqual([]);
  });

  test("documents itself", () => {
    const { title, fires, silent = [], why, instead, references } = rule.docs;
    for (const text of [title, why, instead]) expect(text.trim()).not.toBe("");
    expect(fires.length).toBeGreaterThan(0);
    for (const text of [...fires, ...silent]) expect(text.trim()).toMatch(/[^.]$/);
    expect(references.length).toBeGreaterThan(0);
    expect(title).toMatch(/^[^A-Z].*[^.]$|^[A-Z]{2}/);
    for (const { summary } of Object.values(rule.cases)) expect(summary).toMatch(/[^.]$/);
  });
});

test("ids are unique and listed in order", () => {
  const ids = rules.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
});

test("every fixture belongs to a rule", () => {
  const categories = readdirSync(sources()).filter(
    (name) => ![...NO_CATEGORIES, "hosts", "README.md"].includes(name),
  );
  const homes = categories.flatMap((category) =>
    readdirSync(join(sources(), category)).map((name) => `${category}/${name}`),
  );
  const ids = new Set(rules.map(({ id }) => id));
  expect(homes.filter((home) => !ids.has(home))).toEqual([]);
});

/** Rules, and single cases of rules, that no daemon shows, each with the reason. */
function unproved(): readonly string[] {
  return rules.flatMap((rule) => {
    if (rule.proof.kind === "none") return [`${rule.id}: ${rule.proof.reason}`];
    const shown = new Set<string>();
    const reasons = new Map<string, string>();
    for (const { name, unproved: reason } of fixturesOf(rule.id, fixtures())) {
      for (const finding of foundIn(rule, name)) {
        if (finding.rule !== rule.id) continue;
        if (reason === null) shown.add(finding.case);
        else reasons.set(finding.case, reason);
      }
    }
    const missing = Object.keys(rule.cases).filter((name) => !shown.has(name));
    return missing.map(
      (name) => `${rule.id} ${name}: ${reasons.get(name) ?? "no fixture that a daemon runs"}`,
    );
  });
}

test("few rules and cases are without proof, and each says why", () => {
  const list = unproved();
  process.stdout.write(
    `without proof by the daemons: ${list.length}\n${list.map((one) => `  ${one}\n`).join("")}`,
  );
  // What systemd does when it starts a service or the machine, no bench can do; the units are read by three rules.
  const bySystemd = list.filter((one) => one.includes("systemd"));
  expect(bySystemd.length).toBeLessThan(4);
  // The bench has one file system and one network, containers have two; no daemon reads a comment.
  const others = list.filter((one) => !bySystemd.includes(one) && !/container|comment/.test(one));
  expect(others.length).toBeLessThan(7);
  expect(list.length - bySystemd.length - others.length).toBeLessThan(9);
});
