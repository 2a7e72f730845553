import type { HostFilesystem } from "../host/filesystem.js";
import { directoryOf, nameOf } from "../host/path.js";
import { ACCOUNT_FILES } from "../model/accounts.js";
import { grouped } from "../source/collect.js";
import { once } from "../source/memo.js";
import { CLOSED, OPEN, type OwnFile } from "./own-files.js";
import { NAME, profileOf } from "./words.js";

/**
 * Finds which sites and pools of a host are alike: files that say the same but for names that nobody else on the
 * host has. A name that stands in two sites, in a snippet, or where it is no name makes a site unlike all others.
 */

/** Files that have names in common with no others: a site, with the pool behind it; a pool by itself. */
export interface Member {
  readonly files: readonly OwnFile[];
  /** Its own names, in the order in which its files have them. */
  readonly names: readonly string[];
}

/** Members that are alike, in the order of the host; at least two. */
export type Kind = readonly Member[];

export interface Found {
  readonly kinds: readonly Kind[];
  /** All members, also those that are unlike all others. */
  readonly members: readonly Member[];
  /** Whose own a name is. */
  readonly owners: ReadonlyMap<string, Member>;
}

/** The kinds among files; `null`: accounts tie them together. */
export function findKinds(files: readonly OwnFile[], fs: HostFilesystem): Found | null {
  const members = membersOf(files);
  const owners = new Map(members.flatMap((member) => member.names.map((name) => [name, member] as const)));
  const accounts = accountsOf(fs, owners);
  if (accounts === null) return null;
  const alike = [...grouped(members.map((member) => [keyOf(member, accounts), member] as const)).values()];
  // What is alike is looked through once.
  const unlike = new Set(alike.flatMap(([first]) => (first === undefined ? [] : strays(first, owners))));
  const kinds = alike
    .map((kind) => kind.filter((member) => !unlike.has(member)))
    .filter(({ length }) => length > 1);
  return { kinds, members, owners };
}

/** The members of which a name is in a text. */
export function namedIn(text: string, owners: ReadonlyMap<string, Member>): readonly Member[] {
  return (text.match(NAME) ?? []).flatMap((word) => owners.get(word) ?? owners.get(word.toLowerCase()) ?? []);
}

/** The members of which one has a name in a place where it is none. */
function strays(member: Member, owners: ReadonlyMap<string, Member>): readonly Member[] {
  const own = new Set(member.names);
  return member.files.flatMap(({ file, words }) => {
    let rest = directoryOf(file.path);
    let at = 0;
    for (const { name, start, end } of words) {
      if (!own.has(name)) continue;
      rest += ` ${file.text.slice(at, start)}`;
      at = end;
    }
    const around = nameOf(file.path).replace(NAME, (word) => (own.has(word) ? " " : word));
    return namedIn(`${rest} ${file.text.slice(at)} ${around}`, owners);
  });
}

/** Who has a name: the number of one file of each half; `-1`: none, `-2`: several. */
interface Holders {
  nginx: number;
  fpm: number;
}

const NONE = -1;
const SEVERAL = -2;

/** Files that share a name of their own belong together. */
function membersOf(files: readonly OwnFile[]): readonly Member[] {
  const holders = new Map<string, Holders>();
  for (const [at, one] of files.entries()) {
    for (const name of one.names) {
      const known = once(holders, name, () => ({ nginx: NONE, fpm: NONE }));
      const before = known[one.half];
      if (before !== at) known[one.half] = before === NONE ? at : SEVERAL;
    }
  }
  const isOwn = (name: string): boolean => {
    const known = holders.get(name);
    return known !== undefined && known.nginx !== SEVERAL && known.fpm !== SEVERAL;
  };
  const first = files.map((_, at) => at);
  const rootOf = (at: number): number => {
    let root = at;
    while (first[root] !== undefined && first[root] !== root) root = first[root] ?? root;
    for (let next = at; next !== root; ) {
      const after = first[next] ?? root;
      first[next] = root;
      next = after;
    }
    return root;
  };
  for (const [name, { nginx, fpm }] of holders) {
    if (nginx < 0 || fpm < 0 || !isOwn(name)) continue;
    const [a, b] = [rootOf(nginx), rootOf(fpm)];
    first[Math.max(a, b)] = Math.min(a, b);
  }
  const together = grouped(files.map((file, at) => [rootOf(at), file] as const));
  return [...together.values()].map((own) => ({
    files: own,
    names: [...new Set(own.flatMap(({ names }) => [...names].filter(isOwn)))],
  }));
}

