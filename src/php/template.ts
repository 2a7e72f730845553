/**
 * Template languages in configuration that is not rendered yet: Jinja, ERB, Go, Handlebars, shell
 * variables, and the `%NAME%`, `__NAME__`, `@NAME@` of install scripts.
 *
 * What a placeholder will be is unknown, so it must neither be read as a value nor be refused.
 */
import type { Range } from "./grammar.js";

/** Bounded: a placeholder is short, and a text full of openings must not take quadratic time. */
const placeholder = new RegExp(
  [
    "\\{\\{.{0,500}?\\}\\}+",
    "\\{%.{0,500}?%\\}",
    "\\{#.{0,500}?#\\}",
    "<%.{0,500}?%>",
    "<\\?.{0,500}?\\?>",
    "\\$\\{[A-Za-z_][^}\\n]{0,500}\\}",
    // Three characters at least: access.format has `%R%` and the like.
    "%[A-Za-z_][A-Za-z0-9_]{2,}%",
    "__[A-Z0-9](?:[A-Z0-9_]*[A-Z0-9])?__",
    "@[A-Za-z_][A-Za-z0-9_]*@",
  ].join("|"),
  "g",
);

const controlTag = /^(?:\{%.*?%\}|\{#.*?#\}|<%(?!=).*?%>|<\?(?!=).*?\?>|\{\{.*?\}\}+)\s*/;
const opening =
  /^(?:#\s*)?(?:if|unless|for|foreach|each|while|range|with|case|switch|block|macro|call|filter)\b/;
const blockOpening = /(?:\bdo(?:\s*\|[^|]*\|)?|\{(?:\s*\|[^|]*\|)?|:)\s*$/;
const closing = /^(?:end\w*\b|\/|\})/;
const neutral =
  /^(?:else|elif|elsif|elseif|when|\^|!|>|\/\*|define|template|set|include|import|extends|from|raw|endraw)/;

/** The text with every placeholder replaced by as many letters, and where they stand. */
export function maskPlaceholders(text: string): { readonly text: string; readonly masked: readonly Range[] } {
  const masked: Range[] = [];
  const filled = text.replace(placeholder, (found, start: number) => {
    masked.push({ start, end: start + found.length });
    return "x".repeat(found.length);
  });
  return { text: filled, masked };
}

export function overlaps(ranges: readonly Range[], range: Range): boolean {
  return ranges.some((other) => other.start < range.end && range.start < other.end);
}

/** What a whole line of template language does to the lines after it. */
export interface TemplateLine {
  /** Conditions or loops it opens, less those it closes. */
  readonly depth: number;
  /** `true` when it may put any number of settings in its place: `{{ extra_settings }}`. */
  readonly gap: boolean;
}

/** Reads a line made of template tags only; `null` when it is anything else. */
export function templateLine(line: string): TemplateLine | null {
  let rest = line.trim();
  if (rest === "") return null;
  let depth = 0;
  let gap = false;
  while (rest !== "") {
    const tag =
      controlTag.exec(rest)?.[0] ??
      /^(?:\$\{[A-Za-z_][^}]*\}|__[A-Z0-9_]+__|@\w+@|%\w{3,}%|<[%?]=.*?[%?]>)\s*$/.exec(rest)?.[0];
    if (tag === undefined) return null;
    rest = rest.slice(tag.length);
    const effect = tagEffect(tag.trim());
    depth += effect.depth;
    gap ||= effect.gap;
  }
  return { depth, gap };
}

function tagEffect(tag: string): TemplateLine {
  const quiet = { depth: 0, gap: false };
  if (tag.startsWith("{#")) return quiet;
  const inner = /^(?:\{\{\{?|\{%|<%|<\?(?:php)?)[-~+]?\s*(.*?)\s*[-~+]?(?:\}\}+|%\}|%>|\?>)$/.exec(tag)?.[1];
  if (inner === undefined) return { depth: 0, gap: true };
  if (closing.test(inner)) return { depth: -1, gap: false };
  if (neutral.test(inner)) return { depth: 0, gap: /^(?:include|import|template|>)/.test(inner) };
  if (opening.test(inner) || (tag.startsWith("<") && blockOpening.test(inner)))
    return { depth: 1, gap: false };
  if (!tag.startsWith("{{")) return quiet;
  return { depth: 0, gap: !/\bansible_managed\b|\bcomment\b/.test(inner) };
}

/** A tag that begins on this line and ends on a later one: the text that ends it, else `null`. */
export function unfinishedTag(line: string): string | null {
  const start = line.trimStart();
  for (const [open, close] of [
    ["{%", "%}"],
    ["{#", "#}"],
    ["{{", "}}"],
    ["<%", "%>"],
    ["<?", "?>"],
  ] as const) {
    if (start.startsWith(open) && !start.includes(close)) return close;
  }
  return null;
}

const conditionTag =
  "\\{%.{0,500}?%\\}|\\{\\{[-~]?\\s*(?:[#/^]|if\\b|else\\b|end\\b|range\\b|with\\b).{0,500}?\\}\\}|<%(?!=).{0,500}?%>";
const atTheEdges = new RegExp(`^(?:\\s*(?:${conditionTag}))+|(?:(?:${conditionTag})\\s*)+$`, "g");

/**
 * `{% if x %}key = value{% endif %}` with tabs in the place of the tags: as long as before, and
 * blanks that may also stand before a section header.
 */
export function withoutControlTags(line: string): string {
  return line.replace(atTheEdges, (tags) => "\t".repeat(tags.length));
}
