import type { Place, SourceFile, Span } from "../source/file.js";

/** A word of a directive, by nginx's own token rules. */
export interface Word {
  /**
   * Decoded: quotes removed, `\"` `\'` `\\` `\t` `\r` `\n` resolved, every other backslash kept. A
   * placeholder of a template stands in it as `${{name}}`, to every reader a variable of unknown value.
   */
  readonly text: string;
  /** The characters in the file, quotes included. */
  readonly start: number;
  readonly end: number;
  readonly quote: '"' | "'" | null;
  /**
   * A template makes it, or a part of it. Outside of quotes it may become several words, or none, so
   * neither its value nor the number of words is known.
   */
  readonly placeholder: boolean;
}

/** One branch of a template's condition, or the body of a loop. */
export interface Branch {
  /** Where its first mark stands: the same for all branches of a condition. */
  readonly condition: number;
  readonly index: number;
  /** Number of branches when exactly one of them is there after rendering; `null`: perhaps none, perhaps many times. */
  readonly branches: number | null;
  readonly outer: Branch | null;
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
  /** Template language in the block may stand for any directives. */
  readonly gap: boolean;
  /**
   * The branch of a template's condition, or the loop, in which it stands within its block; `null`:
   * it is always there, once, when the block is.
   */
  readonly branch: Branch | null;
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
  readonly template: TemplateText | null;
  /** The first block that is nested too deep to be read; `null`: all were read. */
  readonly tooDeep: Span | null;
}

/** What template language does to a file. */
export interface TemplateText {
  /** Outside of all blocks it may stand for any directives. */
  readonly gap: boolean;
  /** Parts whose blocks balance only when they are rendered, or that are rendered elsewhere. */
  readonly unread: readonly Span[];
  /** Whether the fault, if there is one, may vanish when the file is rendered. */
  readonly excuses: boolean;
  /** It has conditions, loops or parts that come from elsewhere, not only values. */
  readonly changesText: boolean;
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
  /** Something that belongs in this block was not read: the block is truncated, an include in it was not readable, or a template puts more in. */
  readonly partial: boolean;
  /** As of its directive, or of the `include` that brought it. */
  readonly branch: Branch | null;
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
   * directory, a loop). `unread`: this process could not or must not open it. `template`: which file
   * it means, or what is in it, is known when a template is rendered or a container is built.
   */
  readonly kind: "missing" | "refused" | "unread" | "template";
  readonly reason: string;
  /** A literal part of what `nginx -t` prints for it; `null`: nginx may read it. */
  readonly log: string | null;
  /** The `include` lines that lead from the file back to it; empty when it is no loop. */
  readonly loop: readonly Span[];
}
