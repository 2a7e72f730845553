import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { GROUPS, groupOf } from "../../src/doctor/check.js";
import { checks } from "../../src/doctor/checks/index.js";
import { lintWith } from "../../src/lint.js";
import { rulesMarkdown } from "../../src/report/explain/markdown.js";
import { text } from "../../src/report/text.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { twinsOf } from "../rules/support/twins.js";
import { runCommand } from "../support/run-command.js";
import { checkSection } from "./section.js";

/** What the pages say of rules and output is made from the rules and the output. FPMLINT_UPDATE=1 writes it anew. */

const top = fileURLToPath(new URL("../..", import.meta.url));

/** What configurations of public repositories have most often, and what people ask about most. */
const MET_MOST = [
  "connect/listen-mismatch",
  "socket/permission-denied",
  "timeout/read-below-terminate",
  "timeout/terminate-below-read",
  "buffer/body-limit-mismatch",
  "buffer/header-too-small",
  "fastcgi/script-filename",
  "fastcgi/source-exposed",
  "pool/memory-oversubscribed",
  "fpm/unknown-setting",
];

/** Each with its gravest case: what users see, and what it is. */
function rulesMetMost(): string {
  const rows = MET_MOST.map((id) => {
    const rule = rules.find((one) => one.id === id);
    if (rule === undefined) throw new Error(`no rule ${id}`);
    const symptoms = Object.values(rule.cases).flatMap(({ symptom }) => symptom ?? []);
    const [status] = symptoms.flatMap((one) => one.status ?? []);
    const seen =
      status ?? (symptoms.some(({ when }) => when === "start") ? "nothing: it does not start" : "-");
    return `| [${id}](rules/README.md#${id.replace("/", "")}) | ${seen} | ${rule.docs.title} |`;
  });
  return `${["| rule | clients get | what |", "| --- | --- | --- |", ...rows].join("\n")}\n`;
}

test("the README lists the rules that people meet most", () => {
  checkSection("README.md", "rules", rulesMetMost());
});

test("the catalogue has every rule's page", () => {
  checkSection(
    "rules/README.md",
    "rules",
    `${rulesMarkdown(rules, (rule) => twinsOf(rule, fixtures())).trim()}\n`,
  );
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
  checkSection("README.md", "example", `\n\`\`\`text\n${frame.trimEnd()}\n\`\`\`\n\n`);
});

test("the calculator's page shows what really prints", async () => {
  const words = ["capacity", "etc", "--ram", "4G", "--worker-size", "60M", "--worker-size", "shop=80M"];
  const demand = ["--rate", "shop=80/s", "--mean", "250ms"];
  const { status, out: shown } = await runCommand([...words, ...demand], {
    rules,
    validators,
    workingDirectory: join(top, "fixtures/hosts/three-pools"),
  });
  expect(status).toBe(0);
  checkSection("docs/capacity.md", "capacity", `\n\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n\n`);
});

test("the page about the way of a request shows what really prints", async () => {
  const { status, out: shown } = await runCommand(["trace", "http://blog.example.com/cart?id=3", "etc"], {
    rules,
    validators,
    workingDirectory: join(top, "fixtures/hosts/example"),
  });
  expect(status).toBe(0);
  checkSection("docs/trace.md", "trace", `\n\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n\n`);
});

test("the page about the running machine lists every check", () => {
  const parts = GROUPS.map(([group, name]) => {
    const rows = checks
      .filter((check) => groupOf(check) === group)
      .map(({ id, title, looksAt, fires, silent, cannotTell }) =>
        [
          `**${id}**: ${title}.\n`,
          `- looks at: ${looksAt}`,
          `- fires when: ${fires}`,
          `- silent when: ${silent}`,
          `- cannot tell when: ${cannotTell}\n`,
        ].join("\n"),
      );
    return `### ${name[0]?.toUpperCase()}${name.slice(1)}\n\n${rows.join("\n")}`;
  });
  checkSection("docs/doctor.md", "checks", `\n${parts.join("\n").trimEnd()}\n\n`);
});

test("the page about pictures shows what really prints", async () => {
  const { status, out: shown } = await runCommand(["report", "etc"], {
    rules,
    validators,
    workingDirectory: join(top, "fixtures/hosts/example"),
  });
  expect(status).toBe(0);
  checkSection("docs/report.md", "report", `\n\`\`\`text\n${shown.trimEnd()}\n\`\`\`\n\n`);
});

/** Every page that people write, from the top. */
function pages(): readonly string[] {
  const folders = ["docs", "rules", "src", "test"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  const single = ["README.md", "fixtures/README.md"].filter((path) => existsSync(join(top, path)));
  return [...single, ...folders.filter((path) => path.endsWith(".md"))];
}

function prose(page: string): string {
  return readFileSync(join(top, page), "utf8").replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) =>
    code.replace(/[()[\]#]/g, ""),
  );
}

/** What GitHub links headings by. */
function anchors(page: string): ReadonlySet<string> {
  return new Set(
    [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

test.each(pages())("every link of %s leads somewhere", (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  const broken = links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false;
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? page : join(dirname(page), path);
    if (!existsSync(join(top, target))) return true;
    return anchor !== undefined && !anchors(target).has(anchor);
  });
  expect(broken).toEqual([]);
});

test("the README links to every page of docs", () => {
  const readme = readFileSync(join(top, "README.md"), "utf8");
  const docs = pages().filter((page) => page.startsWith("docs/"));
  expect(docs.filter((page) => !readme.includes(`](${page})`))).toEqual([]);
});
