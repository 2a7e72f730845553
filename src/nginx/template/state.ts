import type { Section } from "../../source/template.js";
import type { Branch } from "../types.js";

/** The open blocks, the innermost first. */
export interface Heads {
  /** Where the directive began. */
  readonly start: number;
  readonly outer: Heads | null;
  /** How many there are. */
  readonly depth: number;
}

/** Where a reader of nginx's words is. */
export interface State {
  /** Where the directive began that is being read; `null` between directives. */
  readonly statement: number | null;
  readonly word: boolean;
  readonly heads: Heads | null;
}

/** A condition of the template that has begun and not ended yet. */
export interface OpenCondition {
  readonly section: Section;
  readonly branch: Branch;
  readonly before: State;
  /** Least number of open blocks in any branch so far; the conditions in it hand theirs on when they end. */
  least: number;
  /** Where the branch begins. */
  from: number;
  /** One branch ends elsewhere than where it began: within a directive, or with other blocks open. */
  uneven: boolean;
  /** The end of the first branch that does, which stands for all. */
  end: State | null;
}

/** What is left out until the directives are back on the level `depth`. */
export interface Unread {
  readonly start: number;
  readonly depth: number;
  /** It was uneven within a directive, so that what follows in the same line belongs to it. */
  readonly inside: boolean;
}

export function openCondition(section: Section, branch: Branch, before: State): OpenCondition {
  const least = depthOf(before.heads);
  return { section, branch, before, least, from: section.start, uneven: false, end: null };
}

export function depthOf(heads: Heads | null): number {
  return heads?.depth ?? 0;
}

/** The open block that has so many around it; `null`: there are not so many. */
export function headAt(heads: Heads | null, depth: number): Heads | null {
  let head = heads;
  while (head !== null && head.depth > depth + 1) head = head.outer;
  return head?.depth === depth + 1 ? head : null;
}
