import { type Address, isLocal } from "../model/address/address.js";
import type { Binding, Target } from "../model/host.js";

/** The other servers of the upstream group that get requests: nginx goes on to them when a connection is refused. */
export function siblings(binding: Binding, target: Target): readonly Target[] {
  if (target.upstream === null) return [];
  return binding.targets.filter((one) => one !== target && one.upstream === target.upstream && !one.down);
}

/** Whether somebody may answer there: a pool of this host, or another machine. */
export function mayAnswer({ pools, address }: { pools: readonly unknown[]; address: Address }): boolean {
  return pools.length > 0 || !isLocal(address);
}

/** `one of 3 servers of upstream php`, `upstream php`; `null` outside a group. */
export function membership(binding: Binding, target: Target): string | null {
  if (target.upstream === null) return null;
  const count = siblings(binding, target).length + 1;
  return count === 1
    ? `upstream ${target.upstream}`
    : `one of ${count} servers of upstream ${target.upstream}`;
}

/** What becomes of the requests to a server of which nobody answers, one of so many more of its upstream. */
export function effectOfNobody(others: number, takenOver: boolean, target: Target): string {
  if (takenOver && target.backup)
    return "nothing takes over when the other servers fail, and requests end as 502 Bad Gateway then";
  if (takenOver)
    return "nginx tries it again and again and goes on to the next server; when that one fails, requests end as 502 Bad Gateway";
  if (others > 0)
    return "none of the servers of the upstream answers, and every request ends as 502 Bad Gateway";
  return "every request that is passed there ends as 502 Bad Gateway";
}
