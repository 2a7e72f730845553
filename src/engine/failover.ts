import { type Address, isLocal } from "../model/address.js";
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
