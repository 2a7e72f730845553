import { comparedIn, notComparedAt } from "../engine/compared.js";
import { attempt } from "../engine/failure.js";
import { type Outline, outlineOf, poolKey, SUPPRESSION } from "../engine/outline.js";
import type { Rule } from "../engine/rule.js";
import type { RuleSetting } from "../engine/run.js";
import type { Pool } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import type { HostSpec } from "../host/spec.js";
import { type Foreknown, type Ground, groundOf } from "../model/build.js";
import type { Host } from "../model/host.js";
import { timed } from "../source/timings.js";
import { type Search, searchBrought } from "./brought.js";
import { unlikeOnDisk } from "./disk.js";
import { type Found, findKinds, type Member, namedIn } from "./find.js";
import { nameVariables } from "./judged.js";
import { type OwnFile, ownFiles } from "./own-files.js";
import { listingsOf, type Watched, watched } from "./watched.js";
import { filesOf, type Parted, part, tells, unlikeOthers } from "./whole.js";

/**
 * A host of thousands of sites is a host of a few kinds of sites. Where a rule that judges alike what is alike is
 * silent on a few of each kind, it is silent on the host, of which the others are not even parsed.
 */

/** What a host is made of. */
export interface Material {
  readonly spec: HostSpec;
  /** The files that it is read from. */
  readonly fs: HostFilesystem;
  /** Reads the host of other files. */
  readonly build: (spec: HostSpec, fs: HostFilesystem) => Host;
}

/** What a few of each kind tell of a host. */
export interface Told extends Foreknown {
  /** The rules that are surely silent on it. */
  readonly silent: ReadonlySet<Rule>;
  /** What is said of it beside findings; `null`: it has to be read for that. */
  readonly outline: Outline | null;
}

/** Fewer files are read as they are. */
const ENOUGH_FILES = 8;
/** So many of each kind stay: what two of a kind do to each other shows, and that there are more than two. */
const STAY = 3;
/** Fewer members are not worth a second host. */
const ENOUGH = 6;
/** How often members turn out to be unlike before the host is taken as it is. */
const ROUNDS = 6;

/** Where the kinds of a host are looked for. */
export interface Ways extends Search {
  readonly ground: Ground;
}

/** The files of its sites and pools; `null`: they are few. */
export function waysTo({ spec, fs }: Material): Ways | null {
  if (spec.container != null || (spec.machines ?? []).length > 0) return null;
  const found = attempt(() => {
    const ground = groundOf(spec, fs);
    return { ...searchBrought(spec, ground), ground };
  });
  return found.ok && found.value.files.length >= ENOUGH_FILES ? found.value : null;
}

/** What a few of each kind tell; `null`: nothing, or asking them would cost more than it saves. */
export function toldByFew(
  material: Material,
  ways: Ways,
  rules: readonly Rule[],
  settings: (rule: Rule) => RuleSetting,
): Told | null {
  const found = attempt(() => timed("kinds: what a few tell", () => told(material, ways, rules, settings)));
  return found.ok ? found.value : null;
}

/** The kinds of a host, and the files among which they were found; `null`: it has none. */
export function kindsOf({ files, ground }: Ways): (Found & { readonly files: readonly OwnFile[] }) | null {
  const own = ownFiles(files, nameVariables([]));
  if (own === null || own.length < ENOUGH_FILES) return null;
  const found = findKinds(own, ground.fs);
  return found === null ? null : { ...found, files: own };
}

function told(
  material: Material,
  ways: Ways,
  rules: readonly Rule[],
  settings: (rule: Rule) => RuleSetting,
): Told | null {
  const found = timed("kinds: finding them", () => kindsOf(ways));
  if (found === null) return null;
  const { kinds, members, owners, files } = found;
  const able = rules.filter(
    (rule) => isOn(settings(rule)) && (rule.alike === true || rule.mayApply !== undefined),
  );
  const apart = new Set<Member>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const parted = kinds.map((kind) => part(kind, STAY, apart)).filter(({ hidden }) => hidden.length > 0);
    const hidden = parted.flatMap((one) => one.hidden);
    if (hidden.length < ENOUGH || hidden.length * 2 < members.length) return null;
    const few = timed("kinds: a few of each", () => withoutThem(material, ways, hidden));
    const alone = unlikeOthers(few.host, few.spec, files, owners, members);

    if (alone === null) return null;
    if (addAll(apart, alone)) continue;
    if (!tells(few.host, ways, parted)) return null;
    const silent = able.filter((rule) =>
      timed(`rule ${rule.id}`, () => isSilent(rule, few.host, settings(rule))),
    );
    const unlike = timed("kinds: the disk", () => unlikeOnDisk(material.fs, few.watched, parted));
    if (unlike === null) return null;
    if (!addAll(apart, unlike))
      return {
        silent: new Set(silent),
        isUsed: usedLike(few.host, parted),
        aside: few.host.aside,
        outline: outlined(few.host, parted, owners),
      };
  }
  return null;
}

