import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { fetchSuite, Unreachable } from "./fetch.js";
import { HELP, type Options, readOptions } from "./options.js";
import { TESTS } from "./tests.js";

/** `npm run daemons`: see README.md beside it. */

const parsed = readOptions(process.argv.slice(2));
if ("help" in parsed) say(HELP.trimEnd());
else if ("wrong" in parsed) {
  process.stderr.write(`${parsed.wrong}. See --help.\n`);
  process.exitCode = 2;
} else process.exitCode = main(parsed.options);

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function main(options: Options): number {
  const failed = options.suites.filter((suite) => !tried(suite, options));
  if (failed.length > 0) process.stderr.write(`failed: ${failed.join(", ")}\n`);
  return failed.length > 0 ? 1 : 0;
}

function tried(suite: string, options: Options): boolean {
  let directory: string;
  try {
    directory = fetchSuite(suite, options.php, resolve(options.cache ?? "node_modules/.cache/daemons"), say);
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    say(`${suite}: ${options.optional ? "skipped, for " : ""}${error.message}`);
    return options.optional;
  }
  for (const command of ["nginx -v", "php-fpm* -v"])
    say(`${suite}: ${firstLine(`${directory}/bin/${command}`)}`);
  if (options.fetchOnly) {
    say(`FPMLINT_DAEMONS=${directory}`);
    return true;
  }
  const env = {
    ...process.env,
    FPMLINT_DAEMONS: directory,
    FPMLINT_REQUIRE_DAEMONS: "1",
    FPMLINT_CASES: process.env.FPMLINT_CASES ?? String(options.cases),
    ...(options.proofs === null ? {} : { FPMLINT_PROOFS: String(options.proofs) }),
  };
  const run = spawnSync("npx", ["vitest", "run", "--no-color", ...TESTS], { env, stdio: "inherit" });
  return run.status === 0;
}

function firstLine(command: string): string {
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  return (stdout + stderr).split("\n")[0] ?? "";
}
