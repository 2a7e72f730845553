import { afterAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { fixtures } from "../build/fixtures.js";
import { fixturesOf } from "../daemons/prove.js";
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

let compared = 0;
let used = 0;
afterAll(() => saySample("hosts of which a few sites told what rules say of all", used, compared));

function partsIn(directory: string): Parts | null {
  const [host] = copiedHosts(directory);
  return host === undefined ? null : partsOf(host);
}

describe.each(rules)("$id", ({ id }) => {
  test("says the same of many of its fixtures, by kinds and by itself", () => {
    const all = fixturesOf(id, fixtures());
    const chosen = sample(all, runs(all.length, 1), `kinds ${id}`);
    for (const [at, { dir, name }] of chosen.entries()) {
      const parts = partsIn(dir);
      if (parts === null) continue;
      const other = all[(all.findIndex((one) => one.dir === dir) + Math.ceil(all.length / 2)) % all.length];
      const odd = other === undefined || other.dir === dir ? null : partsIn(other.dir);
      const options = OPTIONS[(at + id.length) % OPTIONS.length] ?? { ownPools: true, ownRoots: true };
      const config = fixtureConfig(dir);
      for (const one of [null, ...(odd === null ? [] : [{ at: 6, parts: odd }])]) {
        const files = cloned(parts, NAMES, options, one);
        const [whole, byKinds] = bothWays({ files }, { ...config, hosts: [] });
        expect(byKinds, `${name}${one === null ? "" : ` and ${other?.name}`}`).toBe(whole);
        compared += 1;
        if (silentOn({ files }, { ...config, hosts: [] }) > 0) used += 1;
      }
    }
  });
});
