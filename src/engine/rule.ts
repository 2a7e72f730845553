import type { Host } from "../model/host.js";
import type { Place } from "../source/file.js";
import type { HelpDraft } from "./help.js";

/**
 * What a finding means for the requests of the users, worst first.
 *
 * - `error`: a daemon refuses the configuration, or ordinary requests fail now.
 * - `warning`: requests fail under load, with time, with large or slow requests; or somebody can get in.
 * - `info`: surprising and worth knowing.
 */
export type Severity = "error" | "warning" | "info";

/**
 * When the fault shows. `start`: a daemon refuses to start or reload; `always`: every request to that
 * location.
 */
export type When =
  | "start"
  | "always"
  | "slow-request"
  | "large-header"
  | "large-body"
  | "large-response"
  | "saturation"
  | "reload"
  | "attack";

export interface Symptom {
  readonly when: When;
  /** HTTP status the client gets; `null` when there is no response or the status says nothing. */
  readonly status: number | null;
  /** A literal part of the line in a daemon's log; `null` when nothing is logged. */
  readonly log: string | null;
}

/**
 * What users see and search for, apart from the status. `blank page`: no byte of content; `downloads`: PHP
 * source as text or as a download; `permission denied`: words of a log; the three before it are texts that PHP
 * itself sends.
 */
export type Seen =
  | "blank page"
  | "downloads"
  | "redirect loop"
  | "no input file specified"
  | "file not found"
  | "access denied"
  | "permission denied";

/** One way in which a rule can be broken. */
export interface RuleCase {
  readonly severity: Severity;
  /** `null`: the fault has no symptom in requests. */
  readonly symptom: Symptom | null;
  /** One line for the catalogue: what is wrong, in lower case without a full stop. */
  readonly summary: string;
  /** What users see that the status does not say. A topic that a log line tells needs no mention. */
  readonly seen?: readonly Seen[];
}

export interface RuleDocs {
  /** One line, lower case, no full stop: what the rule finds. */
  readonly title: string;
  /** When it fires: a condition each, Markdown, beginning in lower case, without a full stop. */
  readonly fires: readonly string[];
  /** When it stays silent although it may look like the fault: likewise. */
  readonly silent?: readonly string[];
  /** Markdown paragraphs for what is neither: what it names, when it is only a warning. */
  readonly what?: string;
  /** Why the daemons behave so, what users see. */
  readonly why: string;
  /** What to write instead. */
  readonly instead: string;
  /** Addresses of the manuals' pages. */
  readonly references: readonly string[];
  /** The two fixtures that show the rule best; when absent those that differ least. */
  readonly twins?: { readonly bad: string; readonly ok: string };
}

/** The other end of a contradiction. */
export interface RelatedReport {
  readonly place: Place;
  /** Lower case, no full stop: `the worker is killed after 30s`. */
  readonly message: string;
  /** It has the same fault as the marked place, rather than being the other end of it: absent, it is an end. */
  readonly alike?: boolean;
}

/** What a rule yields. It knows nothing of severities from outside, of formats, or of other rules. */
export interface Report {
  /** A key of the rule's `cases`. */
  readonly case: string;
  /**
   * `true`: the files make it certain. `false`: it rests on a guess about the host; the engine
   * lowers the severity one level.
   */
  readonly certain: boolean;
  /** What would settle an uncertain report, as a sentence; `null` for a certain one. */
  readonly settle: string | null;
  /** Carries both values and where they come from; lower case, no full stop. */
  readonly message: string;
  /** The line a person would change. */
  readonly at: Place;
  /**
   * Written under the marked place, lower case, no full stop: `nginx is ready to wait 300s`; `null`: the
   * message says it all.
   */
  readonly label: string | null;
  /** The address that ties the two halves, where there is one: drawn between the two ends. */
  readonly link: readonly RelatedReport[];
  /** The other ends. */
  readonly related: readonly RelatedReport[];
  /**
   * What this costs the users of the site, one sentence: `every request to this location ends as 502 Bad
   * Gateway`.
   */
  readonly effect: string;
  /**
   * `true`: nginx itself asks all of these locations, for `auth_request`, which makes 500 of every status but
   * 2xx, 401 and 403. Absent: no.
   */
  readonly asked?: boolean;
  /** What of the case's symptom is otherwise here, as with a setting of PHP. Absent or `null`: nothing. */
  readonly instead?: Partial<Symptom> | null;
  /**
   * What to change: edits where the place is known, sentences where only a person can tell. A function
   * where it takes long, because not every report is listed.
   */
  readonly help: HelpDraft | (() => HelpDraft);
  /** Names around the place that survive moved lines: server, location, pool. */
  readonly names: readonly string[];
}

