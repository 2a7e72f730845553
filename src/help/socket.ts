import type { Edit } from "../engine/help.js";
import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { accountsOf, mayConnect, type PoolSocket, poolSocket } from "../model/listen/socket.js";
import type { NginxWorker } from "../model/nginx-worker.js";
import { addBefore, write } from "./edit.js";

/**
 * The edits that let nginx's workers open the socket of a pool, even of one that has no socket yet; none
 * if they already may. `null`: the accounts are unknown.
 */
export function openSocket(host: Host, worker: NginxWorker, pool: Pool): readonly Edit[] | null {
  if (worker.kind !== "set") return null;
  const socket = poolSocket(host, pool);
  const account = host.accounts.user(worker.user);
  if (socket === null || account === null) return null;
  if (mayConnect(socket, account, worker.groups, host.accounts)) return [];
  if (socket.acl !== null)
    return lines(host, pool, [["listen.acl_users", [...socket.acl.users, worker.user].join(",")]]);
  const open = { ...socket, mode: 0o660 };
  const mode = ["listen.mode", "0660"] as const;
  if (mayConnect(open, account, worker.groups, host.accounts)) return lines(host, pool, [mode]);
  // The group alone is enough, and leaves the owner to whom else needs it.
  return lines(host, pool, [
    ["listen.group", groupFor(host, pool, worker.groups[0] ?? worker.user)],
    ...((socket.mode & 0o660) === 0o660 ? [] : [mode]),
  ]);
}

/** How the machine of a pool calls a group of nginx's: by its number where the name is missing or another one's. */
function groupFor(host: Host, pool: Pool, name: string): string {
  const id = host.accounts.group(name)?.id ?? null;
  const there = accountsOf(host, pool.master);
  const same = there.group(name);
  const fits = same === null ? !there.known : id === null || same.id === null || same.id === id;
  return fits || id === null ? name : String(id);
}

/** Names nginx's account, which no `user` says, as the one that owns the socket of a pool; root's is given to it. */
export function nameUser(
  host: Host,
  { place }: Extract<NginxWorker, { readonly kind: "build-default" }>,
  { owner }: PoolSocket,
  pool: Pool,
): readonly (Edit | null)[] {
  const rooted = owner.name === "root";
  const name = rooted ? "www-data" : owner.name;
  return [
    place === null ? null : addBefore(host, place, `user ${name};`),
    ...(rooted ? [write(host, setting(pool, "listen.owner"), `listen.owner = ${name}`)] : []),
  ];
}

function lines(host: Host, pool: Pool, settings: readonly (readonly [string, string])[]): readonly Edit[] {
  return settings.flatMap(([key, value]) => write(host, setting(pool, key), `${key} = ${value}`) ?? []);
}
