import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { lintWith } from "../../src/lint.js";
import { rulesMarkdown, rulesTable } from "../../src/report/explain/markdown.js";
import { text } from "../../src/report/text.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { twinsOf } from "../rules/support/twins.js";
import { runCommand } from "../support/run-command.js";

/** What the pages say of rules and output is made from the rules and the output. FPMLINT_UPDATE=1 writes it anew. */

const top = fileURLToPath(new URL("../..", import.meta.url));

function section(page: string, name: string): string {
  return (
    new RegExp(`<!-- begin:${name} -->\\n([\\s\\S]*?)<!-- end:${name} -->`).exec(page)?.[1] ?? "(no section)"
  );
}

function check(file: string, name: string, wanted: string): void {
  const path = join(top, file);
  const page = readFileSync(path, "utf8");
  const marked = `<!-- begin:${name} -->\n${wanted}<!-- end:${name} -->`;
  const renewed = page.replace(
    new RegExp(`<!-- begin:${name} -->[\\s\\S]*?<!-- end:${name} -->`),
    () => marked,
  );
  if (process.env.FPMLINT_UPDATE === "1") writeFileSync(path, renewed);
  expect(section(readFileSync(path, "utf8"), name)).toBe(wanted);
}

test("the README's table lists the rules", () => {
  check("README.md", "rules", `${rulesTable(rules).trim()}\n`);
});

test("the catalogue has every rule's page", () => {
  check("rules/README.md", "rules", `${rulesMarkdown(rules, (rule) => twinsOf(rule, fixtures())).trim()}\n`);
});

/** Past that nobody sees what matters: another pair of fixtures, or one made for the page. */
const MOST_CHANGES = 12;

test.each(rules.map((rule) => [rule.id, rule] as const))("%s has two configurations to show", (_id, rule) => {
  const twins = twinsOf(rule, fixtures());
  expect(twins?.changes, twins?.diff).toBeLessThanOrEqual(MOST_CHANGES);
});

test("the README shows what the example really prints", () => {
  const workingDirectory = join(top, "fixtures/hosts/example");
  const outcome = lintWith(rules, validators, { paths: ["etc"], workingDirectory });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  const findings = outcome.result.findings.filter(({ rule }) => rule === "timeout/terminate-below-read");
  const shown = text({ ...outcome.result, findings }, { color: false, unicode: true, width: 100 });
  const frame = shown.slice(0, shown.lastIndexOf("\n\n"));
  check("README.md", "example", `\n\`\`\`text\n${frame.trimEnd()}\n\`\`\`\n\n`);
});

test("the README shows what the calculator really prints", async () => {
  const words = ["capacity", "etc", "--ram", "4G", "--worker-size", "60M", "--worker-size", "shop=80M"];
  const demand = ["--rate", "shop=80/s", "--mean", "250ms"];
  const { status, out: shown } = await runCommand([...words, ...demand], {
    rules,
    validators,
    workingDirectory: join(top, "fixtures/hosts/three-pools"),
  });
  expect(status).toBe(0);
  check("README.md", "capacity", `\n\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n\n`);
});

test("every file that the README links to is there", () => {
  const links = [...readFileSync(join(top, "README.md"), "utf8").matchAll(/\]\(([^)#:]+)\)/g)].map(
    (match) => match[1] ?? "",
  );
  expect(links.filter((link) => !existsSync(join(top, link)))).toEqual([]);
});
