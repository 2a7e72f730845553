import type { Finding, Related } from "../../engine/finding.js";
import type { Rule } from "../../engine/rule.js";
import type { FailOn } from "../../engine/severity.js";
import { type Place, type Range, rangeOf } from "../../source/file.js";
import { helpLines } from "../help.js";
import type { ToolMeta } from "../json.js";
import { escapeText } from "../terminal/escape.js";

/** What a writer knows besides the findings. */
export interface Run {
  readonly meta: ToolMeta;
  readonly rules: readonly Rule[];
  /** The name by which the service knows a file; given the name that reports print. */
  readonly named: (display: string) => string;
  /** What the command line says; `null`: nothing. */
  readonly failOn: FailOn | null;
  /** Milliseconds since 1970, when the run ended. */
  readonly now: number;
}

/** The lines of a place, and the file by the service's name. */
export interface Lines extends Range {
  readonly file: string;
}

export function linesOf({ span }: Place, named: Run["named"]): Lines {
  return { file: named(span.file.display), ...rangeOf(span) };
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

/** What a finding says besides its message and place: the other ends, then effect, help and what would settle it. */
export interface Details {
  readonly others: readonly string[];
  /** Empty where there is none, like `settle`. */
  readonly effect: readonly string[];
  readonly help: readonly string[];
  readonly settle: readonly string[];
}

/** A line each, not yet escaped for a format. */
export function detailsOf(finding: Finding, named: Run["named"]): Details {
  return {
    others: others(finding).map(({ place, message }) => `${placeWords(place, named)}: ${message}`),
    effect: finding.effect === "" ? [] : [finding.effect],
    help: helpLines(finding.help).map((row) => (row.startsWith(" ") ? row : `help: ${row}`)),
    settle: finding.settle === null ? [] : [finding.settle],
  };
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
