import { setting } from "../../fpm/pools.js";
import { fpmDefault } from "../../fpm/settings/facts.js";
import { readMode } from "../../fpm/settings/values.js";
import type { FpmMaster, Pool } from "../../fpm/types.js";
import type { ContainerFacts } from "../../host/spec.js";
import type { Effective } from "../../source/effective.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { type Accounts, containerAccounts, readAccounts, type User } from "../accounts.js";
import type { Host } from "../host.js";

/** The Unix socket of a pool, as a master that runs as root makes it. */
export interface PoolSocket {
  readonly owner: Holder;
  readonly group: Holder;
  /** The nine permission bits. */
  readonly mode: number;
  /** Where the mode is written; `null`: PHP-FPM's default. */
  readonly modePlace: Place | null;
  /** Further accounts that may read and write: owner and group are root then. `null`: there is no ACL. */
  readonly acl: Acl | null;
}

/** The user or the group that owns a socket. */
export interface Holder {
  readonly name: string;
  /** `null`: unknown, because the account is a guess. */
  readonly id: number | null;
  /** The setting that says so; `null`: the default, the master's own account. */
  readonly key: "listen.owner" | "listen.group" | null;
  /** The value of that setting; `null`: the default. */
  readonly place: Place | null;
}

/** What `listen.acl_users` and `listen.acl_groups` say. */
export interface Acl {
  readonly users: readonly string[];
  readonly groups: readonly string[];
  /** Their numbers, in the same order; `null`: unknown. */
  readonly userIds: readonly (number | null)[];
  readonly groupIds: readonly (number | null)[];
  /** The value of the first of the two settings. */
  readonly place: Place;
  /** The socket of a PHP-FPM that was built without ACLs and ignores them; `null`: it cannot be told. */
  readonly without: PoolSocket | null;
}

const root = { name: "root", id: 0, key: null, place: null } as const;

/** The container that a master runs in; `null`: none, or nothing describes it. */
function containerOf({ machines, container, asideMasters }: Host, master: FpmMaster): ContainerFacts | null {
  const machine = machines.get(master);
  if (machine !== undefined) return machine.facts;
  if (container === null) return null;
  // Where nothing but nginx runs, or nothing brings the pool, it is another machine's.
  return container.alone || asideMasters.includes(master) ? null : container;
}

const readOnce = perKey(readAccounts);

/** The users and groups of the machine that a master runs on. */
export function accountsOf(host: Host, master: FpmMaster): Accounts {
  const machine = host.machines.get(master);
  const facts = containerOf(host, master);
  if (machine === undefined && facts === host.container) return host.accounts;
  return containerAccounts(readOnce(machine?.fs ?? host.fs), facts);
}

/**
 * The socket that a pool gets; `null`: a value or an account is unknown, PHP-FPM refuses it, or its container
 * says that another account than root starts it.
 */
export function poolSocket(host: Host, pool: Pool): PoolSocket | null {
  const ownUser = containerOf(host, pool.master)?.ownUser === true;
  return ownUser ? null : socketOf(pool, accountsOf(host, pool.master));
}

function socketOf(pool: Pool, accounts: Accounts): PoolSocket | null {
  const mode = setting(pool, "listen.mode");
  const users = setting(pool, "listen.acl_users");
  const groups = setting(pool, "listen.acl_groups");
  // From 5.4.28 and 5.5.12 on the default is 0660; it was 0666 before.
  if (pool.master.php5 && pool.master.phpVersion === null && mode.kind !== "set") return null;
  if (mode.kind === "unknown" || users.kind === "unknown" || groups.kind === "unknown") return null;
  const written = mode.value === "" ? null : mode.value;
  const place = [users, groups].flatMap((one) => (one.kind === "set" && one.value ? [one.place] : []))[0];
  // A mode that PHP-FPM misreads is left to fpm/invalid-value; with an ACL it does not matter.
  if (written !== null && !/^[0-7]+$/.test(written) && place === undefined) return null;
  const shared = {
    mode: readMode(written ?? fpmDefault("listen.mode", "pool", pool.master.phpVersion) ?? "") & 0o777,
    modePlace: mode.kind === "set" && written !== null ? mode.place : null,
  };
  const holders = readHolders(pool, accounts);
  const plain = holders === null ? null : { ...shared, ...holders, acl: null };
  if (place === undefined) return plain;
  const [named, grouped] = [names(users), names(groups)];
  const [userIds, groupIds] = [named.map(accounts.user), grouped.map(accounts.group)];
  // PHP-FPM does not start with a name that the host does not have.
  if (accounts.known && [...userIds, ...groupIds].includes(null)) return null;
  const acl: Acl = {
    users: named,
    groups: grouped,
    userIds: userIds.map((one) => one?.id ?? null),
    groupIds: groupIds.map((one) => one?.id ?? null),
    place,
    without: plain,
  };
  return { ...shared, owner: root, group: root, acl };
}

