import type { Range } from "../../source/ranges.js";
import type { Section, TemplateMark } from "../../source/template.js";
import { isBlank } from "../words.js";
import type { BranchRange } from "./branch-parts.js";
import { filled, joinTo, type Lookup, lookup } from "./look.js";
import {
  depthOf,
  type Heads,
  headAt,
  type OpenCondition,
  openCondition,
  type State,
  type Unread,
} from "./state.js";

/**
 * Goes through a file once, with the eyes of nginx and of the template language together. What it
 * makes of one:
 *
 * ```
 * server {
 *   listen {{ port }};          placeholder: becomes letters, `listen xxxxxxxxxx;`
 *   {{ extra }}                 gap: directives may come here; becomes spaces
 *   {% if tls %}                condition opens, one block deep
 *   ssl_certificate a.pem;        branch 0 of 2
 *   {% else %}                    back to where the condition began
 *   return 301 https://b;         branch 1 of 2
 *   {% endif %}                 both ended one block deep: even, so both are read
 *   {% if www %} location / { {% endif %}
 *     root /a; }                uneven: unread from the condition until the blocks balance again
 * }
 * ```
 */
export class TemplateWalk {
  readonly placeholders: Range[] = [];
  readonly gaps: number[] = [];
  readonly unread: Range[] = [];
  readonly branches: BranchRange[] = [];
  private readonly blanks: Range[] = [];
  private readonly conditions: OpenCondition[] = [];
  private state: State = { statement: null, word: false, heads: null };
  private open: Unread | null = null;
  private at = 0;
  private readonly text: string;
  private readonly marks: Lookup;

  constructor(text: string, marks: readonly TemplateMark[]) {
    this.text = text;
    this.marks = lookup(text, marks);
  }

  run(): this {
    while (this.at < this.text.length) {
      const mark = this.marks.at(this.at);
      if (mark === undefined) this.character();
      else this.mark(mark);
    }
    // What is not closed in any way that could be read stays unread.
    for (let index = this.conditions.length - 1; index > 0; index -= 1) this.handOn(index);
    for (const condition of this.conditions) this.leaveOut(condition);
    if (this.open !== null) this.drop(this.open.start, this.text.length);
    return this;
  }

  get masked(): string {
    return filled(this.text, this.placeholders, [...this.blanks, ...this.unread]);
  }

  private character(): void {
    const { at, text } = this;
    const { word, statement, heads } = this.state;
    const character = text.charAt(at);
    this.at += 1;
    if (isBlank(character)) this.state = { ...this.state, word: false };
    else if (character === "#" && !word) this.comment();
    else if ((character === '"' || character === "'") && !word) this.quoted(character);
    else if (character === ";") this.between(heads);
    else if (character === "{" && !(word && text.charAt(at - 1) === "$"))
      this.between({ start: statement ?? at, outer: heads, depth: depthOf(heads) + 1 });
    else if (character === "}" && !word) this.between(heads?.outer ?? null);
    else {
      if (character === "\\" && this.marks.at(this.at) === undefined) this.at += 1;
      this.state = { statement: statement ?? at, word: true, heads };
    }
  }

  /** A directive is over. */
  private between(heads: Heads | null): void {
    this.state = { statement: null, word: false, heads };
    const condition = this.conditions.at(-1);
    if (condition !== undefined) condition.least = Math.min(condition.least, depthOf(heads));
    this.settle();
  }

  /** Ends what is left out, when the blocks balance again. */
  private settle(): void {
    const { open, state } = this;
    if (open === null || state.statement !== null || depthOf(state.heads) > open.depth) return;
    const follows = /^[ \t]*/.exec(this.text.slice(this.at, this.at + 80))?.[0].length ?? 0;
    const mark = this.marks.at(this.at + follows);
    // Its alternatives stand in the same line: `include {{#a}}x;{{/a}}{{#b}}y;{{/b}}`.
    if (open.inside && mark?.section != null) return;
    this.drop(open.start, this.at);
    this.open = null;
  }

  /** Leaves a part out, and with it what was left out in it before. */
  private drop(start: number, end: number): void {
    joinTo(this.unread, { start, end });
  }

  private comment(): void {
    const newline = this.text.indexOf("\n", this.at);
    const end = newline === -1 ? this.text.length : newline;
    while (this.at < end) {
      const mark = this.marks.at(this.at);
      const section = mark?.section ?? null;
      if (mark === undefined) this.at += 1;
      else if (section !== null && section.start === mark.start && section.end <= end) this.at = section.end;
      else if (section?.body === "maybe") this.conditional(mark, section);
      else this.skip(mark);
    }
  }

