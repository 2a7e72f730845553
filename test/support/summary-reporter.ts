import type { Reporter, TestModule } from "vitest/node";

/** Ends the output with the plain counts, for scripts that read nothing else. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      const states = [...module.children.allTests()].map((test) => test.result().state);
      counts.passed += count(states, "passed");
      counts.failed += count(states, "failed");
      // A test that was collected and never ran is no pass.
      counts.skipped += count(states, "skipped") + count(states, "pending");
      // A file that could not be loaded has no tests that could fail.
      if (!module.ok() && count(states, "failed") === 0) counts.failed++;
    }
    process.stdout.write(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped\n`);
  }
}

function count(states: readonly string[], wanted: string): number {
  return states.filter((state) => state === wanted).length;
}
