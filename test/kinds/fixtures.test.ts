import { relative } from "node:path";
import { afterAll, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { fixtures } from "../build/fixtures.js";
import { type Fixture, fixturesOf } from "../daemons/prove.js";
import { copiedHosts } from "../rules/support/copied-host.js";
import { fixtureConfig } from "../support/lint.js";
import { runs, sample, saySample } from "../support/sample.js";
import { type CloneOptions, cloned, type Parts, partsOf } from "./support/clones.js";
import { bothWays, silentOn } from "./support/compare.js";

/**
 * The sites of a fixture stand ten times in one host, and one of them may be of another fixture of the same rule: one
 * that is at fault among sound ones, or the other way round. Judged by kinds it has the findings that it has when every
 * rule looks at all of it.
 */

/** No line of the code knows any of them. */
const NAMES = [
  "vorkuz",
  "kuvroz",
  "zorkuv",
  "vuzkor",
  "vorkez",
  "korvez",
  "rovkez",
  "zerkov",
  "zurvok",
  "kurzov",
];

const OPTIONS: readonly CloneOptions[] = [
  { ownPools: true, ownRoots: true },
  { ownPools: true, ownRoots: false },
  { ownPools: false, ownRoots: true },
  { ownPools: false, ownRoots: false },
];

interface Chosen {
  readonly dir: string;
  /** All of the same rule. */
  readonly all: readonly Fixture[];
}

const all = rules.flatMap(({ id }): readonly Chosen[] => {
  const own = fixturesOf(id, fixtures());
  return own.map(({ dir }) => ({ dir, all: own }));
});
const chosen = sample(all, runs(60, 10), "kinds");

function partsIn(directory: string): Parts | null {
  const [host] = copiedHosts(directory);
  return host === undefined ? null : partsOf(host);
}

let used = 0;
let looked = 0;
afterAll(() => {
  saySample("fixtures of which ten sites are judged by kinds", chosen.length, all.length);
  // A test that judged no host by kinds would say nothing.
  expect(used * 2).toBeGreaterThan(looked);
});

test.each(chosen.map((one, at) => [relative(fixtures(), one.dir), one, at] as const))(
  "%s",
  (_, { dir, all: own }, at) => {
    const parts = partsIn(dir);
    if (parts === null) return;
    const other = own[(own.findIndex((one) => one.dir === dir) + Math.ceil(own.length / 2)) % own.length];
    const odd = other === undefined || other.dir === dir ? null : partsIn(other.dir);
    const options = OPTIONS[at % OPTIONS.length] ?? { ownPools: true, ownRoots: true };
    const config = { ...fixtureConfig(dir), hosts: [] };
    for (const one of [null, ...(odd === null ? [] : [{ at: 6, parts: odd }])]) {
      const files = cloned(parts, NAMES, options, one);
      const [whole, byKinds] = bothWays({ files }, config);
      expect(byKinds, one === null ? "alike" : `one as ${other?.name}`).toBe(whole);
      if (one !== null || at % 3 !== 0) continue;
      looked += 1;
      if (silentOn({ files }, config) > 0) used += 1;
    }
  },
);
