import { type Address, isLocal } from "../model/address/address.js";
import type { Binding, Target } from "../model/host.js";

/** The other servers of the upstream that get requests: nginx tries them next when a connection is refused. */
export function siblings(binding: Binding, target: Target): readonly Target[] {
  if (target.upstream === null) return [];
  return binding.targets.filter((one) => one !== target && one.upstream === target.upstream && !one.down);
}

/** Whether something may answer there: a pool of this host, or another machine. */
export function mayAnswer({ pools, address }: { pools: readonly unknown[]; address: Address }): boolean {
  return pools.length > 0 || !isLocal(address);
}

/** `one of 3 servers of upstream php`, `upstream php`; `null`: the target is not in an upstream. */
export function membership(binding: Binding, target: Target): string | null {
  if (target.upstream === null) return null;
  const count = siblings(binding, target).length + 1;
  return count === 1
    ? `upstream ${target.upstream}`
    : `one of ${count} servers of upstream ${target.upstream}`;
}

/**
 * What happens to requests to a server where nobody answers. `others`: the number of other servers of its
 * upstream; `takenOver`: whether one of them may answer.
 */
export function effectOfNobody(others: number, takenOver: boolean, target: Target): string {
  if (takenOver && target.backup)
    return "nothing takes over when the other servers fail, and then requests end as 502 Bad Gateway";
  if (takenOver)
    return "nginx tries it again and again before the next server; when that one fails, requests end as 502 Bad Gateway";
  if (others > 0)
    return "none of the servers of the upstream answers, and every request ends as 502 Bad Gateway";
  return "every request that is passed there ends as 502 Bad Gateway";
}
