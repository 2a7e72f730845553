/**
 * The document of `fpmlint trace`: bytes and seconds, `null` where something is unknown or there is none. Its shape
 * is a promise: keys are added, never changed.
 */
export interface TraceReport {
  readonly version: 1;
  readonly host: string;
  readonly request: {
    readonly method: string;
    readonly target: string;
    readonly protocol: string;
    readonly headers: readonly { readonly name: string; readonly value: string }[];
    readonly bodyLength: number | null;
    readonly tls: boolean;
    readonly port: number | null;
  };
  /** What a reader should know first. Other keys depend on the kind. */
  readonly notes: readonly { readonly kind: "port" | "name" | "form"; readonly text: string }[];
  /** Directories that are taken to be there. */
  readonly presumed: readonly string[];
  /** What was not read is taken to change nothing. */
  readonly supposed: boolean;
  /** Why the first server was taken where nginx's own reason is not known; `null`: it is. */
  readonly picked: "default" | "first" | null;
  /** At least one, the likeliest first; one where the files are known. */
  readonly ways: readonly TracedWayReport[];
}

export interface TracedWayReport {
  readonly outcome: OutcomeReport;
  /** Some file would have to be what its name does not say. */
  readonly unlikely: boolean;
  readonly rests: readonly RestReport[];
  /** In order. */
  readonly steps: readonly ({ readonly kind: string; readonly text: string } & At)[];
  /** Empty: PHP does not answer. */
  readonly pools: readonly TracedPoolReport[];
}

/** A place in a file, from 1; all `null`: nothing is written for it. */
export interface At {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** What the way rests on. */
export interface RestReport {
  readonly kind: "path" | "executable" | "auth";
  readonly path: string | null;
  /** What the path is one of; for the other kinds whether it is so. */
  readonly is: readonly ("file" | "directory" | "missing")[] | boolean;
  readonly text: string;
}

/** How a request ends. */
export type OutcomeReport = { readonly text: string } & (
  | {
      readonly kind: "file";
      readonly status: number;
      readonly path: string;
      readonly listing: boolean;
      readonly mimeType: string | null;
    }
  | ({
      readonly kind: "php";
      /** `null`: the script's own. */
      readonly status: number | null;
      readonly address: string | null;
      readonly location: string;
      readonly method: string;
      readonly uri: string;
      readonly args: string;
      readonly bodyLength: number | null;
      readonly params: readonly {
        readonly name: string;
        readonly value: string | null;
        /** Why the value is unknown; `null`: it is known. */
        readonly reason: string | null;
        /** It is a header of the request. */
        readonly header: boolean;
      }[];
      readonly cache: CacheReport | null;
    } & At)
  | ({
      readonly kind: "status";
      readonly status: number;
      /** `return`, `not-found`, `denied` …: each is one log line or directive. */
      readonly reason: string;
      readonly redirect: string | null;
      readonly body: string | null;
    } & At)
  | {
      readonly kind: "proxy";
      readonly address: string | null;
      readonly target: string | null;
      readonly method: string;
    }
  | ({ readonly kind: "unknown"; readonly reason: string } & At)
);

export interface CacheReport extends At {
  readonly zone: string | null;
  readonly key: string | null;
  readonly reason: string | null;
  readonly bypass: CacheConditionReport;
  readonly noCache: CacheConditionReport;
}

export interface CacheConditionReport extends At {
  /** `null`: unknown. */
  readonly holds: boolean | null;
  readonly word: string | null;
}

export interface TracedPoolReport extends At {
  /** `null`: no pool of the host is known to listen there. */
  readonly pool: string | null;
  readonly answer: AnswerReport | null;
  readonly unlikely: boolean;
  readonly rests: readonly RestReport[];
  /** Where an `error_page` takes the place of the answer, how the request ends. */
  readonly instead: readonly OutcomeReport[];
  readonly limits: readonly LimitReport[];
  /** Who gives up first on a script that waits; `null`: nobody, or unknown. */
  readonly waiting: GivesUpReport | null;
  /** The same for a script that computes. */
  readonly computing: GivesUpReport | null;
  /** A limit on time is unknown. */
  readonly open: boolean;
}

/** What PHP-FPM does. */
export type AnswerReport =
  | {
      readonly kind: "runs";
      readonly script: string;
      /** `$_SERVER`; a `null` value is unknown. */
      readonly server: readonly { readonly name: string; readonly value: string | null }[];
    }
  | ({
      readonly kind: "refused";
      readonly status: number;
      readonly reason: string;
      readonly path: string;
    } & At)
  | ({ readonly kind: "page"; readonly page: "status" | "ping" } & At)
  | { readonly kind: "blank" }
  | ({ readonly kind: "unknown"; readonly reason: string } & At);

export interface LimitReport extends At {
  readonly daemon: string;
  readonly setting: string;
  /** `null`: unlimited, or unknown. */
  readonly value: number | null;
  readonly unlimited: boolean;
  readonly unit: "bytes" | "seconds";
  readonly default: boolean;
  readonly reason: string | null;
  readonly what: string;
  /** What the client gets above it. */
  readonly beyond: string;
}

export interface GivesUpReport {
  readonly daemon: string;
  readonly setting: string;
  /** Seconds. */
  readonly after: number;
  readonly beyond: string;
}
