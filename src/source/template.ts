/**
 * Template languages in configuration that is not rendered yet: Jinja, Liquid, Go, mustache,
 * Handlebars, ERB, EPP, PHP, Blade, Mako, shell variables with `envsubst`, and the `%NAME%`,
 * `__NAME__`, `@NAME@`, `{name}`, `<name>` of install scripts.
 *
 * What a placeholder will be is unknown, so it must neither be read as a value nor be refused.
 */

import { bareWords, isBraced, type Wording } from "./bare-words.js";
import { withoutEnd } from "./ends.js";
import { overlaps, type Range, replaceRanges } from "./ranges.js";
import { describeMark, type MarkMeaning } from "./template-marks.js";
import { scanMarks } from "./template-scan.js";

function letters({ start, end }: Range): string {
  return "x".repeat(end - start);
}

/** The text with every placeholder replaced by as many letters, and where they stand. For line-wise languages. */
export function maskPlaceholders(
  text: string,
  wording: Wording = "usual",
): { readonly text: string; readonly masked: readonly Range[] } {
  const masked = worded(text, scanMarks(text, "line"), wording);
  return { text: replaceRanges(text, masked, letters), masked };
}

/** What of a text's marks counts in a file of this kind, and the words that do without a mark. */
function worded(text: string, marks: readonly Range[], wording: Wording): readonly Range[] {
  if (wording === "usual") return marks;
  if (wording === "host") return marks.filter(({ start, end }) => !isBraced(text.slice(start, end)));
  const bare = bareWords(text).filter((range) => !overlaps(marks, range));
  return bare.length === 0 ? marks : [...marks, ...bare].sort((a, b) => a.start - b.start);
}

/** One piece of template language, and the part of the text that it opens, parts or closes. */
export interface TemplateMark extends Range {
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
export function readMarks(
  text: string,
  skipped: readonly Range[] = [],
  wording: Wording = "usual",
): readonly TemplateMark[] {
  if (wording !== "template" && !/[{%@]|__|<[%?/A-Za-z]/.test(text)) return [];
  const drafts: Draft[] = [];
  for (const range of worded(text, scanMarks(text, "anywhere"), wording)) {
    if (!overlaps(skipped, range))
      drafts.push({ ...describeMark(text.slice(range.start, range.end)), ...range });
  }
  return paired(complemented(text, drafts));
}

/** `{{/x}}{{^x}}` is what other languages call `else`. */
function complemented(text: string, drafts: readonly Draft[]): readonly Draft[] {
  const found: Draft[] = [];
  // How the last part of each name was opened.
  const opened = new Map<string | null, boolean>();
  for (const draft of drafts) {
    const last = found[found.length - 1];
    const partner =
      last?.kind === "close" &&
      last.family === "section" &&
      draft.kind === "open" &&
      draft.family === "section" &&
      draft.name === last.name &&
      opened.get(last.name) !== draft.inverted &&
      text.slice(last.end, draft.start).trim() === "";
    if (partner) {
      found.pop();
      found.push({ ...last, end: draft.end, kind: "else", last: true });
    } else {
      found.push(draft);
      if (draft.kind === "open") opened.set(draft.name, draft.inverted);
    }
  }
  return found;
}

/** Marks with the sections they belong to; an opening without an end, or an end without an opening, says nothing. */
function paired(drafts: readonly Draft[]): readonly TemplateMark[] {
  const sections = new Map<Draft, Section>();
  const open: Opening[] = [];
  for (const draft of drafts) {
    if (draft.kind === "open") open.push({ draft, elses: [] });
    if (draft.kind !== "else" && draft.kind !== "close") continue;
    const at = partner(open, draft);
    if (draft.kind === "else") open[at]?.elses.push(draft);
    if (draft.kind !== "close") continue;
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

interface Opening {
  readonly draft: Draft;
  readonly elses: Draft[];
}

/** Nobody leaves so many openings without an end between two that belong together. */
const FARTHEST = 500;

/** The index of the innermost opening that the other one goes with; -1: there is none. */
function partner(open: readonly Opening[], other: Draft): number {
  for (let at = open.length - 1; at >= Math.max(0, open.length - FARTHEST); at -= 1) {
    const draft = open[at]?.draft;
    if (draft !== undefined && belongs(draft, other)) return at;
  }
  return -1;
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
  const inside = masked
    .map(({ start, end }) => ({ start: start - from, end: end - from }))
    .filter(({ start, end }) => start >= 0 && end <= text.length);
  return replaceRanges(text, inside, ({ start, end }) => placeholderText(text.slice(start, end)));
}

/** A text for a guess at what it is: letters for what stands for a value, blanks for the rest. */
export function withoutTemplate(text: string): string {
  return replaceRanges(text, readMarks(text), (mark) =>
    mark.kind === "value" ? letters(mark) : " ".repeat(mark.end - mark.start),
  );
}

/** Where a text in that form has its placeholders. */
export function placeholderRanges(text: string): readonly Range[] {
  const found: Range[] = [];
  const close = /\}\}+/g;
  for (let start = text.indexOf("${{"); start !== -1; start = text.indexOf("${{", close.lastIndex)) {
    close.lastIndex = start + 3;
    if (!close.test(text)) break;
    found.push({ start, end: close.lastIndex });
  }
  return found;
}

/** A text in that form with letters in the place of its placeholders, as long as before. */
export function hidePlaceholders(text: string): string {
  return hasPlaceholder(text) ? replaceRanges(text, placeholderRanges(text), letters) : text;
}

export function hasPlaceholder(text: string): boolean {
  return text.includes("${{");
}

/** One placeholder in that form. Shell variables keep the form that nginx has for its own. */
export function placeholderText(raw: string): string {
  if (/^\$\{?\w+\}?$/.test(raw)) return raw;
  const normal = innerText(raw)
    .trim()
    .replace(/\s+/g, " ")
    .replace(/ ?([|,()=]) ?/g, "$1");
  return `\${{${normal}}}`;
}

function innerText(raw: string): string {
  if (/^\{\{[\s\S]*\}\}$/.test(raw))
    return withoutEnd(raw, "}")
      .replace(/[-~]$/, "")
      .replace(/^\{\{\{?[-~]?/, "");
  return raw.startsWith("${") && raw.endsWith("}")
    ? raw.slice(2, -1)
    : raw.replace(/^(<%=+)|[-~]?%>$/g, "$1");
}

/**
 * Whether a text is (or may be) a template: a single `{name}` counts as scripts replace it; in a
 * real file a brace is followed by a blank, a digit or a `;` further on.
 */
export function isTemplate(text: string): boolean {
  return /\{\{|\{%|<%|\{#|(?:^|[^$])\{[A-Za-z_][\w.-]*\}/.test(text);
}