  private skip({ start, end }: Range): void {
    if (this.text.slice(start, end).includes("\n")) this.blanks.push({ start, end });
    this.at = end;
  }

  private quoted(quote: string): void {
    const start = this.at - 1;
    this.state = { ...this.state, statement: this.state.statement ?? start };
    while (this.at < this.text.length) {
      const mark = this.marks.at(this.at);
      const character = this.text.charAt(this.at);
      if (mark !== undefined) this.placeholder(mark);
      else {
        this.at += character === "\\" && this.marks.at(this.at + 1) === undefined ? 2 : 1;
        if (character === quote) return;
      }
    }
  }

  private placeholder({ start, end }: Range): void {
    this.placeholders.push({ start, end });
    this.at = end;
  }

  private mark(mark: TemplateMark): void {
    const { statement, word } = this.state;
    if (mark.section?.body === "elsewhere" && mark.kind === "open") this.hide(mark.section);
    else if (mark.section !== null) this.structural(mark, mark.section);
    else if (mark.kind === "quiet") word ? this.value(mark) : this.blank(mark);
    else if (statement === null && this.marks.standsAlone(mark)) this.gap(mark);
    else if (mark.kind === "gap" && !word) this.gap(mark);
    else this.value(mark);
  }

  private value(range: Range): void {
    this.state = { ...this.state, statement: this.state.statement ?? range.start, word: true };
    this.placeholder(range);
  }

  private gap(mark: Range): void {
    this.gaps.push(mark.start);
    this.blank(mark);
  }

  private blank({ start, end }: Range): void {
    this.blanks.push({ start, end });
    this.at = end;
  }

  /** A part that is rendered elsewhere, or not as it stands. */
  private hide(section: Section): void {
    if (this.state.statement !== null) this.value(section);
    else {
      this.drop(section.start, section.end);
      this.at = section.end;
    }
  }

  private structural(mark: TemplateMark, section: Section): void {
    const inline =
      mark.kind === "open" && this.state.statement !== null && this.marks.isWithinDirective(section);
    if (inline) this.value(section);
    else if (section.body === "maybe") this.conditional(mark, section);
    else this.blank(mark);
  }

  private conditional(mark: TemplateMark, section: Section): void {
    const { state } = this;
    const condition = this.conditions[this.conditions.length - 1];
    this.blank(mark);
    if (mark.kind === "open") {
      const { branches } = section;
      const branch = { condition: section.start, index: 0, branches, outer: condition?.branch ?? null };
      this.conditions.push(openCondition(section, branch, state));
      return;
    }
    if (condition?.section !== section) return;
    this.endBranch(condition, mark);
    if (mark.kind === "else") {
      this.conditions.pop();
      this.conditions.push({
        ...condition,
        branch: { ...condition.branch, index: condition.branch.index + 1 },
      });
      this.state = condition.before;
    } else {
      this.handOn(this.conditions.length - 1);
      this.conditions.pop();
      this.state = condition.end ?? condition.before;
      if (condition.uneven) this.leaveOut(condition);
      this.settle();
    }
  }

  private endBranch(condition: OpenCondition, mark: TemplateMark): void {
    const { before } = condition;
    const even =
      before.statement === null &&
      this.state.statement === null &&
      depthOf(this.state.heads) === depthOf(before.heads) &&
      condition.least >= depthOf(before.heads);
    if (!even) {
      condition.uneven = true;
      condition.end ??= this.state;
    }
    this.branches.push({ start: condition.from, end: mark.end, branch: condition.branch });
    condition.from = mark.end;
  }

  /** The least number of open blocks also counts for the condition around this one. */
  private handOn(index: number): void {
    const [around, condition] = [this.conditions[index - 1], this.conditions[index]];
    if (around !== undefined && condition !== undefined)
      around.least = Math.min(around.least, condition.least);
  }

  private leaveOut({ before, section, least }: OpenCondition): void {
    const depth = Math.min(least, depthOf(before.heads));
    const start = Math.min(
      headAt(before.heads, depth)?.start ?? section.start,
      before.statement ?? section.start,
      this.open?.start ?? section.start,
    );
    const inside = before.statement !== null && depth === depthOf(before.heads);
    this.open = { start, depth: Math.min(depth, this.open?.depth ?? depth), inside };
  }
}
