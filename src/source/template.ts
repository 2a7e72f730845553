/**
 * Template languages in configuration that is not rendered yet: Jinja, Liquid, Go, mustache,
 * Handlebars, ERB, EPP, PHP, Blade, Mako, shell variables with `envsubst`, and the `%NAME%`,
 * `__NAME__`, `@NAME@`, `{name}` of install scripts.
 *
 * What a placeholder will be is unknown, so it must neither be read as a value nor be refused.
 */
import { describeMark, type MarkMeaning } from "./template-marks.js";

/** Characters `[start, end)` of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/**
 * `any`: what may stand between double braces. Bounded: a mark is short, and a text full of openings
 * must not take quadratic time.
 */
function markPattern(any: string): string {
  return [
    `\\{\\{!--${any}?--~?\\}\\}`,
    `\\{\\{-?\\s*/\\*${any}?\\*/\\s*-?\\}\\}`,
    `\\{\\{${any}?\\}\\}+`,
    `\\{%${any}?%\\}`,
    "\\{#.{0,500}?#\\}",
    "<%.{0,500}?%>",
    "<\\?(?!xml).{0,500}?\\?>",
    "</?tmpl_\\w+[^>\\n]{0,200}>",
    "\\{/?tmpl_\\w+[^}\\n]{0,200}\\}",
    "\\{!!.{0,200}?!!\\}",
    "\\$\\{[A-Za-z_]\\w*:?[-=?+](?:\\$\\{[^}\\n]{0,200}\\}|[^}\\n]){0,500}\\}",
  ].join("|");
}

/** Words that stand for a value. Not `%E2%`, which is an encoded character, nor `%R%`: access.format has those. */
const NAMES = [
  "%(?![0-9A-Fa-f]{2}%)[A-Za-z_][A-Za-z0-9_]+%",
  "__[A-Z0-9](?:[A-Z0-9_]*[A-Z0-9])?__",
  "@[A-Za-z_][A-Za-z0-9_]*@",
  // Neither `%{mili}d` of access.format nor `\p{Lu}` and `\k{name}` of a regular expression.
  "(?<![%$\\\\{]|\\\\[A-Za-z])\\{[A-Za-z_][\\w.-]*\\}",
].join("|");

const inOneLine = new RegExp(`${markPattern(".{0,500}")}|\\$\\{[A-Za-z_][^}\\n]{0,500}\\}|${NAMES}`, "g");

/** Lines that are template language as a whole: Mako's `% if x:`, Blade's `@if ($x)`. */
const LINES =
  "^[ \\t]*(?:%[ \\t]*(?:if|elif|else|endif|for|endfor|while|endwhile)\\b|@(?:if|elseif|else|endif|unless|endunless|isset|endisset|for|endfor|foreach|endforeach)\\b)[^\\n]*";
/** Of these, only what begins a line goes on in the next: elsewhere `{#` is nginx's comment, and comments speak of `<?`. */
const OVER_LINES =
  "^[ \\t]*(?:\\{#[\\s\\S]{0,4000}?#\\}|<%[\\s\\S]{0,2000}?%>|<\\?(?!xml)[\\s\\S]{0,2000}?\\?>)";
const anywhere = new RegExp(
  `${LINES}|${OVER_LINES}|${markPattern("[\\s\\S]{0,2000}")}|\\$\\{[A-Z_][A-Z0-9_]*\\}|${NAMES}`,
  "gm",
);

/** The text with every placeholder replaced by as many letters, and where they stand. For line-wise languages. */
export function maskPlaceholders(text: string): { readonly text: string; readonly masked: readonly Range[] } {
  const masked: Range[] = [];
  const filled = text.replace(inOneLine, (found, start: number) => {
    masked.push({ start, end: start + found.length });
    return "x".repeat(found.length);
  });
  return { text: filled, masked };
}

export function overlaps(ranges: readonly Range[], range: Range): boolean {
  return ranges.some((other) => other.start < range.end && range.start < other.end);
}

/** One piece of template language, and the part of the text that it opens, parts or closes. */
export interface Mark extends Range {
  readonly kind: MarkMeaning["kind"];
  readonly section: Section | null;
}

/** From an opening mark to the one that closes it. */
export interface Section extends Range {
  /** `maybe`: rendered once, never or often. `always`: rendered where it stands. `elsewhere`: not there, or not as it is. */
  readonly body: "maybe" | "always" | "elsewhere";
  /** Number of branches when exactly one of them is rendered, else `null`. */
  readonly branches: number | null;
}

type Draft = MarkMeaning & Range;

