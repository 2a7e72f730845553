import type { HostFilesystem } from "../host/filesystem.js";
import type { ContainerAccounts, ContainerFacts } from "../host/spec.js";
import { grouped, uniqueBy } from "../source/collect.js";
import { perKey } from "../source/memo.js";

/** Users and groups of the host, from `etc/passwd` and `etc/group` below its root. */
export interface Accounts {
  /** `false`: the files are not in the tree; names and memberships are guesses. */
  readonly known: boolean;
  /** Resolves a name or a number; `null` when the host has no such user, or when nothing can be guessed about it. */
  user(nameOrId: string): User | null;
  /** Resolves a name or a number; `null` as for `user`. */
  group(nameOrId: string): Group | null;
  /** Names of the groups that list the user in `etc/group`: what `initgroups` gives a worker besides its own group. */
  supplementary(user: User): readonly string[];
}

export interface User {
  readonly name: string;
  /** `null` when guessed. */
  readonly id: number | null;
  /** The name of the primary group, or its number as text when no group has it. */
  readonly group: string;
}

export interface Group {
  readonly name: string;
  /** `null` when guessed. */
  readonly id: number | null;
  /** Users that list it as supplementary. */
  readonly members: readonly string[];
}

/** Names that packages create with a group of the same name. Nothing is guessed about others. */
const WELL_KNOWN = ["www-data", "nginx", "apache", "nobody", "http", "www", "_www", "root"];

/** Users, groups. */
export const ACCOUNT_FILES = ["/etc/passwd", "/etc/group"] as const;

export function readAccounts(fs: HostFilesystem): Accounts {
  const [passwd = null, group = null] = ACCOUNT_FILES.map((path) => lines(fs, path));
  if (passwd === null || group === null) return guessedAccounts();
  const groups = group.map(readGroup);
  const byId = byNumber(groups);
  return listedAccounts(
    passwd.map((fields) => readUser(fields, byId)),
    groups,
  );
}

/** Those of lists. `guessed`: what to say of a name that is in none; absent: there are no others. */
function listedAccounts(users: readonly User[], groups: readonly Group[], guessed?: Accounts): Accounts {
  const findUser = finder(users);
  const findGroup = finder(groups);
  // A name may be in a group twice.
  const memberships = groups.flatMap(({ name, members }) =>
    [...new Set(members)].map((member) => [member, name] as const),
  );
  const groupsOf = grouped(memberships);
  return {
    known: guessed === undefined,
    user: (key) => findUser(key) ?? guessed?.user(key) ?? null,
    group: (key) => findGroup(key) ?? guessed?.group(key) ?? null,
    supplementary: (user) => groupsOf.get(user.name) ?? [],
  };
}

/** Those of a container: as its files have them, else those of its image; `facts` `null`: nothing describes it. */
export function containerAccounts(read: Accounts, facts: ContainerFacts | null): Accounts {
  return read.known || facts === null || facts.accounts === null ? read : accountsOfImage(facts.accounts);
}

/** Many containers have one image, and are asked about each of their pools. */
const accountsOfImage = perKey(({ users, groups, complete }: ContainerAccounts): Accounts => {
  const groupList = [...groups].map(([name, group]): Group => ({ name, ...group }));
  const named = (wanted: number): string => groupList.find(({ id }) => id === wanted)?.name ?? `${wanted}`;
  const userList = [...users].map(([name, { id, group }]): User => ({ name, id, group: named(group) }));
  return listedAccounts(userList, groupList, complete ? undefined : guessedAccounts());
});

function lines(fs: HostFilesystem, path: string): readonly (readonly string[])[] | null {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer) return null;
  return answer.text
    .split("\n")
    .filter((line) => line.includes(":") && !line.startsWith("#"))
    .map((line) => line.split(":"));
}

function readGroup(fields: readonly string[]): Group {
  const members = (fields[3] ?? "").split(",").filter((name) => name !== "");
  return { name: fields[0] ?? "", id: number(fields[2]), members };
}

function readUser(fields: readonly string[], groups: ReadonlyMap<string, Group>): User {
  const primary = fields[3] ?? "";
  const group = groups.get(String(number(primary)));
  return { name: fields[0] ?? "", id: number(fields[2]), group: group?.name ?? primary };
}

function number(text: string | undefined): number | null {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null;
}

/** By its name, else by its number as it is written without zeros in front. The system takes the first. */
function finder<T extends { readonly name: string; readonly id: number | null }>(
  list: readonly T[],
): (key: string) => T | null {
  const byName = new Map(uniqueBy(list, ({ name }) => name).map((one) => [one.name, one]));
  const byId = byNumber(list);
  return (key) => byName.get(key) ?? byId.get(key) ?? null;
}

/** The first of each number. */
function byNumber<T extends { readonly id: number | null }>(list: readonly T[]): ReadonlyMap<string, T> {
  const numbered = list.filter(({ id }) => id !== null);
  return new Map(uniqueBy(numbered, ({ id }) => String(id)).map((one) => [String(one.id), one]));
}

function guessedAccounts(): Accounts {
  return {
    known: false,
    user: (name) => (WELL_KNOWN.includes(name) ? { name, id: null, group: name } : null),
    group: (name) => (WELL_KNOWN.includes(name) ? { name, id: null, members: [] } : null),
    supplementary: () => [],
  };
}
