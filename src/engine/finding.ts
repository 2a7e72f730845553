import type { TypedLink } from "../host/spec.js";
import type { Place } from "../source/file.js";
import type { Help } from "./help.js";
import type { Severity, Symptom } from "./rule.js";

/** A report stamped by the engine: which rule, how severe, where. */
export interface Finding {
  readonly rule: string;
  /** The key of the rule's case. */
  readonly case: string;
  readonly severity: Severity;
  readonly message: string;
  readonly symptom: Symptom | null;
  /** The host's name, see `Host.name`. */
  readonly host: string;
  readonly at: Place;
  /** What the marked place says, `null` when the message says it all. */
  readonly label: string | null;
  /** The lines that tie the two halves together (address on either side), shown before `related`. */
  readonly link: readonly Related[];
  readonly related: readonly Related[];
  readonly effect: string;
  readonly help: Help;
  /** `false`: it rests on a guess about the host, and the severity is one level lower than the case's. */
  readonly certain: boolean;
  /** What would settle it, as a sentence; `null` for what is certain. */
  readonly settle: string | null;
  /** Hex; survives moved lines. */
  readonly fingerprint: string;
  /** From which severity on it fails a run, as `fpmlint.json` of its path says. Absent: it does not say. */
  readonly failOn?: Severity | "never";
  /** Places of the same fault where its lines are included again: reports show the lines once. Absent: there are none. */
  readonly occurrences?: readonly Place[];
}

export interface Related {
  readonly place: Place;
  readonly message: string;
  /** It has the same fault as the marked place, rather than being the other end of it. */
  readonly alike?: boolean;
}

/** What has places: a finding, or the report that one is made of. */
export interface Placed {
  readonly at: Place;
  readonly link: readonly Related[];
  readonly related: readonly Related[];
}

/** The marked place, then the other ends in their order. */
export function placesOf({ at, link, related }: Placed): readonly Place[] {
  return [at, ...[...link, ...related].map(({ place }) => place)];
}

/** Something that was not read, so that silence about it proves nothing. */
export interface Incomplete {
  /** What reports print. */
  readonly file: string;
  /** 1-based line of the `include` or of the fault; `null` when the whole file is meant. */
  readonly line: number | null;
  readonly reason: string;
  /**
   * `false`: a finding already tells the cause (a syntax fault), or it is a plain limit of the tree
   * (an include whose target is deployed from elsewhere); the exit status does not change for it.
   */
  readonly fatal: boolean;
}

/** A PHP location that was not compared with any pool. */
export interface NotCompared {
  /** As reports print it. */
  readonly file: string;
  /** 1-based line of its `fastcgi_pass`. */
  readonly line: number;
  /** Words for reports: `location ~ \.php$ of shop.example.com`. */
  readonly location: string;
  /** `php:9000 is another machine`. */
  readonly reason: string;
}

export interface Summary {
  readonly errors: number;
  readonly warnings: number;
  readonly infos: number;
  readonly suppressed: number;
  readonly hosts: number;
  /** Files that were read. */
  readonly files: number;
  /** Locations that hand requests to PHP, one per occurrence in a server. */
  readonly locations: number;
  readonly pools: number;
  /** Of the locations, those that were compared with a pool. */
  readonly compared: number;
  /** The others, in the order of the files. */
  readonly notCompared: readonly NotCompared[];
  /** Sites that are there and not enabled, on whole hosts. */
  readonly notEnabled: number;
  readonly incomplete: readonly Incomplete[];
  /** Links in the paths that were given: what they lead to was read, wherever it is. */
  readonly links: readonly TypedLink[];
}

export interface LintResult {
  /** Sorted by file, line, column, rule. */
  readonly findings: readonly Finding[];
  readonly summary: Summary;
}
