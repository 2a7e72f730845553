import type { FpmMaster, Pool } from "../fpm/types.js";
import { allMasters, allPools, type Binding, type Host } from "../model/host.js";
import { type JudgedHost, judgedHost } from "../model/nginx-judged.js";
import type { Judged } from "../nginx/tree/judged.js";
import { groupBy } from "../source/collect.js";
import type { HelpDraft } from "./help.js";
import {
  type NameWord,
  noOptions,
  type OptionsSchema,
  type Proof,
  type RelatedReport,
  type Report,
  type Rule,
  type RuleCase,
  type RuleDocs,
  type Symptom,
} from "./rule.js";

/**
 * What a rule yields: the fields that it has something to say in. `C` are the names of its cases, so
 * that a case which does not exist does not compile.
 */
export interface Draft<C extends string = string> {
  readonly case: C;
  /** Carries both values and where they come from; lower case, no full stop. */
  readonly message: string;
  /** The line a person would change. */
  readonly at: Report["at"];
  /** Written under the marked place; absent: the message says it all. */
  readonly label?: string | null;
  /**
   * What would settle it, a sentence: the report rests on a guess then. Absent or `null`: the files make
   * it certain.
   */
  readonly settle?: string | null;
  /** The address that ties the two halves, drawn between the two ends. */
  readonly link?: readonly RelatedReport[];
  /** The other ends. */
  readonly related?: readonly RelatedReport[];
  /** What this costs the users of the site, one sentence. */
  readonly effect: string;
  /** See `Report`; absent: no. `seenByClients` in evidence/asked.ts says it together with the effect. */
  readonly asked?: boolean;
  /** See `Report`; absent: nothing. */
  readonly instead?: Partial<Symptom>;
  /** A function where it takes long to make, because not every report is listed. */
  readonly help: HelpDraft | (() => HelpDraft);
  /** Names around the place that survive moved lines: server, location, pool. */
  readonly names: readonly string[];
}

interface Common<C extends string> {
  /** `category/name`, the place of the file below `rules/`. */
  readonly id: string;
  readonly cases: Readonly<Record<C, RuleCase>>;
  readonly docs: RuleDocs;
  /** Absent: the rule has none. */
  readonly options?: OptionsSchema;
  /** Absent: the daemons prove it with the requests that the symptoms call for. */
  readonly proof?: Proof;
  /** Absent: the rule judges values and structure alone, whatever things are called. */
  readonly reads?: readonly NameWord[];
  /** Whether it looks at the file system while it runs. Absent: it does not. */
  readonly asksDisk?: boolean;
  /** Rules that a finding in the same line has its cause in, so that only theirs is reported. */
  readonly follows?: readonly string[];
  /** It speaks of all files of the host together, so that those which nothing is known to include take no part. */
  readonly together?: boolean;
  /**
   * It judges alike what is alike: where it is silent on a host with three sites, or pools, that differ only in names
   * of their own, it stays silent with more of them. So it may know words and compare two sites, but not add up, count
   * beyond three, or ask how similar names are. Absent: no.
   */
  readonly alike?: boolean;
  /**
   * Of a rule that is not alike: whether the host has anything that it adds up or compares. Where three sites that
   * differ only in names have none, all have none, and the rule is silent. Absent: the rule does not tell.
   */
  readonly mayApply?: (host: Host) => boolean;
}

/** A rule that looks at the whole host. Where one of the narrower forms fits, it is the better one. */
interface HostRule<C extends string, O> extends Common<C> {
  readonly about: "host";
  check(host: Host, options: O): Iterable<Draft<C>>;
}

/** A rule about one pool at a time. */
interface PoolRule<C extends string, O> extends Common<C> {
  readonly about: "pool";
  check(pool: Pool, host: Host, options: O): Iterable<Draft<C>>;
}

