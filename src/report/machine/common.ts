import type { Finding, Related } from "../../engine/finding.js";
import type { Rule, Severity } from "../../engine/rule.js";
import { compareSeverity } from "../../engine/severity.js";
import { type Place, position } from "../../source/file.js";
import type { ToolMeta } from "../json.js";
import { escapeText } from "../terminal/escape.js";

/** What a writer knows besides the findings. */
export interface Run {
  readonly meta: ToolMeta;
  readonly rules: readonly Rule[];
  /** The name by which the service knows a file; given the name that reports print. */
  readonly named: (display: string) => string;
  /** Findings at or above it fail a run; `never`: none does. */
  readonly failOn: Severity | "never";
  /** Milliseconds since 1970, when the run ended. */
  readonly now: number;
}

/** Whether a finding fails the run. */
export function fails({ severity }: Finding, failOn: Run["failOn"]): boolean {
  return failOn !== "never" && compareSeverity(severity, failOn) <= 0;
}

/** Lines and columns of a place, which count from 1; the end is one past the last column. */
export interface Lines {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function linesOf({ span: { file, start, end } }: Place, named: Run["named"]): Lines {
  const from = position(file, start);
  const to = position(file, Math.max(start, end));
  return {
    file: named(file.display),
    line: from.line,
    column: from.column,
    endLine: to.line,
    endColumn: to.column,
  };
}

/** The other ends of a finding: the address that ties the halves, then the rest. */
export function others({ link, related }: Finding): readonly Related[] {
  return [...link, ...related];
}

/** `php-fpm/pool.d/shop.conf:9`. */
export function placeWords(place: Place, named: Run["named"]): string {
  const { file, line } = linesOf(place, named);
  return escapeText(`${file}:${line}`);
}

/**
 * The first sentence of a message, with the first other place, for services that show one place:
 * `PHP-FPM kills the request after 30s, but nginx would wait 300s (pool.d/shop.conf:9)`.
 */
export function headline(finding: Finding, named: Run["named"]): string {
  const [first] = finding.related.length > 0 ? finding.related : finding.link;
  const where = first === undefined ? "" : ` (${placeWords(first.place, named)})`;
  return `${escapeText(finding.message)}${where}`;
}