function names(value: Exclude<Effective<string | null>, { readonly kind: "unknown" }>): readonly string[] {
  return value.value ? value.value.split(",") : [];
}

/**
 * `listen.owner` given by name also sets the group, to the user's primary group; given by number it does
 * not.
 */
function readHolders(pool: Pool, accounts: Accounts): Pick<PoolSocket, "owner" | "group"> | null {
  const owner = setting(pool, "listen.owner");
  const group = setting(pool, "listen.group");
  if (owner.kind === "unknown" || group.kind === "unknown") return null;
  let [user, holds]: readonly [Holder, Holder] = [root, root];
  if (owner.kind === "set" && owner.value) {
    const { value, place } = owner;
    const found = accounts.user(value);
    if (!isNumber(value)) {
      if (found === null) return null;
      const primary = accounts.group(found.group);
      holds = { name: found.group, id: primary?.id ?? null, key: "listen.owner", place };
    }
    user = holder(value, found, "listen.owner", place);
  }
  if (group.kind === "set" && group.value) {
    const found = accounts.group(group.value);
    if (found === null && !isNumber(group.value)) return null;
    holds = holder(group.value, found, "listen.group", group.place);
  }
  return { owner: user, group: holds };
}

function isNumber(text: string): boolean {
  return /^\d+$/.test(text);
}

/** An account by name or number; a number counts whether or not the host has such an account. */
function holder(
  text: string,
  account: { readonly name: string; readonly id: number | null } | null,
  key: "listen.owner" | "listen.group",
  place: Place,
): Holder {
  const id = isNumber(text) ? Number(text) : (account?.id ?? null);
  return { name: account?.name ?? text, id, key, place };
}

/**
 * Whether a process that runs as `user` with these groups may write to the socket, which it needs to
 * connect. `accounts`: those of the machine that the process runs on. Two machines may have one name with two
 * numbers, and the kernel goes by numbers.
 */
export function mayConnect(
  socket: PoolSocket,
  user: User,
  groups: readonly string[],
  accounts: Accounts,
): boolean {
  if (user.id === 0 || user.name === "root") return true;
  const { acl, mode } = socket;
  // Only the first class that fits counts: an owner who may not write is not helped by the others.
  if (sameAccount(socket.owner, user)) return (mode & 0o200) !== 0;
  const of = groups.map((name) => accounts.group(name) ?? { name, id: null });
  if (acl?.users.some((name, index) => sameAccount({ name, id: acl.userIds[index] ?? null }, user)) === true)
    return true;
  const listed = (acl?.groups ?? []).map((name, index) => ({ name, id: acl?.groupIds[index] ?? null }));
  if (listed.some((one) => of.some((group) => sameAccount(one, group)))) return true;
  const member = of.some((group) => sameAccount(socket.group, group));
  return (mode & (member ? 0o020 : 0o002)) !== 0;
}

type Numbered = Pick<Holder, "name" | "id">;

/** Whether two mean one account: by their numbers where both are known, else by their names. */
export function sameAccount(holder: Numbered, account: Numbered): boolean {
  if (holder.id !== null && account.id !== null) return holder.id === account.id;
  return holder.name === account.name;
}

/** `www-data:www-data 0660`, as `ls` would have it. */
export function showSocket({ owner, group, mode }: PoolSocket): string {
  return `${owner.name}:${group.name} ${mode.toString(8).padStart(4, "0")}`;
}
