import type { NginxVersion } from "../../../nginx/facts/version.js";
import type { Match } from "../../../nginx/location/captures.js";
import type { Node } from "../../../nginx/types.js";
import type { Place } from "../../../source/file.js";
import type { Choices } from "./choices.js";
import type { Outcome, Request, StatusReason, Step, Value, Way } from "./types.js";

/** What nginx keeps of a request while it goes through the phases. */

export interface State {
  readonly request: Request;
  readonly server: Node;
  /** How many hops and subrequests led here. */
  readonly depth: number;
  /** Of the request that was sent; a subrequest has another one. */
  readonly main: boolean;
  readonly choices: Choices;
  /** Takes a request of nginx's own, or one at another server of the host, through all phases. */
  readonly run: (state: State) => Outcome;
  readonly steps: Step[];
  /** The directory from which relative paths count; `null`: unknown. */
  readonly prefix: string | null;
  readonly version: NginxVersion;
  readonly php: PhpAnswers;
  /** The block whose directives apply; the server itself where no location matches. */
  block: Node;
  /** The location that was chosen; `null`: the server itself. */
  location: Node | null;
  /** The directive that answers, where one does: a `*_pass` and the like. */
  handler: Node | null;
  method: string;
  /** What `$request_method` says: in a subrequest it is that of the request around it. */
  shownMethod: string | null;
  uri: string;
  args: string;
  /** The URI as it was sent may still be passed on. */
  validUnparsed: boolean;
  readonly unparsed: string;
  readonly quoted: boolean;
  readonly plus: boolean;
  internal: boolean;
  /** How many more times nginx changes the URI before it gives up. */
  changes: number;
  uriChanged: boolean;
  /** `false`: a rewrite with `break` changed the URI, so that it no longer begins as its location does. */
  validLocation: boolean;
  /** try_files set the URI below an alias with a regular expression. */
  addUriToAlias: boolean;
  /** The status that counts instead of the one that is found; 0: none. */
  errStatus: number;
  /** An error page was looked up, and a second one is not. */
  errorPage: boolean;
  captures: Match | null;
  /** Variables that `set` and named groups gave, and those that nginx works out once. */
  readonly values: Map<string, Value>;
  /** How many variables are being worked out, each for the one before it. */
  nested: number;
  /** What `fastcgi_split_path_info` made of the URI; `null`: not asked yet. */
  split: { readonly script: string; readonly pathInfo: string } | null;
  /** The `Location` that a redirect sends. */
  redirect: Value | null;
  bodyLength: number | null;
}

/** What FastCGI applications answer to a request and its subrequests, as far as somebody asks. */
export interface PhpAnswers {
  /** By how many were asked before; absent: nobody says. */
  readonly statuses: readonly (GivenStatus | undefined)[];
  /** How many were asked so far. */
  asked: number;
  /** The ways from here on if that application answers this. */
  readonly next: (status: GivenStatus, index: number) => readonly Way[];
}

export interface GivenStatus {
  readonly status: number;
  /** nginx itself found it, because the application did not answer. */
  readonly own: boolean;
}

/** What a phase says about how to go on. */
export type Next =
  /** The next phase. */
  | { readonly go: "on" }
  | { readonly go: "redirect"; readonly uri: string; readonly args: string }
  | { readonly go: "named"; readonly name: string; readonly place: Place | null }
  | {
      readonly go: "status";
      readonly status: number;
      readonly reason: StatusReason;
      readonly place: Place | null;
    }
  | { readonly go: "done"; readonly outcome: Outcome };

export const ON: Next = { go: "on" };

export function status(code: number, reason: StatusReason, place: Place | null): Next {
  return { go: "status", status: code, reason, place };
}

/** Thrown where the way cannot be told from the files. */
export class Lost extends Error {
  constructor(
    readonly reason: string,
    readonly place: Place | null,
  ) {
    super(reason);
  }
}

/** The text of a value on which the way depends. */
export function needed(value: Value, place: Place | null): string {
  if (value.text === null) throw new Lost(value.reason, place);
  return value.text;
}

export function knownValue(text: string): Value {
  return { text, reason: "" };
}

export function unknownValue(reason: string): Value {
  return { text: null, reason };
}
