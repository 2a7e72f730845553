import type * as Sarif from "sarif";
import type { Finding, Incomplete, LintResult, Related } from "../../engine/finding.js";
import { applicable, type Change } from "../../engine/help.js";
import type { Rule, Severity } from "../../engine/rule.js";
import { gravestFirst } from "../../engine/severity.js";
import { unique } from "../../source/collect.js";
import { shortened } from "../../source/ends.js";
import { type Range, rangeOf } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { gravest, sortedRules } from "../explain/catalogue.js";
import { ruleMarkdown } from "../explain/markdown.js";
import { explainRule } from "../explain/rule.js";
import { helpLines } from "../help.js";
import { stringify } from "../json.js";
import { type Rendered, renderEach } from "../rendered.js";
import { escapeText } from "../terminal/escape.js";
import { type Lines, linesOf, others, type Run } from "./common.js";

/** What GitHub's code scanning takes: results in a run, locations of a result, characters of a description. */
const MOST = { results: 25_000, locations: 1_000, description: 1_024 } as const;

const LEVEL = { error: "error", warning: "warning", info: "note" } as const satisfies Record<
  Severity,
  Sarif.Result.level
>;

const PROBLEM = { error: "error", warning: "warning", info: "recommendation" } as const;

/**
 * SARIF 2.1.0: one run, the gravest results first. Where there are more than GitHub takes, the
 * gravest are kept, and a notification says how many are left out. What was not checked is a
 * notification with its place.
 */
export function drawSarif(result: LintResult, run: Run): Rendered {
  const rules = described(run.rules);
  const indexes = new Map(rules.map(({ id }, index) => [id, index] as const));
  const kept = gravestFirst(result.findings).slice(0, MOST.results);
  const { done, failures } = renderEach(kept, (finding) => resultOf(finding, indexes, run));
  const incomplete = [...result.summary.incomplete, ...failures];
  const left = result.findings.length - kept.length;
  const notifications = [
    ...(left > 0
      ? [notification(`${left} more findings are not listed: no service takes more`, "warning")]
      : []),
    ...incomplete.map((one) => unread(one, run)),
  ];
  const log: Sarif.Log = {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: { name: "fpmlint", semanticVersion: run.meta.version, rules: [...rules] },
        },
        automationDetails: { id: "fpmlint/" },
        columnKind: "utf16CodeUnits",
        invocations: [
          {
            executionSuccessful: !incomplete.some(({ fatal }) => fatal),
            toolExecutionNotifications: notifications,
          },
        ],
        results: [...done],
      },
    ],
  };
  return { text: stringify(log), failures };
}

/** By id, so that the same rules are the same text in every run. */
const described = perKey((rules: readonly Rule[]) => sortedRules(rules).map(descriptor));

function descriptor(rule: Rule): Sarif.ReportingDescriptor {
  const { title, why } = rule.docs;
  const text = explainRule(rule, { color: false, width: 100 });
  const severity = gravest(rule);
  return {
    id: rule.id,
    name: rule.id
      .split(/[/-]/)
      .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
      .join(""),
    shortDescription: { text: shortened(sentence(title), MOST.description) },
    fullDescription: { text: shortened(sentence(why.trim() === "" ? title : why.trim()), MOST.description) },
    help: { text, markdown: ruleMarkdown(rule, null) },
    defaultConfiguration: { level: LEVEL[severity] },
    properties: { tags: tags(rule), precision: "very-high", "problem.severity": PROBLEM[severity] },
  };
}

function tags({ id, cases }: Rule): string[] {
  const when = Object.values(cases).flatMap(({ symptom }) => (symptom === null ? [] : [symptom.when]));
  return unique(["nginx", "php-fpm", id.split("/")[0] ?? id, ...when]);
}