/** Whether one of them is new. */
function addAll(apart: Set<Member>, members: Iterable<Member>): boolean {
  const before = apart.size;
  for (const member of members) apart.add(member);
  return apart.size > before;
}

interface Few {
  readonly host: Host;
  readonly spec: HostSpec;
  readonly watched: Watched;
}

/** The host as it would be without these members. */
function withoutThem({ spec, fs, build }: Material, ways: Ways, members: readonly Member[]): Few {
  const hidden = new Set(members.flatMap(({ files }) => files.map(({ file }) => file.path)));
  const seen = watched(fs, hidden, listingsOf(fs, hidden, ways.directories));
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
  return { host: build(smaller, seen.fs), spec: smaller, watched: seen };
}

function isOn({ level, byPlace }: RuleSetting): boolean {
  return level !== "off" || byPlace !== undefined;
}

/** Whether the rule surely reports nothing on all of it, with any of the options that hold somewhere. */
function isSilent(rule: Rule, few: Host, { options, byPlace }: RuleSetting): boolean {
  const found = attempt(() =>
    (byPlace?.options ?? [options]).every((given) =>
      rule.alike === true ? isEmpty(rule.check(few, given)) : rule.mayApply?.(few) === false,
    ),
  );
  return found.ok && found.value;
}

function isEmpty(found: Iterable<unknown>): boolean {
  for (const _ of found) return false;
  return true;
}

/** Whether the pool that one of the whole host is like gets requests; that is the one of the first of its kind, or itself. */
function usedLike(few: Host, parted: readonly Parted[]): (pool: Pool) => boolean {
  const used = new Set(
    [...few.used].map(({ section: { span }, name }) => poolKey(span.file, span.start, name)),
  );
  const ofFile = new Set([...few.used].map(({ section }) => section.span.file.path));
  const likeOf = new Map<string, string>();
  for (const { first, hidden } of parted)
    for (const { files } of hidden)
      for (const [at, { file }] of files.entries()) likeOf.set(file.path, first.files[at]?.file.path ?? "");
  return ({ section: { span }, name }) => {
    const like = likeOf.get(span.file.path);
    return like === undefined ? used.has(poolKey(span.file, span.start, name)) : ofFile.has(like);
  };
}

/** What is said of the host, of which a few of each kind were read; `null`: something is said of one of them. */
function outlined(few: Host, parted: readonly Parted[], owners: ReadonlyMap<string, Member>): Outline | null {
  const known = outlineOf(few);
  const isOfMember = (text: string): boolean => namedIn(text, owners).length > 0;
  if (known.incomplete.some(({ file, reason }) => isOfMember(file) || isOfMember(reason))) return null;
  const [files, pools]: [string[], string[]] = [[...known.files], [...known.pools]];
  const starts = new Map(few.pools.map((pool) => [pool.section.span.file.path, pool]));
  const compared = comparedByFile(few, parted);
  if (compared === null) return null;
  let sum = comparedIn(few).compared;
  for (const { first, hidden } of parted) {
    // Where it begins is seen in the text, as it is in that of the first.
    for (const own of first.files) {
      const pool = starts.get(own.file.path);
      if (
        own.half === "fpm" &&
        (pool === undefined || keyIn(own) !== poolKey(own.file, pool.section.span.start, pool.name))
      )
        return null;
      sum += (own.half === "nginx" ? (compared.get(own.file.path) ?? 0) : 0) * hidden.length;
    }
    for (const own of hidden.flatMap((member) => member.files)) {
      if (own.file.text.includes(SUPPRESSION)) return null;
      files.push(own.file.display);
      if (own.half === "fpm") pools.push(keyIn(own));
    }
  }
  return { ...known, files, pools, compared: sum };
}

/** The PHP locations of each file that were compared; `null`: one of a member was not. */
function comparedByFile(few: Host, parted: readonly Parted[]): ReadonlyMap<string, number> | null {
  const own = new Set(
    parted.flatMap(({ stay }) => stay.flatMap(({ files }) => files.map(({ file }) => file.path))),
  );
  const counts = new Map<string, number>();
  for (const binding of few.bindings) {
    if (binding.serves !== "php") continue;
    const is = notComparedAt(few, binding) === null;
    for (const path of filesOf(binding.pass.file, binding.pass.via)) {
      if (!own.has(path)) continue;
      if (!is) return null;
      counts.set(path, (counts.get(path) ?? 0) + 1);
    }
  }
  return counts;
}

/** The pool in the file of one. */
function keyIn({ file }: OwnFile): string {
  const header = /^[ \t]*\[([\w.-]+)\]/m.exec(file.text);
  const start = (header?.index ?? 0) + (header?.[0].indexOf("[") ?? 0);
  return poolKey(file, start, header?.[1] ?? "");
}