/** Paths longer than this are told apart by their length, because addresses of sockets have a limit. */
const SHORT = 60;

/** The same for members that are alike. */
function keyOf(member: Member, accounts: ReadonlyMap<Member, readonly string[]>): string {
  const holes = new Map(member.names.map((name, at) => [name, `${OPEN}${at} ${profiles(name)}${CLOSED}`]));
  const inText = (text: string): string => text.replace(NAME, (word) => holes.get(word) ?? word);
  const parts = member.files.map(({ half, way, wording, file: { path }, pattern, words }) => {
    const names = words.map(({ name, around }) => {
      const hole = holes.get(name);
      return hole === undefined ? name : around > SHORT ? `${hole}${around}` : hole;
    });
    const place = `${way} ${directoryOf(path)} ${inText(nameOf(path))}`;
    return `${half} ${pattern.id} ${wording} ${place}\n${names.join(" ")}`;
  });
  return [...parts, ...(accounts.get(member) ?? []).map(inText)].join("\n");
}

/** Names may be many, and most are met once. */
const MOST_KNOWN = 100_000;
const known = new Map<string, string>();

function profiles(name: string): string {
  if (known.size > MOST_KNOWN) known.clear();
  return once(known, name, () => profileOf(name));
}

/** The lines of the accounts of each member; `null`: one has names of several members where they are no list. */
function accountsOf(
  fs: HostFilesystem,
  owners: ReadonlyMap<string, Member>,
): ReadonlyMap<Member, readonly string[]> | null {
  const lines = ACCOUNT_FILES.flatMap((path) => {
    const entry = fs.entry(path);
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer === null || !("text" in answer)
      ? []
      : answer.text.split("\n").map((line) => ({ path, line }));
  });
  const uses = new Map<string, Set<Member | string>>();
  const found = new Map<Member, string[]>();
  const all = lines.map(({ path, line }) => {
    const fields = line.split(":");
    const listed = path === "/etc/group" ? (fields[3] ?? "").split(",") : [];
    const head = path === "/etc/group" ? fields.slice(0, 3).join(":") : line;
    const own = new Set([...head.matchAll(NAME)].flatMap(([name]) => owners.get(name) ?? []));
    for (const field of fields.slice(2, 4))
      if (/^\d+$/.test(field))
        for (const one of own.size > 0 ? own : [line]) once(uses, field, () => new Set()).add(one);
    return { path, head, listed, own };
  });
  for (const { path, head, listed, own } of all) {
    const [owner, ...others] = own;
    if (others.length > 0) return null;
    const members = grouped(
      listed.flatMap((name) => {
        const member = owners.get(name);
        return member === undefined ? [] : [[member, name] as const];
      }),
    );
    const strangers = listed.filter((name) => !owners.has(name));
    const shown = owner === undefined ? head : withoutNumbers(head, uses);
    if (owner !== undefined) {
      if ([...members.keys()].some((member) => member !== owner)) return null;
      once(found, owner, () => []).push(
        `${path} ${shown}:${[...strangers, ...(members.get(owner) ?? [])].join()}`,
      );
      continue;
    }
    for (const [member, names] of members)
      once(found, member, () => []).push(`${path} ${shown} has ${names.join()}`);
  }
  return found;
}

/** What is above has a meaning of its own, such as 65534 for nobody. */
const LAST_USER = 60_000;

/** Numbers of accounts that nobody else has are as good as others, but for that of root. */
function withoutNumbers(head: string, uses: ReadonlyMap<string, ReadonlySet<unknown>>): string {
  const fields = head.split(":");
  return fields
    .map((field, at) => {
      if (at < 2 || at > 3 || uses.get(field)?.size !== 1) return field;
      const number = Number(field);
      if (number === 0 || number > LAST_USER) return field;
      const same = at === 3 && field === fields[2];
      return `${number < 1000 ? "system" : "user"}${same ? " same" : ""}`;
    })
    .join(":");
}
