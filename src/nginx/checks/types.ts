import type { DirectiveFact } from "../facts/directives.js";
import type { NginxVersion } from "../facts/version.js";
import type { Node, Word } from "../types.js";

/** What `nginx -t` refuses about the words of one directive, and what it takes to tell. */

/** By what nginx says, and so by what went wrong. */
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
  /** The line of a block that holds the word, which may be in another file; the directive itself when not given. */
  readonly line?: Node;
  /** Lower case, no full stop. */
  readonly message: string;
  readonly help: string;
  /** The words that nginx would have taken, where these are few: one of them may have been meant. */
  readonly choices?: readonly string[];
  /** The other directive of a contradiction. */
  readonly other?: { readonly node: Node; readonly message: string };
  /** `false`: it rests on a guess about the host, which `settle` names. */
  readonly settle?: string;
}

/** A directive that nginx knows where it stands, with as many arguments as it takes. */
export interface Checked {
  readonly node: Node;
  readonly fact: DirectiveFact;
  /** Letters of the contexts it may stand in, see facts.ts. */
  readonly contexts: string;
  readonly scope: Scope;
}

export type Check = (one: Checked) => Refusal | null;

/** What a check must know of the rest of the configuration. */
export interface Scope {
  readonly root: Node;
  readonly version: NginxVersion;
  /** Every file of the configuration was read, so that what is nowhere is not there. */
  readonly complete: boolean;
  /** A module that is not nginx's own, or a template, may define variables and more. */
  readonly foreign: boolean;
  /** There is an http server: what http level hands down is checked. */
  readonly hasServers: boolean;
  /** Every mention of a shared memory zone, in nginx's order. */
  readonly zones: readonly Zone[];
  /** `access_log` directives whose format no `log_format` before them defines. */
  readonly formatless: ReadonlySet<Node>;
  readonly threadPools: ReadonlySet<string>;
  /** Variables that the configuration defines, in lower case. */
  readonly variables: ReadonlySet<string>;
}

/** Shared memory zones: declared by one directive, used by others, and of one kind and one size each. */
export interface Zone {
  readonly name: string;
  /** What it is for; nginx lets no two uses share a zone. */
  readonly use: string;
  /** Bytes; 0 where it is only used. */
  readonly size: bigint;
  readonly node: Node;
  readonly word: Word;
}
