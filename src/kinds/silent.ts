import { attempt } from "../engine/failure.js";
import type { Rule } from "../engine/rule.js";
import type { RuleSetting } from "../engine/run.js";
import type { Entry, HostFilesystem } from "../host/filesystem.js";
import { directoryOf, joinPath } from "../host/path.js";
import type { HostSpec } from "../host/spec.js";
import { ACCOUNT_FILES } from "../model/accounts.js";
import type { Host } from "../model/host.js";
import { timed } from "../source/timings.js";
import { findKinds, type Kind, type Member } from "./find.js";
import { listingsOf, type Watched, watched } from "./watched.js";
import { NAME } from "./words.js";

/**
 * A host of thousands of sites is a host of a few kinds of sites. Where a rule that judges alike what is alike is
 * silent on a few of each kind, it is silent on the host.
 */

/** A host with what it was made of. */
export interface Built {
  readonly host: Host;
  readonly spec: HostSpec;
  /** The files that it was read from. */
  readonly fs: HostFilesystem;
  /** The same of other files. */
  readonly build: (spec: HostSpec, fs: HostFilesystem) => Host;
}

/** So many of each kind stay: what two of a kind do to each other shows, and that there are more than two. */
const STAY = 3;
/** Fewer members are not worth a second host. */
const ENOUGH = 6;
/** How often members turn out to be unlike before the host is taken as it is. */
const ROUNDS = 4;

/** The rules that are surely silent on the host; none, where that would cost more than it saves. */
export function silentRules(
  built: Built,
  rules: readonly Rule[],
  settings: (rule: Rule) => RuleSetting,
): ReadonlySet<Rule> {
  const found = attempt(() => timed("kinds: rules on a few", () => silentOnFew(built, rules, settings)));
  return found.ok ? found.value : new Set();
}

function silentOnFew(
  built: Built,
  rules: readonly Rule[],
  settings: (rule: Rule) => RuleSetting,
): ReadonlySet<Rule> {
  const able = rules.filter((rule) => rule.alike === true && isOn(settings(rule)));
  const { kinds, members } = timed("kinds: finding them", () => findKinds(built.host));
  const apart = new Set<Member>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const parted = kinds.map((kind) => part(kind, apart)).filter(({ hidden }) => hidden.length > 0);
    const hidden = parted.flatMap((one) => one.hidden);
    if (hidden.length < ENOUGH || hidden.length * 2 < members) break;
    const few = withoutThem(built, hidden);
    if (few === null) break;
    const silent = able.filter((rule) => isSilent(rule, few.host, settings(rule)));
    const unlike = timed("kinds: the disk", () => unlikeOnDisk(built.fs, few.watched, parted));
    if (unlike === null) break;
    if (unlike.length === 0) return new Set(silent);
    for (const member of unlike) apart.add(member);
  }
  return new Set();
}

interface Parted {
  /** What each of them is compared with. */
  readonly first: Member;
  readonly stay: readonly Member[];
  readonly hidden: readonly Member[];
}

/** Those that were found to be unlike the first stay, too. */
function part(kind: Kind, apart: ReadonlySet<Member>): Parted {
  const alike = kind.filter((member) => !apart.has(member));
  const [first = { files: [], names: [] }] = alike;
  return { first, stay: alike.slice(0, STAY), hidden: alike.slice(STAY) };
}

interface Few {
  readonly host: Host;
  readonly watched: Watched;
}

/** The host as it would be without these members; `null`: it is not the same apart from them. */
function withoutThem({ host, spec, fs, build }: Built, members: readonly Member[]): Few | null {
  const files = members.flatMap((member) => member.files);
  const hidden = new Set(files.map(({ file }) => file.path));
  for (const path of hidden) {
    const entry = fs.entry(path);
    if (entry.kind !== "file" || entry.path !== path) return null;
  }
  const main = spec.nginx === null ? "/" : directoryOf(spec.nginx);
  const patterns = [
    ...(host.nginx?.includes ?? []).map(({ pattern }) => joinPath(main, pattern)),
    ...host.masters.flatMap(({ includes }) => includes.map(({ pattern }) => joinPath("/", pattern))),
  ];
  const seen = watched(fs, hidden, listingsOf(fs, [...hidden], patterns));
  const isShown = (path: string): boolean => {
    const entry = fs.entry(path);
    return entry.kind !== "file" || !hidden.has(entry.path);
  };
  const smaller: HostSpec = {
    ...spec,
    fragments: spec.fragments.filter(isShown),
    pools: spec.pools.map((paths) => paths.filter(isShown)),
    ...(spec.aside === undefined ? {} : { aside: spec.aside.filter(({ path }) => isShown(path)) }),
  };
  const few = timed("kinds: a few of each", () => build(smaller, seen.fs));
  const nginx = files.filter(({ half }) => half === "nginx").length;
  return isSame(host, few, nginx, files.length - nginx) ? { host: few, watched: seen } : null;
}