/** A rule about one PHP-FPM master at a time: its main file, its global settings, its includes. */
interface MasterRule<C extends string, O> extends Common<C> {
  readonly about: "master";
  check(master: FpmMaster, host: Host, options: O): Iterable<Draft<C>>;
}

/** A rule about one directive of nginx at a time, in the order in which nginx reads them. */
interface DirectiveRule<C extends string, O> extends Common<C> {
  readonly about: "directive";
  check(directive: Judged, judged: JudgedHost, host: Host, options: O): Iterable<Draft<C>>;
}

/**
 * A rule about what a site passes to PHP-FPM. `find` looks at one location; what has one `cause` is
 * one report, whatever number of sites shares the line.
 */
interface SiteRule<C extends string, O, T> extends Common<C> {
  readonly about: "site";
  find(binding: Binding, host: Host, options: O): Iterable<T>;
  cause(found: T, host: Host): string;
  report(group: readonly [T, ...T[]], host: Host, options: O): Draft<C>;
}

export type Definition<C extends string, O = unknown, T = unknown> =
  | HostRule<C, O>
  | PoolRule<C, O>
  | MasterRule<C, O>
  | DirectiveRule<C, O>
  | SiteRule<C, O, T>;

/** Makes a rule from what its author wrote: the engine does the iterating, and fills in what is absent. */
export function defineRule<const C extends string, O = unknown, T = unknown>(
  definition: Definition<C, O, T>,
): Rule<O> {
  const { id, cases, about, docs, options = noOptions, proof = { kind: "daemons" } } = definition;
  const { reads = [], asksDisk = false, together = false, alike = false, follows = [] } = definition;
  const { mayApply } = definition;
  return {
    id,
    cases,
    about,
    options,
    proof,
    reads,
    asksDisk,
    together,
    alike,
    ...(mayApply === undefined ? {} : { mayApply }),
    follows,
    check: (host, given) => reports(definition, host, given),
    docs,
  };
}

/** One generator and not one for each step: every rule runs, and most of them say nothing. */
function* reports<C extends string, O, T>(
  definition: Definition<C, O, T>,
  host: Host,
  options: O,
): Generator<Report> {
  switch (definition.about) {
    case "host":
      for (const draft of definition.check(host, options)) yield complete(draft);
      return;
    case "pool":
      for (const pool of allPools(host))
        for (const draft of definition.check(pool, host, options)) yield complete(draft);
      return;
    case "master":
      for (const master of allMasters(host))
        for (const draft of definition.check(master, host, options)) yield complete(draft);
      return;
    case "directive": {
      const judged = judgedHost(host);
      if (judged === null) return;
      for (const directive of judged.all)
        for (const draft of definition.check(directive, judged, host, options)) yield complete(draft);
      return;
    }
    case "site": {
      const found = host.bindings.flatMap((binding) => [...definition.find(binding, host, options)]);
      if (found.length === 0) return;
      const cause = (one: T): string => definition.cause(one, host);
      for (const group of groupBy(found, cause)) yield complete(definition.report(group, host, options));
    }
  }
}

/** Field by field: a file of a million wrong lines has as many reports, and to spread an object is slow. */
function complete(draft: Draft): Report {
  const { settle = null } = draft;
  return {
    case: draft.case,
    certain: settle === null,
    settle,
    message: draft.message,
    at: draft.at,
    label: draft.label ?? null,
    link: draft.link ?? [],
    related: draft.related ?? [],
    effect: draft.effect,
    asked: draft.asked ?? false,
    instead: draft.instead ?? null,
    help: draft.help,
    names: draft.names,
  };
}

/** The cases of a rule whose cases are alike, made from a table with a row for each. */
export function casesOf<const C extends string, Row>(
  table: Readonly<Record<C, Row>>,
  make: (row: Row, name: C) => RuleCase,
): Readonly<Record<C, RuleCase>> {
  const names = Object.keys(table) as C[];
  return Object.fromEntries(names.map((name) => [name, make(table[name], name)])) as Record<C, RuleCase>;
}