/**
 * A JSON schema (draft-07) of type object with `additionalProperties: false` and a `default` for each
 * property.
 */
export interface OptionsSchema {
  readonly type: "object";
  readonly additionalProperties: false;
  readonly properties: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/**
 * How the tests prove the rule with the real daemons. `requests` are sent to every `bad-*` and
 * `ok-*` fixture, in order. In a `bad-*` one of the answers and the logs must show the symptom of
 * each case that was reported; in an `ok-*` every answer must be 200 and no symptom may be logged.
 */
export type Proof =
  | {
      readonly kind: "daemons";
      /** When not given: what the symptom's `when` calls for, `GET /index.php` for `always`. */
      readonly requests?: readonly ProofRequest[];
      /**
       * Case → name of an observation of the bench, for cases whose symptom is neither an odd
       * status nor a log line: it must be seen in `bad-*` and must not be seen in `ok-*`.
       */
      readonly observe?: Readonly<Record<string, string>>;
    }
  /** The fault cannot be provoked on one machine: why, and which source states it. */
  | { readonly kind: "none"; readonly reason: string };

export interface ProofRequest {
  readonly method?: "GET" | "HEAD" | "POST";
  /** `/index.php` when not given. */
  readonly path?: string;
  /** The `Host` header; `localhost` when not given. */
  readonly host?: string;
  /** More headers, such as those of a client that knows a password. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes of form body to send with a POST. */
  readonly bodyBytes?: number;
  /** Sent this many times at the same moment, for what shows only under load; once when not given. */
  readonly times?: number;
}

/** What a rule is about; the engine hands it one of these at a time. */
export type Subject = "site" | "pool" | "master" | "directive" | "host";

/**
 * Names whose letters a rule may read. A rule that does not read a kind of name says the same about
 * a host in which these names are different; a test renames them.
 */
export type NameWord = "site" | "pool" | "account" | "directory";

export interface Rule<Options = unknown> {
  /** `category/name`, the file's place below `rules/`. */
  readonly id: string;
  readonly cases: Readonly<Record<string, RuleCase>>;
  readonly docs: RuleDocs;
  readonly about: Subject;
  readonly options: OptionsSchema;
  readonly proof: Proof;
  readonly reads: readonly NameWord[];
  /** Whether it looks at the file system while it runs, rather than at what was read before. */
  readonly asksDisk: boolean;
  /** Rules that a finding in the same line has its cause in, so that only theirs is reported. Absent: none. */
  readonly follows?: readonly string[];
  /** Whether it speaks of all files of the host together, so that those which nothing is known to include take no part. Absent: no. */
  readonly together?: boolean;
  /**
   * Whether it judges alike what is alike, see `Common` in define.ts. Absent: no, and it runs on the whole host.
   */
  readonly alike?: boolean;
  /** Whether the host has anything that the rule speaks of, see `Common` in define.ts. Absent: it may have. */
  readonly mayApply?: (host: Host) => boolean;
  /**
   * Pure: equal hosts give equal reports in equal order. `options` were checked and completed with
   * defaults.
   */
  check(host: Host, options: Options): Iterable<Report>;
}

export const noOptions: OptionsSchema = { type: "object", additionalProperties: false, properties: {} };
