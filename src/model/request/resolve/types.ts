import type { Node } from "../../../nginx/types.js";
import type { Place } from "../../../source/file.js";
import type { Address } from "../../address/address.js";

/** What a request is, what nginx makes of it, and what happened on the way. */

/** One request as a client sends it. */
export interface Request {
  /** As sent: `GET`. */
  readonly method: string;
  /** The target of the request line: `/a%20b?x=1`, or `http://name/path`. */
  readonly target: string;
  readonly protocol: "HTTP/1.0" | "HTTP/1.1" | "HTTP/2.0" | "HTTP/3.0";
  /** In order, `Host` among them. Content-Length is not: `bodyLength` says it. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Bytes of the body; `null`: it has none, not even an empty one. */
  readonly bodyLength: number | null;
  readonly tls: boolean;
  /** Where the client connects. The host `*`: whichever address of the machine the name leads to. */
  readonly to: Address;
  /** Who connects; `null`: anybody from outside, so that rules about addresses are unknown but for `all`. */
  readonly from: { readonly address: string; readonly port: number | null } | null;
  /** Whether the client knows the password wherever one is asked for; absent: it sends none. */
  readonly knowsPassword?: boolean;
  /** Whether nginx asks by itself, as for `auth_request` and `mirror`: `internal` lets it in, and nobody else is asked. */
  readonly inner?: boolean;
}

export type FileKind = "file" | "directory" | "missing";

/** What nginx finds at a path. Pure: the same path always gets the same answer. */
export interface Files {
  /** `path` is absolute, or counts from nginx's prefix. `unknown`: both answers are followed. */
  kind(path: string): FileKind | "unknown";
  /** The path behind its links, for `$realpath_root`; absent or `null`: as it is. */
  real?(path: string): string | null;
}

/** An answer that was taken for an unknown one, and on which an outcome rests. */
export type Assumption =
  /** The path is one of these. */
  | { readonly kind: "path"; readonly path: string; readonly is: readonly FileKind[] }
  /** The file may be executed, or not. */
  | { readonly kind: "executable"; readonly path: string; readonly is: boolean }
  /** The subrequest of `auth_request` was answered with 2xx, or with 401. */
  | { readonly kind: "auth"; readonly place: Place; readonly is: boolean };

/** A text in which a part may be unknown: then `null`, with the reason. */
export interface Value {
  readonly text: string | null;
  /** Why it is unknown; empty when it is known. */
  readonly reason: string;
}

/** A parameter that nginx sends to FastCGI. */
export interface SentParam extends Value {
  readonly name: string;
  /** The `fastcgi_param`; `null`: a header of the request. */
  readonly node: Node | null;
}

/** `fastcgi_cache` where it applies. */
export interface CacheUse {
  readonly zone: Value;
  /** An empty one is the same for every request. */
  readonly key: Value;
  /** `fastcgi_cache_bypass`: whether nginx asks without a look into the cache. */
  readonly bypass: CacheCondition;
  /** `fastcgi_no_cache`: whether the answer stays out of it. */
  readonly noCache: CacheCondition;
  readonly place: Place;
}

/** The conditions of a line about the cache, of which one is enough. */
export interface CacheCondition {
  /** `null`: unknown. */
  readonly holds: boolean | null;
  /** The word that decides, as written: the first that holds, or else is unknown; `null`: none. */
  readonly word: string | null;
  /** Where that word is, or the first line; `null`: there is no line. */
  readonly place: Place | null;
}

/** nginx sends a file, or a listing of a directory. */
export interface FileOutcome {
  readonly kind: "file";
  /** As nginx opens it; relative ones count from nginx's prefix. Of a listing the directory with its slash. */
  readonly path: string;
  readonly listing: boolean;
  /** `null`: unknown. */
  readonly mimeType: string | null;
  readonly status: number;
  /** The block whose directives apply. */
  readonly block: Node;
}

/** A FastCGI application gets the request. */
export interface PhpOutcome {
  readonly kind: "php";
  /** The `fastcgi_pass`. */
  readonly pass: Node;
  /** The block whose directives apply: a location, an `if` in one, `limit_except`. */
  readonly block: Node;
  readonly location: Node;
  readonly server: Node;
  /** The argument of `fastcgi_pass` with its variables replaced. */
  readonly address: Value;
  /** In the order in which nginx sends them; PHP-FPM uses the last of several with one name. */
  readonly params: readonly SentParam[];
  /** As nginx now has them: after error_page a POST is a GET. */
  readonly method: string;
  /** Decoded. */
  readonly uri: string;
  readonly args: string;
  /** Bytes of the body that are passed; `null`: unknown. */
  readonly bodyLength: number | null;
  /** The status that error_page puts in the place of PHP's; `null`: PHP's own is sent. */
  readonly status: number | null;
  readonly cache: CacheUse | null;
  /**
   * What becomes of a status that PHP answers: `null` where nginx sends PHP's answer as it is, else what
   * an `error_page` makes of it (`fastcgi_intercept_errors`).
   */
  answered(status: number): readonly Way[] | null;
  /** What becomes of a status that nginx itself finds here: 502, 504 and 413 of a pool that does not answer. */
  failed(status: number): readonly Way[];
}

