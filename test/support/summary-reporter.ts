import type { Reporter, TestCase, TestModule } from "vitest/node";
import { seed, slow } from "./sample.js";

interface Options {
  /** What this run leaves out, and what runs it; absent: nothing. */
  readonly left?: string;
}

/** Ends the output with the plain counts, for scripts that read nothing else. */
export default class SummaryReporter implements Reporter {
  private readonly left: string | undefined;

  constructor({ left }: Options = {}) {
    this.left = left;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    const reasons = new Map<string, number>();
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      const states = tests.map((test) => test.result().state);
      counts.passed += count(states, "passed");
      counts.failed += count(states, "failed");
      // A test that was collected and never ran is no pass.
      counts.skipped += count(states, "skipped") + count(states, "pending");
      // A file that could not be loaded has no tests that could fail.
      if (!module.ok() && count(states, "failed") === 0) counts.failed++;
      for (const reason of tests.flatMap(whySkipped)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const lines = [
      `drawn with FPMLINT_SEED=${seed}${slow ? ", all cases (FPMLINT_SLOW=1)" : "; FPMLINT_SLOW=1 tries all cases"}`,
      ...[...reasons].map(([reason, times]) => `${times} skipped: ${reason}`),
      ...(this.left === undefined ? [] : [this.left]),
      `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`,
    ];
    process.stdout.write(`\n${lines.join("\n")}\n`);
  }
}

function count(states: readonly string[], wanted: string): number {
  return states.filter((state) => state === wanted).length;
}

/** The reason that a test gave when it skipped itself. */
function whySkipped(test: TestCase): readonly string[] {
  const result = test.result();
  return result.state === "skipped" && result.note !== undefined ? [result.note] : [];
}
