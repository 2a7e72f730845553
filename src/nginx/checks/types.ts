import type { DirectiveFact } from "../facts/directives.js";
import type { NginxVersion } from "../facts/version.js";
import type { Node, Word } from "../types.js";

/** What `nginx -t` refuses about the words of one directive, and what it takes to know that. */

/** Named after what nginx says, and so after what went wrong. */
export type RefusalKind =
  | "arguments"
  | "flag"
  | "number"
  | "slot"
  | "word"
  | "range"
  | "parameter"
  | "pattern"
  | "variable-name"
  | "unknown-variable"
  | "fixed-variable"
  | "location"
  | "condition"
  | "code"
  | "zone"
  | "zone-unknown"
  | "log-format"
  | "map-line"
  | "percent"
  | "network"
  | "no-servers"
  | "backup"
  | "cache"
  | "listen-option"
  | "account"
  | "events"
  | "connections"
  | "certificate"
  | "other";

export interface Refusal {
  readonly kind: RefusalKind;
  /** What nginx prints, without the place. */
  readonly log: string;
  /** The word that a person would change. */
  readonly word: Word;
  /** The line of a block that has the word, maybe in another file; absent: the directive itself. */
  readonly line?: Node;
  /** Lower case, no full stop. */
  readonly message: string;
  /** One line, or several; those to paste are indented by two spaces. */
  readonly help: string | readonly string[];
  /** The words that nginx would have accepted, where there are few: one of them may have been meant. */
  readonly choices?: readonly string[];
  /** The word that was surely meant: another spelling of the same value. */
  readonly meant?: string;
  /** The other directive of a contradiction. */
  readonly other?: { readonly node: Node; readonly message: string };
  /** What would settle it, a sentence: the refusal rests on a guess about the host then. */
  readonly settle?: string;
}

/** A directive that nginx accepts in its place and with its number of arguments. */
export interface Checked {
  readonly node: Node;
  readonly fact: DirectiveFact;
  /** Letters of the contexts it may be in, see facts.ts. */
  readonly contexts: string;
  readonly scope: Scope;
}

export type Check = (one: Checked) => Refusal | null;

/** What a check must know of the rest of the configuration. */
export interface Scope {
  readonly root: Node;
  readonly version: NginxVersion;
  /** Every file of the configuration was read, so what was not found does not exist. */
  readonly complete: boolean;
  /** A module that is not nginx's own, or a template, may define variables and more. */
  readonly foreign: boolean;
  /** There is an http server, so nginx checks what the http level hands down. */
  readonly hasServers: boolean;
  /** The shared memory zones that a directive mentions. */
  readonly zones: ReadonlyMap<Node, readonly MentionedZone[]>;
  /** `access_log` directives whose format no `log_format` before them defines. */
  readonly formatless: ReadonlySet<Node>;
  readonly threadPools: ReadonlySet<string>;
  /** Variables that the configuration defines, in lower case. */
  readonly variables: ReadonlySet<string>;
}

/** A mention of a zone, and what all mentions of that name say together. */
export interface MentionedZone {
  readonly zone: Zone;
  /** The same object for all mentions. */
  readonly named: {
    /** In nginx's order. */
    readonly first: Zone;
    /** The first mention with a size; `null`: none has one. */
    readonly sized: Zone | null;
  };
}

/** A shared memory zone as one directive mentions it. A zone has one kind and one size in all mentions. */
export interface Zone {
  readonly name: string;
  /** What it is for; two uses cannot share a zone. */
  readonly use: string;
  /** Bytes; 0 where it is only used. */
  readonly size: bigint;
  readonly node: Node;
  readonly word: Word;
}
