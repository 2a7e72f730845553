import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeEach, test } from "vitest";
import { fixtures } from "../build/fixtures.js";
import { annotations } from "../report/machine/commands.js";
import { commandIn } from "../support/run-command.js";
import { tree } from "../support/tree.js";
import { checkSection } from "./section.js";

/** What docs/recipes.md says is printed is what is printed of the example. FPMLINT_UPDATE=1 writes it anew. */

const { top } = tree();
const PAGE = "docs/recipes.md";

beforeEach(() => {
  fs.cpSync(join(fixtures(), "hosts/example/etc"), join(top(), "etc"), { recursive: true });
});

const env = (): Record<string, string> => ({ PATH: process.env.PATH ?? "", HOME: top(), CI: "true" });
const run = (...words: readonly string[]) => commandIn(top(), words, { env: env() });
const block = (text: string, kind = "text"): string => `\n\`\`\`${kind}\n${text.trimEnd()}\n\`\`\`\n\n`;

test("pre-commit", async () => {
  const { status, out, err } = await run("--quiet", "--min-severity", "warning");
  // What pre-commit adds; .ci/run has it print the same.
  const head = `fpmlint${".".repeat(66)}Failed\n- hook id: fpmlint\n- exit code: ${status}\n\n`;
  checkSection(PAGE, "pre-commit", block(head + err + out));
});

test("GitHub's action", async () => {
  const { out } = await run("--format", "github");
  const [line = ""] = out.split("\n").filter((one) => annotations(one)[0]?.level === "warning");
  checkSection(PAGE, "github", block(line));
});

test("GitLab's component", async () => {
  await run("--format", "text", "--format", "gitlab=report.json");
  const entries = JSON.parse(fs.readFileSync(join(top(), "report.json"), "utf8")) as { severity: string }[];
  const shown = entries.find(({ severity }) => severity === "minor");
  checkSection(PAGE, "gitlab", block(JSON.stringify(shown, null, 2), "json"));
});

test("npx", async () => {
  const { out, err } = await run("--quiet", "--fail-on", "error", "--min-severity", "error");
  checkSection(PAGE, "npx", block(out + err));
});

test("a branch", async () => {
  const git = (...words: readonly string[]): void => {
    const identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"];
    execFileSync("git", [...identity, ...words], { cwd: top(), env: env(), stdio: "pipe" });
  };
  git("init", "-q");
  git("checkout", "-qb", "main");
  git("add", "-A");
  git("commit", "-qm", "x");
  git("checkout", "-qb", "work");
  git("rm", "-q", "etc/php/8.2/fpm/pool.d/shop.conf");
  git("commit", "-qm", "y");
  const words = ["--quiet", "--min-severity", "warning", "--changed", "main"];
  const { out, err } = await run(...words);
  const typed = "$ git diff --name-status main\nD\tetc/php/8.2/fpm/pool.d/shop.conf\n";
  checkSection(PAGE, "changed", block(`${typed}$ fpmlint ${words.join(" ")}\n${out}${err}`));
});
