import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs } from "../daemons/available.js";
import { observations } from "../daemons/observations.js";
import { fixturesOf, type Provable, proveFixture } from "../daemons/prove.js";
import { lintDirectory, lintHost } from "../support/lint.js";

const provable = rules.flatMap((rule): Provable[] =>
  rule.proof.kind === "daemons" ? [{ id: rule.id, cases: rule.cases, proof: rule.proof }] : [],
);

// A fixture may say in no-proof.txt why no daemon can show it; a rule may not say so of all of them.
test.each(provable)("$id has a fault and a healthy twin that the daemons can show", ({ id }) => {
  const proved = fixturesOf(id, fixtures()).filter((fixture) => fixture.unproved === null);
  expect(new Set(proved.map((fixture) => fixture.kind))).toEqual(new Set(["bad", "ok"]));
});

test("whatever cannot be proved says why", () => {
  const silent = rules
    .flatMap((rule) => fixturesOf(rule.id, fixtures()))
    .filter((fixture) => fixture.unproved !== null && fixture.unproved.length < 20);
  expect(silent.map((fixture) => fixture.dir)).toEqual([]);
});

/** Rules, and single cases of rules, that no daemon shows, each with the reason. */
function unproved(): readonly string[] {
  return rules.flatMap((rule) => {
    if (rule.proof.kind === "none") return [`${rule.id}: ${rule.proof.reason}`];
    const shown = new Set<string>();
    const reasons = new Map<string, string>();
    for (const { dir, unproved: reason } of fixturesOf(rule.id, fixtures())) {
      for (const finding of lintDirectory(dir)) {
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
  expect(list.length).toBeLessThan(6);
});

test.each(provable)("$id observes cases that it has, by names that the bench knows", ({ cases, proof }) => {
  const observe = Object.entries(proof.observe ?? {});
  expect(
    observe.filter(([name, seen]) => cases[name] === undefined || observations[seen] === undefined),
  ).toEqual([]);
});

describeProofs("real nginx and PHP-FPM agree", (proof) => {
  for (const rule of provable) {
    for (const fixture of fixturesOf(rule.id, fixtures())) {
      if (fixture.unproved !== null) continue;
      proof(`${rule.id} ${fixture.name}`, () => proveFixture(rule, fixture, lintHost));
    }
  }
});
