import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs, reloads, versions } from "../daemons/available.js";
import { observations } from "../daemons/observations.js";
import { type Fixture, fixturesOf, otherVersion, type Provable, proveFixture } from "../daemons/prove.js";
import { lintHost } from "../support/lint.js";
import { sample, saySample } from "../support/sample.js";

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

test.each(provable)("$id observes cases that it has, by names that the bench knows", ({ cases, proof }) => {
  const observe = Object.entries(proof.observe ?? {});
  expect(
    observe.filter(([name, seen]) => cases[name] === undefined || observations[seen] === undefined),
  ).toEqual([]);
});

/** All of them; `npm run daemons` has FPMLINT_PROOFS of them tried. */
function drawn(): readonly { readonly rule: Provable; readonly fixture: Fixture }[] {
  const all = provable.flatMap((rule) =>
    fixturesOf(rule.id, fixtures()).flatMap((fixture) =>
      fixture.unproved === null ? [{ rule, fixture }] : [],
    ),
  );
  const wanted = process.env.FPMLINT_PROOFS;
  if (wanted === undefined) return all;
  const some = sample(all, Number(wanted), "proofs");
  saySample("proofs", some.length, all.length);
  return some;
}

/** Why these daemons do not show that a request outlives a reload; `null`: they do, or that is not what is to be shown. */
function withoutReload({ id, cases }: Provable, { kind }: Fixture): string | null {
  const isAsked = kind === "ok" && Object.values(cases).some(({ symptom }) => symptom?.when === "reload");
  if (reloads || !isAsked) return null;
  return `${id} asks for a reload, from which PHP-FPM that is not installed does not come back`;
}

describeProofs("real nginx and PHP-FPM agree", (proof) => {
  for (const { rule, fixture } of drawn())
    proof(
      `${rule.id} ${fixture.name}`,
      () => proveFixture(rule, fixture, lintHost),
      otherVersion(fixture, versions) ?? withoutReload(rule, fixture),
    );
});
