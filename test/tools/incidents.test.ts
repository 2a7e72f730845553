import { existsSync } from "node:fs";
import { expect } from "vitest";
import { describeProofs } from "../daemons/available.js";
import { seed } from "../support/sample.js";
import { kinds } from "./incidents/kinds.js";
import { play } from "./incidents/play.js";

/** Those that are over in a second or two; `npm run incidents` makes all. */
const QUICK = [
  "nothing",
  "scanner",
  "wrong socket",
  "mode",
  "stopped",
  "killed",
  "worker killed",
  "allowed_clients",
  "header too big",
  "invalid header",
  "restarted in peace",
  "nginx not reloaded",
  "PHP-FPM not reloaded",
];

describeProofs("incidents with the real pair", (proof) => {
  for (const kind of kinds.filter(({ name }) => QUICK.includes(name))) {
    proof(`${kind.name}: the first cause is the right one`, async () => {
      expect(existsSync("dist/fpmlint.js")).toBe(true);
      const { said, expected } = await play(kind, seed);
      if (expected.length === 0) expect(said).toBeNull();
      else expect(expected).toContain(said);
    });
  }
});
