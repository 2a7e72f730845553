import type { Mark, Range, Section } from "../source/template.js";
import { filled, joinedWith, type Lookup, lookup } from "./template-look.js";
import type { Branch } from "./types.js";
import { isBlank } from "./words.js";

/** Where a reader of nginx's words is. */
interface State {
  /** Where the directive began that is being read; `null` between directives. */
  readonly statement: number | null;
  readonly word: boolean;
  /** Where the directives began whose blocks are open. */
  readonly heads: readonly number[];
}

interface Frame {
  readonly section: Section;
  readonly branch: Branch;
  readonly before: State;
  /** Least number of open blocks in any branch so far. */
  least: number;
  /** One branch ends elsewhere than where it began: within a directive, or with other blocks open. */
  uneven: boolean;
  /** The end of the first branch that does, which stands for all. */
  end: State | null;
}

/** What is left out until the directives are back on the level `depth`. */
interface Unread {
  readonly start: number;
  readonly depth: number;
  /** It was uneven within a directive, so that what follows in the same line belongs to it. */
  readonly inside: boolean;
}

/** Goes through a file once, with the eyes of nginx and of the template language together. */
export class TemplateWalk {
  readonly placeholders: Range[] = [];
  readonly gaps: number[] = [];
  unread: readonly Range[] = [];
  readonly branches: (Range & { readonly branch: Branch })[] = [];
  private readonly blanks: Range[] = [];
  private readonly frames: Frame[] = [];
  private state: State = { statement: null, word: false, heads: [] };
  private open: Unread | null = null;
  private at = 0;
  private readonly text: string;
  private readonly marks: Lookup;

  constructor(text: string, marks: readonly Mark[]) {
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
    for (const frame of this.frames) this.leaveOut(frame);
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
      this.between([...heads, statement ?? at]);
    else if (character === "}" && !word) this.between(heads.slice(0, -1));
    else {
      if (character === "\\" && this.marks.at(this.at) === undefined) this.at += 1;
      this.state = { statement: statement ?? at, word: true, heads };
    }
  }

  /** A directive is over. */
  private between(heads: readonly number[]): void {
    this.state = { statement: null, word: false, heads };
    for (const frame of this.frames) frame.least = Math.min(frame.least, heads.length);
    this.settle();
  }

  /** Ends what is left out, when the blocks balance again. */
  private settle(): void {
    const { open, state } = this;
    if (open === null || state.statement !== null || state.heads.length > open.depth) return;
    const follows = /^[ \t]*/.exec(this.text.slice(this.at, this.at + 80))?.[0].length ?? 0;
    const mark = this.marks.at(this.at + follows);
    // Its alternatives stand in the same line: `include {{#a}}x;{{/a}}{{#b}}y;{{/b}}`.
    if (open.inside && mark?.section != null) return;
    this.drop(open.start, this.at);
    this.open = null;
  }

  /** Leaves a part out, and with it what was left out in it before. */
  private drop(start: number, end: number): void {
    this.unread = joinedWith(this.unread, { start, end });
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

  private mark(mark: Mark): void {
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

  private structural(mark: Mark, section: Section): void {
    const inline =
      mark.kind === "open" && this.state.statement !== null && this.marks.isWithinDirective(section);
    if (inline) this.value(section);
    else if (section.body === "maybe") this.conditional(mark, section);
    else this.blank(mark);
  }

  private conditional(mark: Mark, section: Section): void {
    const { state } = this;
    const frame = this.frames[this.frames.length - 1];
    this.blank(mark);
    if (mark.kind === "open") {
      const { branches } = section;
      const branch = { condition: section.start, index: 0, branches, outer: frame?.branch ?? null };
      this.frames.push(frameOf(section, branch, state));
      return;
    }
    if (frame?.section !== section) return;
    this.endBranch(frame, mark);
    if (mark.kind === "else") {
      this.frames.pop();
      this.frames.push({ ...frame, branch: { ...frame.branch, index: frame.branch.index + 1 } });
      this.state = frame.before;
    } else {
      this.frames.pop();
      this.state = frame.end ?? frame.before;
      if (frame.uneven) this.leaveOut(frame);
      this.settle();
    }
  }

  private endBranch(frame: Frame, mark: Mark): void {
    const { before } = frame;
    const even =
      before.statement === null &&
      this.state.statement === null &&
      this.state.heads.length === before.heads.length &&
      frame.least >= before.heads.length;
    if (!even) {
      frame.uneven = true;
      frame.end ??= this.state;
    }
    // Behind the branch before it.
    const last = this.branches.findLast(({ branch }) => branch.condition === frame.branch.condition);
    this.branches.push({ start: last?.end ?? frame.section.start, end: mark.end, branch: frame.branch });
  }

  private leaveOut({ before, section, least }: Frame): void {
    const depth = Math.min(least, before.heads.length);
    const head = before.heads[depth];
    const start = Math.min(
      head ?? section.start,
      before.statement ?? section.start,
      this.open?.start ?? section.start,
    );
    const inside = before.statement !== null && depth === before.heads.length;
    this.open = { start, depth: Math.min(depth, this.open?.depth ?? depth), inside };
  }
}

function frameOf(section: Section, branch: Branch, before: State): Frame {
  return { section, branch, before, least: before.heads.length, uneven: false, end: null };
}