/** nginx itself answers. */
export interface StatusOutcome {
  readonly kind: "status";
  /** 444: the connection is closed without an answer. */
  readonly status: number;
  /** Why; each stands for one log line or directive. */
  readonly reason: StatusReason;
  /** The `Location` header as it is sent; `null`: there is none. */
  readonly redirect: Value | null;
  /** The text of `return CODE text`; `null`: a page that is built in, or nothing. */
  readonly text: Value | null;
  readonly place: Place | null;
  readonly block: Node;
}

export type StatusReason =
  | "return"
  | "rewrite"
  | "error-page"
  /** No file, no directory, no location that answers. */
  | "not-found"
  | "directory-slash"
  | "location-slash"
  /** A directory without an index. */
  | "no-index"
  | "denied"
  | "auth-basic"
  | "auth-request"
  | "internal"
  | "method"
  | "body-too-large"
  | "cycle"
  | "no-named-location"
  | "try-files"
  | "alias"
  | "bad-request"
  /** The line of the request fits into no buffer. */
  | "uri-too-long"
  /** A line of the header fits into no buffer, or there are too few buffers for all. */
  | "header-too-large"
  | "empty-uri"
  | "https-port"
  | "built-in"
  | "invalid-pass"
  /** What another server or an application of this host answered. */
  | "application"
  /** Values that change while nginx puts the parameters together. */
  | "captures";

/** It leaves this host, or goes on by another protocol. */
export interface ProxyOutcome {
  readonly kind: "proxy";
  readonly pass: Node;
  readonly block: Node;
  /** The argument with its variables replaced. */
  readonly address: Value;
  /** The target that is sent; `null`: unknown, or another protocol than HTTP. */
  readonly target: string | null;
  readonly method: string;
}

/** It cannot be told from the files. */
export interface UnknownOutcome {
  readonly kind: "unknown";
  /** Words that fit after "unknown:". */
  readonly reason: string;
  readonly place: Place | null;
}

export type Outcome = FileOutcome | PhpOutcome | StatusOutcome | ProxyOutcome | UnknownOutcome;

/** One way that the request may go. */
export interface Way {
  readonly outcome: Outcome;
  /** In the order in which it happened. */
  readonly steps: readonly Step[];
  /** What it rests on; empty: it is certain. */
  readonly rests: readonly Assumption[];
}

/** What happened to a request at one point. `place` is where a reader looks, `null` where nothing is written. */
export type Step = { readonly place: Place | null } & (
  | {
      readonly kind: "server";
      readonly server: Node;
      readonly why: "exact" | "leading-wildcard" | "trailing-wildcard" | "regex" | "default" | "only";
      /** The name in the request; empty: it has none. */
      readonly host: string;
    }
  | {
      readonly kind: "location";
      /** `null`: none matches, the server itself answers. */
      readonly location: Node | null;
      readonly why: "exact" | "prefix" | "no-regex" | "regex" | "named" | "none";
      readonly uri: string;
    }
  | { readonly kind: "rewrite"; readonly node: Node; readonly from: string; readonly to: string }
  | { readonly kind: "if"; readonly node: Node; readonly held: boolean }
  | { readonly kind: "set"; readonly node: Node; readonly name: string; readonly value: Value }
  | { readonly kind: "break"; readonly node: Node }
  | { readonly kind: "return"; readonly node: Node; readonly status: number }
  | { readonly kind: "limit-except"; readonly block: Node }
  | { readonly kind: "access"; readonly node: Node; readonly passes: boolean }
  | { readonly kind: "auth-request"; readonly node: Node; readonly status: number | null }
  | {
      readonly kind: "try-files";
      readonly node: Node;
      /** Which argument, from 0. */
      readonly index: number;
      /** The path that is tested, or what the last argument became. */
      readonly path: string;
      readonly answer: "found" | "not-found" | "last";
    }
  | { readonly kind: "index"; readonly path: string; readonly found: boolean }
  | { readonly kind: "error-page"; readonly node: Node; readonly status: number; readonly to: string }
  | { readonly kind: "internal-redirect"; readonly uri: string; readonly args: string }
  | { readonly kind: "named-location"; readonly name: string }
  | { readonly kind: "hop"; readonly node: Node; readonly request: Request }
  | { readonly kind: "fastcgi"; readonly node: Node; readonly address: Value }
  | { readonly kind: "cache"; readonly use: CacheUse }
  | {
      readonly kind: "cache-condition";
      readonly name: "fastcgi_cache_bypass" | "fastcgi_no_cache";
      readonly condition: CacheCondition;
    }
  | { readonly kind: "status"; readonly status: number; readonly reason: StatusReason }
);
