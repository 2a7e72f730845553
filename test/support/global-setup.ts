import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = join(dirname(fileURLToPath(import.meta.url)), "../..");

/** The end-to-end tests run the built command, so it must not be older than the sources. */
export default function setup(): void {
  const build = spawnSync(process.execPath, ["esbuild.config.js", "--if-stale"], {
    cwd: top,
    stdio: "inherit",
  });
  if (build.status === 0) return;
  if (process.env.CI) throw new Error("the build failed");
  // Tests of single parts can still run; those of the command must fail instead of passing on an old build.
  for (const name of ["fpmlint.js", "index.js"]) rmSync(join(top, "dist", name), { force: true });
  console.error("The build failed: tests of the built command will fail too.");
}
