import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import { shareFixtures } from "../build/fixtures.js";

const top = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** What all tests need once: the fixtures written out whole, and the built command. */
export default function setup(project: TestProject): void {
  shareFixtures();
  project.onTestsRerun(async () => shareFixtures());
  build();
}

/** The end-to-end tests run the built command, so it must not be older than the sources. */
function build(): void {
  const made = spawnSync(process.execPath, ["esbuild.config.js", "--if-stale"], {
    cwd: top,
    stdio: "inherit",
  });
  if (made.status === 0) return;
  if (process.env.CI) throw new Error("the build failed");
  // Tests of single parts can still run; those of the command must fail instead of passing on an old build.
  for (const name of ["fpmlint.js", "index.js"]) rmSync(join(top, "dist", name), { force: true });
  console.error("The build failed: tests of the built command will fail too.");
}
