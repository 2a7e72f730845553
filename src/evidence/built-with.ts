import type { Host } from "../model/host.js";
import { mayConnect, type PoolSocket } from "../model/listen/socket.js";
import { factsOf } from "../nginx/facts/directives.js";

/** Whom nginx's workers run as where no `user` says it. */

/** Accounts that nginx's packages are compiled with, and their groups. */
export const BUILT_WITH = [
  [factsOf("user")[0]?.default?.split(" ")[0] ?? "", "nogroup"],
  ["nobody", "nobody"],
  ["nginx", "nginx"],
  ["http", "http"],
  ["www", "www"],
] as const;

/** Whether one of them may open the socket. */
export function opensForBuilds(host: Host, socket: PoolSocket): boolean {
  return BUILT_WITH.some(([name, group]) => {
    const user = host.accounts.user(name) ?? { name, id: null, group };
    return mayConnect(socket, user, [group], host.accounts);
  });
}
