import type { Place, SourceFile, Span } from "../source/file.js";

/** A word of a directive, by nginx's own token rules. */
export interface Word {
  /** Decoded: quotes removed, `\"` `\'` `\\` `\t` `\r` `\n` resolved, every other backslash kept. */
  readonly text: string;
  /** The characters in the file, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | null;
}

/** A directive of one file; its children only when it is a block of directives. */
export interface Directive {
  readonly name: Word;
  readonly args: readonly Word[];
  /** From the first character of the name to one past the `;` or `}`; of a truncated block, as far as it was read. */
  readonly start: number;
  readonly end: number;
  /** `null` for a simple directive. Lua blocks have an empty body. */
  readonly block: readonly Directive[] | null;
  /** The block was open when reading stopped, so that what follows in it is not known. */
  readonly truncated: boolean;
}

export interface NginxFault {
  readonly span: Span;
  /** What is wrong, lower case, in our words. */
  readonly message: string;
  /** A literal part of what `nginx -t` prints for it. */
  readonly log: string;
  readonly help: string;
  /** The other end: the block that is not closed, the word that lacks its `;`. `null` when there is none to show. */
  readonly other: { readonly span: Span; readonly message: string } | null;
}

/** One file, parsed once however often it is included. */
export interface NginxText {
  readonly file: SourceFile;
  readonly directives: readonly Directive[];
  /** nginx stops at the first one, so there is one or none. */
  readonly fault: NginxFault | null;
}

/** One occurrence of a directive in the host: a snippet included from five servers gives five. */
export interface Node {
  readonly directive: Directive;
  readonly file: SourceFile;
  readonly name: string;
  /** The enclosing block; `null` for the root. */
  readonly parent: Node | null;
  /** Children with every `include` replaced by what it brought, in nginx's order; empty for simple directives. */
  readonly children: readonly Node[];
  /** The `include` lines that led here, outermost first. */
  readonly via: readonly Span[];
  /** Something that belongs in this block was not read: the block is truncated, or an include in it was not readable. */
  readonly partial: boolean;
}

/** One `include` at one occurrence, and what it brought. */
export interface NginxInclude {
  readonly pattern: string;
  readonly place: Place;
  /** Number of files that were read for it. */
  readonly files: number;
  /** A glob that matches nothing: fine for nginx. `directory`: whether the directory it looks in exists in the tree. */
  readonly noMatch: { readonly directory: boolean } | null;
  /** What it names but could not bring. */
  readonly problems: readonly IncludeProblem[];
}

export interface IncludeProblem {
  /** As reports print it. */
  readonly path: string;
  /**
   * `missing`: nothing there, nginx refuses to start. `refused`: something nginx refuses to read (a
   * directory, a loop). `unread`: this process could not or must not open it.
   */
  readonly kind: "missing" | "refused" | "unread";
  readonly reason: string;
}
