import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { BUILT_WITH, opensForBuilds } from "../../src/evidence/built-with.js";
import { mayAnswer, membership, siblings } from "../../src/evidence/failover.js";
import { furtherLocations, poolKey } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { nameUser, openSocket } from "../../src/help/socket.js";
import type { User } from "../../src/model/accounts.js";
import type { Host, Target } from "../../src/model/host.js";
import {
  accountsOf,
  mayConnect,
  type PoolSocket,
  poolSocket,
  sameAccount,
  showSocket,
} from "../../src/model/listen/socket.js";
import { type NginxWorker, nginxWorker } from "../../src/model/nginx-worker.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { once, perKey } from "../../src/source/memo.js";
import { looksFilledIn } from "../../src/source/template-names.js";

/** A socket that nginx's workers may not write to, on one way to its pool. */
interface Closed extends Pair {
  readonly socket: PoolSocket;
  readonly worker: Exclude<NginxWorker, { readonly kind: "unknown" }>;
  readonly case: "denied" | "member" | "build-default";
  /** What would settle it; `null`: it is certain. */
  readonly settle: string | null;
  /** The worker is the owner or in the group, and the mode does not let that class write. */
  readonly byMode: boolean;
}

const log = "failed (13: Permission denied) while connecting to upstream";

type Case = "denied" | "member" | "build-default";

