import { basename } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { Finding, Related } from "../../src/engine/finding.js";
import type { NameWord, Rule } from "../../src/engine/rule.js";
import { helpLines } from "../../src/report/help.js";
import { fixtures } from "../build/fixtures.js";
import { fixturesOf } from "../daemons/prove.js";
import { runs, sample } from "../support/sample.js";
import { asksDuring, type CopiedHost, copiedHosts, findingsOf, rebuilt } from "./support/copied-host.js";
import { renamed } from "./support/rename.js";

/**
 * What rules declare of themselves, measured on their fixtures: on all of them in CI, elsewhere on a few of each rule. A rule that does not ask the
 * disk makes no call of the file system while it runs. A rule says the same of a host whose names
 * have other letters, except for the kinds of names that it declares to read.
 */

const KINDS: readonly NameWord[] = ["site", "pool", "account", "directory"];

function hostsOf(rule: Rule): readonly CopiedHost[] {
  const all = fixturesOf(rule.id, fixtures());
  return sample(all, runs(all.length, 3), rule.id).flatMap(({ dir }) => copiedHosts(dir));
}

interface Judged {
  readonly findings: readonly Finding[];
  /** Calls of the file system while the rule ran. */
  readonly asked: number;
}

/** The host was built for this rule alone, so that no answer is remembered from another one. */
function judged(rule: Rule, { host }: CopiedHost): Judged {
  let findings: readonly Finding[] = [];
  const asked = asksDuring(host, () => {
    findings = findingsOf(rule, host);
  });
  return { findings, asked };
}

/** Everything that a finding says and marks. */
function said(finding: Finding): readonly string[] {
  const { rule, case: name, severity, message, at, label, link, related, effect, help, settle } = finding;
  const end = ({ place: { span, via }, message: text }: Omit<Related, "label">): readonly string[] => [
    ...[span, ...via].map(({ file, start, end: to }) => `${file.display} ${start} ${to}`),
    text,
  ];
  const words = [rule, name, severity, message, label ?? "", effect, settle ?? "", ...helpLines(help)];
  return [...words, ...end({ place: at, message: "" }), ...[...link, ...related].flatMap(end)];
}

/** Whether two texts are the same but for words that were replaced. */
function sameText(old: string, now: string, words: ReadonlySet<string>): boolean {
  if (old === now) return true;
  const [before, after] = [old, now].map((text) => text.split(/([^a-z0-9]+)/i));
  return (
    before?.length === after?.length &&
    before?.every((part, at) => part === after?.[at] || words.has(`${part} ${after?.[at]}`)) === true
  );
}

/** What was said of only one of two hosts. */
function difference(
  before: readonly Finding[],
  after: readonly Finding[],
  words: ReadonlySet<string>,
): readonly string[] {
  const left = after.map((one) => ({ one, texts: said(one) }));
  const gone = before.filter((finding) => {
    const texts = said(finding);
    const at = left.findIndex(
      (other) =>
        other.texts.length === texts.length &&
        texts.every((text, index) => sameText(text, other.texts[index] ?? "", words)),
    );
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  return [
    ...gone.map((finding) => `only before: ${said(finding).join(" | ")}`),
    ...left.map(({ texts }) => `only after: ${texts.join(" | ")}`),
  ];
}

function afterRenaming(rule: Rule, copy: CopiedHost, before: Judged, kinds: readonly NameWord[]) {
  const { spec, nodes, words } = renamed(copy, kinds);
  // The copy of a container does not know which file of the tree or of an image is where.
  const said =
    copy.spec.container === undefined
      ? before.findings
      : findingsOf(rule, rebuilt(copy, copy.spec, copy.nodes));
  const different = difference(said, findingsOf(rule, rebuilt(copy, spec, nodes)), words);
  return different.map((text) => `${basename(copy.spec.root)}: ${text}`);
}

/** The kinds whose letters it reads, looked for one by one: for the message of a test that failed. */
function measured(rule: Rule, all: readonly (readonly [CopiedHost, Judged])[]): readonly NameWord[] {
  return KINDS.filter((kind) =>
    all.some(([copy, before]) => afterRenaming(rule, copy, before, [kind]).length > 0),
  );
}

describe.each(rules)("$id", (rule) => {
  let all: readonly (readonly [CopiedHost, Judged])[] = [];
  beforeAll(() => {
    all = hostsOf(rule).map((copy) => [copy, judged(rule, copy)] as const);
  });

  // One that says so may have no fixture that makes it ask.
  test("asks the disk only if it says so", () => {
    const asks = all.some(([, { asked }]) => asked > 0);
    expect(rule.asksDisk || !asks, `${rule.id} should declare asksDisk`).toBe(true);
  });

  test("reads the letters of no other names than it says", () => {
    const kinds = KINDS.filter((kind) => !rule.reads.includes(kind));
    const differences = all.flatMap(([copy, before]) => afterRenaming(rule, copy, before, kinds));
    const hint =
      differences.length === 0
        ? ""
        : `${rule.id} should declare reads: ${JSON.stringify(measured(rule, all))}`;
    expect(differences, hint).toEqual([]);
  });
});