/** With a capital, unless the first word is a name that is written without one. */
function sentence(text: string): string {
  const plainWord = /^[a-z]+[ ,]/.test(text) && !text.startsWith("nginx ");
  const first = plainWord ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function resultOf(finding: Finding, indexes: ReadonlyMap<string, number>, { named }: Run): Sarif.Result {
  const shown = others(finding).slice(0, MOST.locations - 1);
  const fix = fixOf(finding, named);
  const index = indexes.get(finding.rule);
  return {
    ruleId: finding.rule,
    ...(index === undefined ? {} : { ruleIndex: index }),
    level: LEVEL[finding.severity],
    message: { text: message(finding, shown) },
    locations: [{ physicalLocation: physical(linesOf(finding.at, named)) }],
    ...(shown.length === 0
      ? {}
      : {
          relatedLocations: shown.map(({ place, message: said }, at) => ({
            id: at + 1,
            message: { text: plain(said) },
            physicalLocation: physical(linesOf(place, named)),
          })),
        }),
    ...(fix === null ? {} : { fixes: [fix] }),
    partialFingerprints: { "fpmlint/v1": finding.fingerprint },
    properties: { case: finding.case, certain: finding.certain, host: finding.host },
  };
}

/** GitHub shows a related place only where the message links it. */
function message(finding: Finding, shown: readonly Related[]): string {
  const links = shown.slice(0, 10).map(({ message: said }, at) => `[${plain(said)}](${at + 1})`);
  const parts = [
    sentence(plain(finding.message)),
    ...(links.length === 0 ? [] : [`See: ${links.join("; ")}.`]),
    ...(finding.effect === "" ? [] : [sentence(plain(finding.effect))]),
    ...(finding.settle === null ? [] : [sentence(plain(finding.settle))]),
  ];
  return parts.join(" ");
}

/** Brackets begin a link in a message of SARIF. */
function plain(text: string): string {
  return escapeText(text).replace(/[[\]\\]/g, "\\$&");
}

function physical({ file, ...at }: Lines): Sarif.PhysicalLocation {
  return { artifactLocation: artifact(file), region: region(at) };
}

function artifact(file: string): Sarif.ArtifactLocation {
  const uri = file.split("/").map(segment).join("/");
  return file.startsWith("/") ? { uri: `file://${uri}` } : { uri, uriBaseId: "%SRCROOT%" };
}

/** A byte of a name that is not UTF-8 is that byte in the address, too. */
function segment(name: string): string {
  return [...name]
    .map((character) => {
      const point = character.codePointAt(0) ?? 0;
      if (point >= 0xdc80 && point <= 0xdcff) return `%${(point - 0xdc00).toString(16).toUpperCase()}`;
      return encodeURIComponent(character.toWellFormed());
    })
    .join("");
}

function region({ line, column, endLine, endColumn }: Range): Sarif.Region {
  return { startLine: line, startColumn: column, endLine, endColumn };
}

function fixOf(finding: Finding, named: Run["named"]): Sarif.Fix | null {
  const found = applicable(finding.help);
  if (found === null) return null;
  const files = unique(found.changes.map(({ file }) => file));
  return {
    description: {
      text: helpLines({ ways: finding.help.ways.slice(0, 1), notes: [] })
        .map(plain)
        .join("\n"),
    },
    artifactChanges: files.map((file) => ({
      artifactLocation: artifact(named(file.display)),
      replacements: found.changes.filter((change) => change.file === file).map(replacement),
    })),
  };
}

function replacement(change: Change): Sarif.Replacement {
  return { deletedRegion: region(rangeOf(change)), insertedContent: { text: change.text } };
}

function notification(text: string, level: Sarif.Notification.level): Sarif.Notification {
  return { level, message: { text: plain(text) } };
}

function unread({ file, line, reason, fatal }: Incomplete, { named }: Run): Sarif.Notification {
  const location: Sarif.Location = {
    physicalLocation: {
      artifactLocation: artifact(named(file)),
      ...(line === null ? {} : { region: { startLine: line } }),
    },
  };
  return { ...notification(`not checked: ${reason}`, fatal ? "error" : "note"), locations: [location] };
}
