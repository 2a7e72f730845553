import { execFileSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { LEFT, QUICK } from "./test/support/quick.js";
import LongestFirst from "./test/support/sequencer.js";

const annotations = process.env.GITHUB_ACTIONS === "true" ? ["github-actions"] : [];

// It makes each Node read certificates before it begins, and no test asks for one.
delete process.env.NODE_EXTRA_CA_CERTS;

const ours = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** Files that put something of their own in the place of a module, or are hit by signals: each in a process of its own. */
const ALONE = [
  "test/engine/failures.test.ts",
  "test/evidence/meetings.test.ts",
  "test/rules/scale.test.ts",
  "test/cli/write/*.test.ts",
];

/**
 * Most code runs too seldom to be worth optimizing: V8 waits longer before it does, and begins with its baseline. The
 * first is what Node 20 has, the second what later ones have for the same.
 */
const V8 = knownOf([
  "--interrupt-budget=1000000",
  "--invocation-count-for-turbofan=30000",
  "--always-sparkplug",
]);

/** With a flag that it does not have Node would not begin. */
function knownOf(flags: readonly string[]): readonly string[] {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  return flags.filter((flag) => known.includes(`  ${flag.split("=")[0]} (`));
}

export default defineConfig(({ mode }) => {
  const quick = mode === "quick";
  const summary = "./test/support/summary-reporter.ts";
  return {
    // What yargs would open by itself, and what costs it much: esbuild.config.js has the same.
    resolve: {
      alias: {
        "escalade/sync": ours("src/cli/yargs/search.ts"),
        y18n: ours("src/cli/yargs/texts.ts"),
        "string-width": ours("src/cli/yargs/width.ts"),
      },
    },
    test: {
      server: { deps: { inline: ["yargs", "cliui", "wrap-ansi"] } },
      // What was made of a module is kept until the module changes.
      experimental: { fsModuleCache: true, fsModuleCachePath: "node_modules/.cache/vitest" },
      setupFiles: ["test/support/seed.ts"],
      globalSetup: quick ? [] : ["test/support/global-setup.ts"],
      // No test says anything about speed: these end what hangs, on a machine that is busy with other things too.
      testTimeout: 300_000,
      hookTimeout: 300_000,
      // Processes, not threads: a test may change its user or be ended by a signal.
      pool: "forks",
      execArgv: [...V8],
      // Proofs mostly wait, so a second file is worth it on two cores, too.
      maxWorkers: Math.max(2, availableParallelism() - 1),
      sequence: { sequencer: LongestFirst },
      reporters: ["default", ...annotations, quick ? [summary, { left: LEFT }] : summary],
      projects: quick
        ? [
            {
              extends: true,
              test: { name: "quick", isolate: false, include: [...QUICK], env: { FPMLINT_QUICK: "1" } },
            },
          ]
        : [
            // Files share a process, which reads our modules and lints each fixture once.
            {
              extends: true,
              test: { name: "shared", isolate: false, include: ["test/**/*.test.ts"], exclude: ALONE },
            },
            { extends: true, test: { name: "alone", include: ALONE } },
          ],
    },
  };
});
