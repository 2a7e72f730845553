import type { Pool } from "../../fpm/types.js";
import type { Place } from "../../source/file.js";
import type { Assumption } from "../request/resolve/types.js";

/** What PHP-FPM does with a request that nginx passes to it. */
export type Answer =
  /** The script runs. */
  | {
      readonly kind: "runs";
      /** As PHP-FPM opens it, inside its chroot. */
      readonly script: string;
      /** `$_SERVER` as far as the request decides it, by name; `null`: its value is unknown. */
      readonly server: ReadonlyMap<string, string | null>;
    }
  | {
      readonly kind: "refused";
      readonly status: 403 | 404;
      readonly reason: Refusal;
      /** The setting that is behind it; `null`: no setting is. */
      readonly place: Place | null;
      /** The path that it is about; empty: there is none. */
      readonly path: string;
    }
  /** A page of FPM's own. */
  | { readonly kind: "page"; readonly page: "status" | "ping"; readonly place: Place | null }
  /** Without a REQUEST_METHOD: nothing but a status, which is 404 where there is no script. */
  | { readonly kind: "blank"; readonly status: 200 | 404 }
  | { readonly kind: "unknown"; readonly reason: string; readonly place: Place | null };

export type Refusal =
  /** `File not found.`, in the log "Primary script unknown". */
  | "no-script"
  /** `Access denied.`: `security.limit_extensions`. */
  | "extension"
  /** `No input file specified.` */
  | "open-basedir"
  | "doc-root"
  | "directory"
  | "missing";

/** One answer that is possible, and what it rests on besides what the request already does. */
export interface AnswerWay {
  /** The pool that answers. */
  readonly pool: Pool;
  readonly answer: Answer;
  readonly rests: readonly Assumption[];
}
