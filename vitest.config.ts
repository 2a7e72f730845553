import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const annotations = process.env.GITHUB_ACTIONS === "true" ? ["github-actions"] : [];

const ours = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // What yargs would open by itself: esbuild.config.js has the same.
  resolve: {
    alias: {
      "escalade/sync": ours("src/cli/yargs/search.ts"),
      y18n: ours("src/cli/yargs/texts.ts"),
    },
  },
  test: {
    server: { deps: { inline: ["yargs"] } },
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/seed.ts"],
    globalSetup: ["test/support/global-setup.ts"],
    // Proofs start nginx and php-fpm, and some wait for a timeout of theirs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Processes, not threads: a test may change its directory or be ended by a signal.
    pool: "forks",
    // Proofs mostly wait, so a second file is worth it on two cores, too.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ["default", ...annotations, "./test/support/summary-reporter.ts"],
  },
});