/** Whether nothing else is missing. */
function isSame(host: Host, few: Host, nginx: number, fpm: number): boolean {
  const known = problemsOf(host);
  const count = (one: Host): readonly number[] => [
    one.nginx?.faults.length ?? 0,
    one.masters.length,
    one.unread.length,
    one.aside.size,
    one.asideMasters.length,
    ...one.masters.flatMap(({ faults, includes, partial }) => [
      faults.length,
      includes.length,
      Number(partial),
    ]),
  ];
  const texts = ({ nginx: half }: Host): number => half?.texts.length ?? 0;
  return (
    texts(few) === texts(host) - nginx &&
    few.pools.length === host.pools.length - fpm &&
    count(few).join() === count(host).join() &&
    [...problemsOf(few)].every((problem) => known.has(problem))
  );
}

/** What includes name and could not bring. */
function problemsOf({ nginx }: Host): ReadonlySet<string> {
  return new Set(
    (nginx?.includes ?? []).flatMap(({ place: { span }, noMatch, problems }) => {
      const at = `${span.file.path} ${span.start}`;
      return [
        ...(noMatch === null ? [] : [at]),
        ...problems.map(({ path, reason }) => `${at} ${path} ${reason}`),
      ];
    }),
  );
}

function isOn({ level, byPlace }: RuleSetting): boolean {
  return level !== "off" || byPlace !== undefined;
}

/** Whether the rule reports nothing, with any of the options that hold somewhere. */
function isSilent(rule: Rule, host: Host, { options, byPlace }: RuleSetting): boolean {
  const found = attempt(() =>
    (byPlace?.options ?? [options]).every((given) => isEmpty(rule.check(host, given))),
  );
  return found.ok && found.value;
}

function isEmpty(found: Iterable<unknown>): boolean {
  for (const _ of found) return false;
  return true;
}

/**
 * The members for which the disk has another answer to what was asked about the first of their kind; `null`: what
 * was read there names one of them.
 */
function unlikeOnDisk(
  fs: HostFilesystem,
  { asked }: Watched,
  parted: readonly Parted[],
): readonly Member[] | null {
  const firsts = new Map(parted.flatMap((one) => one.first.names.map((name) => [name, one] as const)));
  const hiddenNames = new Set(parted.flatMap(({ hidden }) => hidden.flatMap(({ names }) => names)));
  const own = new Set(parted.flatMap(({ first }) => first.files.map(({ file }) => file.path)));
  const questions = new Map<Parted, Question[]>();
  for (const [path, { listed, read }] of asked) {
    const entry = fs.entry(path);
    if (entry.kind === "file" && own.has(entry.path)) continue;
    const whose = new Set(namesIn(path).flatMap((name) => firsts.get(name) ?? []));
    if (whose.size > 1) return null;
    const [one] = whose;
    // Where a directory around all of them is missing, it is for every member.
    if (one !== undefined && isMissingForAll(path, entry, firsts)) continue;
    if (one === undefined) {
      // Accounts were compared, and these are read for all.
      const text = read && !ACCOUNTS.has(path) ? textOf(entry) : null;
      if (text !== null && namesIn(text).some((name) => hiddenNames.has(name))) return null;
      continue;
    }
    const list = questions.get(one) ?? [];
    questions.set(one, list);
    list.push({ path, entry, listed, read });
  }
  return [...questions].flatMap(([{ first, stay, hidden }, list]) => {
    const others = [...stay.slice(1), ...hidden];
    const unlike = others.filter((member) => !answersAlike(fs, list, first, member));
    return unlike.length * 2 > others.length ? [first] : unlike;
  });
}

function isMissingForAll(path: string, entry: Entry, names: ReadonlyMap<string, unknown>): boolean {
  if (entry.kind !== "missing" || entry.dangling || !path.startsWith(`${entry.path}/`)) return false;
  return !namesIn(entry.path).some((name) => names.has(name));
}

interface Question {
  readonly path: string;
  readonly entry: Entry;
  readonly listed: boolean;
  readonly read: boolean;
}

function namesIn(text: string): readonly string[] {
  return text.match(NAME) ?? [];
}

const ACCOUNTS: ReadonlySet<string> = new Set(ACCOUNT_FILES);

function textOf(entry: Entry): string | null {
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : null;
}

/** Whether the disk says the same of a member, in its names. */
function answersAlike(
  fs: HostFilesystem,
  questions: readonly Question[],
  first: Member,
  member: Member,
): boolean {
  const names = new Map(first.names.map((name, at) => [name, member.names[at] ?? name]));
  const inItsNames = (text: string): string => text.replace(NAME, (word) => names.get(word) ?? word);
  return questions.every(({ path, entry, listed, read }) => {
    const other = fs.entry(inItsNames(path));
    if (other.kind !== entry.kind || other.path !== inItsNames(entry.path)) return false;
    switch (entry.kind) {
      case "missing":
        return other.kind === "missing" && other.dangling === entry.dangling;
      case "unreadable":
        return other.kind === "unreadable" && other.reason === entry.reason && other.made === entry.made;
      case "outside":
        return other.kind === "outside" && other.target === inItsNames(entry.target);
      case "directory":
        return (
          !listed ||
          (other.kind === "directory" && sorted(other.names) === sorted(entry.names.map(inItsNames)))
        );
      case "file": {
        if (!read) return true;
        const text = textOf(entry);
        return text === null ? textOf(other) === null : textOf(other) === inItsNames(text);
      }
      default:
        return true;
    }
  });
}

function sorted(names: readonly string[]): string {
  return [...names].sort().join("/");
}