/** Every mark of a text, in order; `skipped` are the parts that are in another language (Lua). */
export function readMarks(text: string, skipped: readonly Range[] = []): readonly Mark[] {
  if (!/[{%@]|__|<[%?/t]/.test(text)) return [];
  const drafts: Draft[] = [];
  for (const { 0: raw, index: start } of text.matchAll(anywhere)) {
    const blanks = /^[ \t]*/.exec(raw)?.[0].length ?? 0;
    const range = { start: start + blanks, end: start + raw.length };
    if (!overlaps(skipped, range)) drafts.push({ ...describeMark(raw.slice(blanks)), ...range });
  }
  return paired(complemented(text, drafts));
}

/** `{{/x}}{{^x}}` is what other languages call `else`. */
function complemented(text: string, drafts: readonly Draft[]): readonly Draft[] {
  const found: Draft[] = [];
  for (const draft of drafts) {
    const last = found[found.length - 1];
    const partner =
      last?.kind === "close" &&
      last.family === "section" &&
      draft.kind === "open" &&
      draft.family === "section" &&
      draft.name === last.name &&
      openedAs(found, last.name) !== draft.inverted &&
      text.slice(last.end, draft.start).trim() === "";
    if (partner) {
      found.pop();
      found.push({ ...last, end: draft.end, kind: "else", last: true });
    } else found.push(draft);
  }
  return found;
}

function openedAs(drafts: readonly Draft[], name: string | null): boolean | null {
  return drafts.findLast((draft) => draft.kind === "open" && draft.name === name)?.inverted ?? null;
}

/** Marks with the sections they belong to; an opening without an end, or an end without an opening, says nothing. */
function paired(drafts: readonly Draft[]): readonly Mark[] {
  const sections = new Map<Draft, Section>();
  const open: { readonly draft: Draft; readonly elses: Draft[] }[] = [];
  for (const draft of drafts) {
    if (draft.kind === "open") open.push({ draft, elses: [] });
    if (draft.kind === "else") open.findLast((one) => belongs(one.draft, draft))?.elses.push(draft);
    if (draft.kind !== "close") continue;
    const at = open.findLastIndex((one) => belongs(one.draft, draft));
    const [frame] = at === -1 ? [] : open.splice(at);
    if (frame === undefined) continue;
    const exhaustive = frame.elses.at(-1)?.last === true && !frame.draft.loop;
    const section: Section = {
      start: frame.draft.start,
      end: draft.end,
      body: frame.draft.body,
      branches: exhaustive ? frame.elses.length + 1 : null,
    };
    for (const one of [frame.draft, ...frame.elses, draft]) sections.set(one, section);
  }
  return drafts.map((draft) => {
    const section = sections.get(draft) ?? null;
    const structural = draft.kind === "open" || draft.kind === "else" || draft.kind === "close";
    const kind = structural && section === null ? "quiet" : draft.kind;
    return { start: draft.start, end: draft.end, kind, section };
  });
}

/** `name` is `null` for an `else` or `end` that goes with any opening of its language. */
function belongs(opening: Draft, other: Draft): boolean {
  if (other.name !== null && opening.name !== other.name) return false;
  // `{{else}}` is Go's and Handlebars'.
  return opening.family === other.family || (opening.family === "section" && other.kind === "else");
}

/**
 * A text with each of its placeholders written `${{…}}`, blanks in it normalised: to every reader a
 * variable that nothing defines, and equal for the same placeholder.
 */
export function withPlaceholders(text: string, masked: readonly Range[], from: number): string {
  let written = "";
  let at = from;
  for (const { start, end } of masked) {
    if (start < at || end > from + text.length) continue;
    written += text.slice(at - from, start - from) + placeholderText(text.slice(start - from, end - from));
    at = end;
  }
  return written + text.slice(at - from);
}

/** A text for a guess at what it is: letters for what stands for a value, blanks for the rest. */
export function withoutTemplate(text: string): string {
  let plain = "";
  let at = 0;
  for (const { start, end, kind } of readMarks(text)) {
    plain += text.slice(at, start) + (kind === "value" ? "x" : " ").repeat(end - start);
    at = end;
  }
  return plain + text.slice(at);
}

/** A text in that form with letters in the place of its placeholders, as long as before. */
export function hidePlaceholders(text: string): string {
  return text.includes("${{")
    ? text.replace(/\$\{\{[\s\S]*?\}\}+/g, (found) => "x".repeat(found.length))
    : text;
}

export function hasPlaceholder(text: string): boolean {
  return text.includes("${{");
}

/** One placeholder in that form. Shell variables keep the form that nginx has for its own. */
export function placeholderText(raw: string): string {
  if (/^\$\{?\w+\}?$/.test(raw)) return raw;
  const inner = /^(?:\{\{\{?[-~]?([\s\S]*?)[-~]?\}\}+|\$\{([\s\S]*)\})$/.exec(raw);
  const text = inner?.[1] ?? inner?.[2] ?? raw.replace(/^(<%=+)|[-~]?%>$/g, "$1");
  const normal = text
    .trim()
    .replace(/\s+/g, " ")
    .replace(/ ?([|,()=]) ?/g, "$1");
  return `\${{${normal}}}`;
}

/**
 * Whether a text is (or may be) a template: a single `{name}` counts as scripts replace it; in a
 * real file a brace is followed by a blank, a digit or a `;` further on.
 */
export function isTemplate(text: string): boolean {
  return /\{\{|\{%|<%|\{#|(?<!\$)\{[A-Za-z_][\w.-]*\}/.test(text);
}
