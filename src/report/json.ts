import type { Finding, LintResult, Related } from "../engine/finding.js";
import { applicable, type Help } from "../engine/help.js";
import { type Place, position, rangeOf } from "../source/file.js";
import { lazily } from "../source/memo.js";
import { changeJson, helpJson, helpLines } from "./help.js";
import { type Rendered, renderEach } from "./rendered.js";
import { escapeMarks } from "./terminal/escape.js";

export interface ToolMeta {
  /** The version of fpmlint. */
  readonly version: string;
}

// Harmless to a JSON parser, not to a terminal that shows the document.
const unsafe = lazily(() => /[\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/gu);

/**
 * A JSON document, indented by two, with a final newline. What would drive a terminal or a CI service
 * is written as an escape of JSON, so that a parser reads the same value.
 */
export function stringify(document: unknown): string {
  const plain = JSON.stringify(document, null, 2);
  const safe = plain.replace(unsafe(), (character) =>
    character
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
  return `${escapeMarks(safe, "\\u0023")}\n`;
}

function range({ span }: Place) {
  return { file: span.file.display, ...rangeOf(span) };
}

function related(role: "link" | "related") {
  return ({ place, message }: Related) => ({ ...range(place), message, role });
}

/** The first way that can be applied by itself. */
function fix(help: Help) {
  const found = applicable(help);
  return found && { safety: found.safety, edits: found.changes.map(changeJson) };
}

function findingJson(finding: Finding) {
  const { symptom } = finding;
  return {
    rule: finding.rule,
    case: finding.case,
    severity: finding.severity,
    message: finding.message,
    symptom: symptom === null ? null : { when: symptom.when, status: symptom.status, log: symptom.log },
    host: finding.host,
    ...range(finding.at),
    label: finding.label,
    via: finding.at.via.map(({ file, start }) => ({ file: file.display, ...position(file, start) })),
    related: [...finding.link.map(related("link")), ...finding.related.map(related("related"))],
    effect: finding.effect,
    help: [...helpLines(finding.help), ...(finding.settle === null ? [] : [finding.settle])].join("\n"),
    ...helpJson(finding.help),
    fix: fix(finding.help),
    certain: finding.certain,
    settle: finding.settle,
    fingerprint: finding.fingerprint,
  };
}

/** The document that programs read. Its shape is a promise: keys are added, never changed. */
export function json(result: LintResult, meta: ToolMeta): string {
  return drawJson(result, meta).text;
}

/** The same, with the findings that could not be written. */
export function drawJson(result: LintResult, meta: ToolMeta): Rendered {
  const { document, failures } = documentOf(result, meta);
  return { text: stringify(document), failures };
}

/** The same as data. */
export function documentOf({ findings, summary }: LintResult, meta: ToolMeta) {
  const { done, failures } = renderEach(findings, findingJson);
  const incomplete = [...summary.incomplete, ...failures];
  const document = {
    version: 1,
    tool: { name: "fpmlint", version: meta.version },
    findings: done,
    summary: {
      errors: summary.errors,
      warnings: summary.warnings,
      infos: summary.infos,
      suppressed: summary.suppressed,
      hosts: summary.hosts,
      files: summary.files,
      locations: summary.locations,
      pools: summary.pools,
      compared: summary.compared,
      notCompared: summary.notCompared.map(({ file, line, location, reason }) => ({
        file,
        line,
        location,
        reason,
      })),
      notEnabled: summary.notEnabled,
      incomplete: incomplete.map(({ file, line, reason, fatal }) => ({ file, line, reason, fatal })),
      links: summary.links.map(({ path, target }) => ({ path, target })),
    },
  };
  return { document, failures };
}
