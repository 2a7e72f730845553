import * as fs from "node:fs";
import { expect } from "vitest";
import { describeProofs } from "../../daemons/available.js";
import { seed, size } from "../../support/sample.js";
import { isTooMuch, type Judged, runBatch, startRun } from "../../tools/requests/batch.js";

/** Random requests to random servers: what the model says against what the daemons do. */

const PER_BATCH = 400;

describeProofs("requests at random", (proof) => {
  const count = size(800);
  proof(`${count} requests, FPMLINT_SEED=${seed}`, async () => {
    const top = fs.mkdtempSync("/tmp/fl-requests-");
    const run = await startRun(top);
    const judged: Judged[] = [];
    try {
      for (let batch = 0; judged.length < count; batch += 1)
        judged.push(...(await runBatch(run, seed, batch, Math.min(PER_BATCH, count - judged.length))));
    } finally {
      await run.stop();
      fs.rmSync(top, { recursive: true, force: true });
    }
    const wrong = judged.filter(({ kind }) => kind === "wrong");
    const unknown = judged.filter(({ kind }) => kind === "unknown");
    const shown = wrong.map(({ batch, why, request, text }) => ({ batch, why, request, text }));
    // What is allowed of 20,000 is one here: which, must be seen.
    if (isTooMuch(wrong.length, unknown.length, count)) expect(shown).toEqual([]);
    expect(unknown.length).toBeLessThanOrEqual(count / 20);
    expect(new Set(judged.map(({ outcome }) => outcome)).size).toBeGreaterThan(Math.min(20, count / 4));
  });
});