export const permissionDenied = defineRule({
  id: "socket/permission-denied",
  about: "host",
  alike: true,
  cases: {
    denied: {
      severity: "error",
      symptom: { when: "always", status: 502, log },
      summary: "nginx's workers may not write to the pool's socket",
    },
    member: {
      severity: "warning",
      symptom: { when: "always", status: null, log },
      summary: "nginx's workers may not write to the socket of one of several servers of an upstream",
    },
    "build-default": {
      severity: "warning",
      symptom: { when: "always", status: 502, log },
      summary:
        "nginx has no user directive, and the accounts it is usually built with may not open the socket",
    },
  },
  docs: {
    title: "nginx's workers may not open the pool's socket",
    fires: [
      markdown`
        a location passes requests to the socket of a pool, and the account of nginx's workers (\`user\`,
        its group, the groups that list the user) has no write permission on it, by \`listen.owner\`,
        \`listen.group\`, \`listen.mode\` or \`listen.acl_users\`/\`listen.acl_groups\`
      `,
    ],
    silent: [
      "the accounts of the host are not in the tree and cannot be guessed",
      markdown`
        the pool has no \`user\`, because then PHP-FPM does not run as root and the socket belongs to its
        own account
      `,
      "nobody listens on the socket",
      "a template fills in the path of the socket, and nothing says which account nginx runs as",
    ],
    what: markdown`
      Without any of these settings the socket belongs to root and has mode 0660. \`listen.owner\` given by
      name also sets the group to the user's primary group; given by number it does not. With an ACL both
      are ignored.

      Without a \`user\` directive nginx's workers run as the account that was compiled in, and a socket
      that is closed to it is a warning. When the accounts of the host are not in the tree, it is a warning at
      most. The directories on the way and SELinux are not checked.
    `,
    why: markdown`
      PHP-FPM creates the socket as root and gives it to \`listen.owner\` and \`listen.group\`. To connect,
      nginx's worker needs write permission, and only the first class that fits it counts: the owner, else
      the group, else the others. Without it every request ends in \`502 Bad Gateway\`, while both daemons
      start without a word. Where \`auth_request\` asks such a location, every request that it protects is
      \`500 Internal Server Error\`.
    `,
    instead: markdown`
      Give the socket to the account of nginx's workers, in every pool: \`listen.owner = www-data\` and
      \`listen.group = www-data\` (with the name that \`user\` has in nginx.conf), and keep
      \`listen.mode\` at 0660.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen-owner",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen-acl-users",
      "https://nginx.org/en/docs/ngx_core_module.html#user",
    ],
  },
  // The accounts that nginx is usually built with are known by name, and so is root.
  reads: ["account"],
  *check(host) {
    const worker = nginxWorker(host);
    if (worker.kind === "unknown") return;
    const found: Closed[] = [];
    for (const pair of pairs(host)) {
      const one = closed(host, worker, pair);
      if (one !== null) found.push(one);
    }
    const shut = new Set(found.map(({ pool }) => pool));
    const all = found.map((one) => (isMember(one, shut) ? { ...one, case: "member" as const } : one));
    const groups = groupBy(all, (one) => `${one.case} ${poolKey(one)}`);
    const shared = onlyUser(worker, groups);
    if (shared !== null) {
      yield userReport(host, shared, groups);
      return;
    }
    for (const group of groups) yield report(host, group);
  },
});

type Groups = readonly (readonly [Closed, ...Closed[]])[];

interface Changed {
  readonly worker: Extract<Closed["worker"], { readonly kind: "set" }>;
  /** Whom all sockets belong to. */
  readonly owner: string;
}

/** All sockets belong to one other account, so that the one line with nginx's is the cause; `null`: they do not. */
function onlyUser(worker: Closed["worker"], groups: Groups): Changed | null {
  const [first] = groups;
  if (worker.kind !== "set" || first === undefined || groups.length < 2) return null;
  const owner = first[0].socket.owner.name;
  const alike = groups.every(
    ([one]) =>
      one.case === "denied" && !one.byMode && one.socket.acl === null && one.socket.owner.name === owner,
  );
  return alike && owner !== "root" ? { worker, owner } : null;
}

function userReport(host: Host, { worker, owner }: Changed, groups: Groups): Draft<Case> {
  const [[first]] = groups as [readonly [Closed, ...Closed[]], ...Groups];
  const pools = groups.map(([one]) => one.pool);
  const opened = pools.map((pool) => openSocket(host, worker, pool));
  return {
    case: "denied",
    settle: groups.map(([one]) => one.settle).find((settle) => settle !== null) ?? null,
    message: `nginx's workers run as ${worker.user}${inGroups(first)} and may not write to the sockets of ${pools.length} pools, which belong to ${owner}`,
    at: worker.place,
    label: `the sockets belong to ${owner}`,
    related: groups.map(([{ pool, socket }]) => ({
      place: socket.owner.place ?? placeOf(setting(pool, "listen")) ?? pool.section,
      message: `the socket of pool [${pool.name}] is ${described(socket)}`,
    })),
    effect: "every request to these pools ends in 502 Bad Gateway",
    help: helpOf([
      [replace(host, worker.place, `user ${owner};`)],
      opened.some((edits) => edits === null) ? null : opened.flatMap((edits) => edits ?? []),
    ]),
    names: [worker.user, owner],
  };
}

/** Whether nginx can go on to another server whose socket is open. */
function isMember({ binding, target, case: kind }: Closed, shut: ReadonlySet<Pool>): boolean {
  const open = (one: Target): boolean =>
    mayAnswer(one) && !(one.pools.length > 0 && one.pools.every((pool) => shut.has(pool)));
  return kind === "denied" && siblings(binding, target).some(open);
}

function closed(host: Host, worker: Closed["worker"], pair: Pair): Closed | null {
  const { pool, target } = pair;
  const user = setting(pool, "user");
  // Without a user PHP-FPM only starts when it is not root, and then the socket belongs to its own account.
  if (target.address.kind !== "unix" || target.assumed || user.kind !== "set" || !user.value) return null;
  const socket = poolSocket(host, pool);
  if (socket === null) return null;
  const known = host.accounts.known && accountsOf(host, pool.master).known;
  const unknown = known ? null : "The accounts of the host (etc/passwd and etc/group) would settle it.";
  const one = { ...pair, socket, worker };
  if (worker.kind === "build-default") {
    // A template whose daemons nothing names an account for may be started by any account, for both of them.
    if (!known && looksFilledIn(listenText(pool))) return null;
    if (rootOnly(socket)) return { ...one, case: "denied", settle: unknown, byMode: false };
    return known && !opensForBuilds(host, socket)
      ? { ...one, case: "build-default", settle: null, byMode: false }
      : null;
  }
  const account = host.accounts.user(worker.user);
  if (account === null || mayConnect(socket, account, worker.groups, host.accounts)) return null;
  const { owner, group } = socket;
  const groups = worker.groups.map((one) => host.accounts.group(one) ?? { name: one, id: null });
  const byMode = sameAccount(owner, account) || groups.some((one) => sameAccount(group, one));
  return { ...one, case: "denied", settle: unknown ?? withoutAcl(host, one), byMode };
}

function listenText(pool: Pool): string {
  return pool.settings.findLast(({ key, index }) => key === "listen" && index === null)?.raw ?? "";
}

function rootOnly({ owner, group, mode, acl }: PoolSocket): boolean {
  return acl === null && owner.id === 0 && group.id === 0 && (mode & 0o002) === 0;
}

/**
 * What would settle whether an ACL counts: distributions build PHP-FPM with ACLs, a build of one's own may
 * ignore them and go by owner and group. `null`: nothing has to be settled.
 */
function withoutAcl(host: Host, { socket, worker, pool }: Omit<Closed, "case" | "settle" | "byMode">) {
  const plain = socket.acl?.without ?? null;
  const user = worker.kind === "set" ? host.accounts.user(worker.user) : null;
  if (plain === null || user === null || worker.kind !== "set") return null;
  const packaged = /^\/etc\//.test(pool.master.main?.path ?? "");
  return !packaged && mayConnect(plain, user, worker.groups, host.accounts)
    ? "`php-fpm -i | grep with-fpm-acl` would settle it: without that option PHP-FPM ignores the ACL and goes by owner and group."
    : null;
}

function report(host: Host, group: readonly [Closed, ...Closed[]]): Draft<Case> {
  const [first] = group;
  const { pool, socket, worker, binding, target } = first;
  const listen = placeOf(setting(pool, "listen")) ?? pool.section;
  const at = blamed(first, listen);
  const name = worker.kind === "set" ? worker.user : null;
  const ids = numbers(host, first);
  const who =
    name === null
      ? `without a user directive nginx's workers run as the account that nginx was built with (${BUILT_WITH[0][0]} in Debian's) and`
      : `nginx's workers run as ${name}${ids.worker}${inGroups(first)} and`;
  const member = membership(binding, target);
  return {
    case: first.case,
    settle: first.settle,
    message: `${who} may not write to the socket of pool [${pool.name}]${member === null ? "" : ` (${member})`}: ${described(socket)}${ids.socket}`,
    at,
    label: labelOf(first, at),
    link: linkOf(first),
    related: related(first, at, furtherLocations(group)),
    ...seenByClients(
      first.case === "member"
        ? "nginx keeps trying it and goes on to the next server; when that one fails, requests end in 502 Bad Gateway"
        : "every request to this pool ends in 502 Bad Gateway",
      group.map((one) => one.binding),
    ),
    help: help(host, first),
    names: namesOf(binding, pool),
  };
}

function labelOf({ socket, worker }: Closed, at: Place): string {
  if (worker.place !== null && samePlace(at, worker.place)) return "no user directive here";
  if (socket.acl === null) return `the socket is ${described(socket)}`;
  return "with an ACL the socket belongs to root, whatever listen.owner and listen.group say";
}

/** Two containers may have one name with two numbers, and then only these show what is wrong. */
function numbers(
  host: Host,
  { socket, worker }: Closed,
): { readonly worker: string; readonly socket: string } {
  const user = worker.kind === "set" ? host.accounts.user(worker.user) : null;
  const { owner, group } = socket;
  const one = user === null ? undefined : [owner, group].find(({ name }) => name === user.name);
  return user === null || one === undefined || user.id === null || one.id === null || user.id === one.id
    ? { worker: "", socket: "" }
    : { worker: ` (${user.id})`, socket: ` (${owner.id ?? owner.name}:${group.id ?? group.name})` };
}

function inGroups({ worker }: Closed): string {
  if (worker.kind !== "set" || worker.groups.length === 0) return "";
  const groups = worker.groups.join(", ");
  return groups === worker.user ? "" : ` with group ${groups}`;
}

/**
 * The line a person would change: the one that gives the socket to somebody, else where it would be written.
 */
function blamed({ socket, worker, byMode, case: kind }: Closed, listen: Place): Place {
  if (kind === "build-default" && worker.place !== null) return worker.place;
  if (socket.acl !== null) return socket.acl.place;
  const { owner, group, modePlace } = socket;
  if (byMode && modePlace !== null) return modePlace;
  return owner.place ?? group.place ?? modePlace ?? listen;
}

function described(socket: PoolSocket): string {
  const shown = showSocket(socket);
  if (socket.acl !== null) {
    const { users, groups } = socket.acl;
    const named = [...users, ...groups.map((name) => `group ${name}`)].join(", ");
    return `${shown} with an ACL for ${named}`;
  }
  const defaults = socket.owner.place === null && socket.group.place === null;
  if (defaults && socket.modePlace === null) return `${shown} (the default)`;
  const [holders = "", mode = ""] = shown.split(" ");
  if (defaults) return `${holders} (the default) with mode ${mode}`;
  return socket.modePlace === null ? `${holders} with mode ${mode} (the default)` : shown;
}

function related(
  { socket, worker }: Closed,
  at: Place,
  further: readonly RelatedReport[],
): readonly RelatedReport[] {
  const found: RelatedReport[] = [];
  const add = (place: Place | null, message: string): void => {
    if (place !== null && ![at, ...found.map((one) => one.place)].some((one) => samePlace(one, place)))
      found.push({ place, message });
  };
  add(
    worker.place,
    worker.kind === "set" ? `nginx's workers run as ${worker.user}` : "no user directive here",
  );
  add(socket.owner.place, `the socket belongs to ${socket.owner.name}`);
  add(socket.group.place, `the socket's group is ${socket.group.name}`);
  add(socket.modePlace, `the socket's mode is ${showSocket(socket).split(" ")[1]}`);
  return [...found, ...further];
}

function help(host: Host, { socket, worker, pool }: Closed): HelpDraft {
  if (worker.kind === "set")
    return helpOf([openSocket(host, worker, pool), runAsOwner(host, socket, worker)]);
  return helpOf(
    [nameUser(host, worker, socket, pool)],
    "`nginx -V` shows the account that nginx was built with, as --user",
  );
}

/**
 * The other way round: nginx's workers run as the owner of the socket. `null`: they could not, or would lose
 * another pool.
 */
function runAsOwner(
  host: Host,
  { owner, acl }: PoolSocket,
  worker: Extract<NginxWorker, { readonly kind: "set" }>,
): readonly Edit[] | null {
  const user = host.accounts.user(owner.name);
  if (user === null || user.id === 0 || user.name === "root" || acl !== null) return null;
  // Another machine may have another number by the same name.
  if (user.id !== null && owner.id !== null && user.id !== owner.id) return null;
  if (host.accounts.group(user.group) === null || !opensAll(host, user)) return null;
  const line = user.group === user.name ? `user ${user.name};` : `user ${user.name} ${user.group};`;
  return [replace(host, worker.place, line)];
}

/** Asked once for each account, for there may be very many pools of one owner. */
const answers = perKey((_host: Host) => new Map<string, boolean>());

/**
 * Whether workers of that account may open the sockets of all pools that get requests; `false` also where one is
 * unknown.
 */
function opensAll(host: Host, user: User): boolean {
  return once(answers(host), user.name, () => {
    const groups = [user.group, ...host.accounts.supplementary(user)];
    for (const { pool, target } of pairs(host)) {
      if (target.address.kind !== "unix") continue;
      const socket = poolSocket(host, pool);
      if (socket === null || !mayConnect(socket, user, groups, host.accounts)) return false;
    }
    return true;
  });
}
