import type { Identity, PathFacts, Rights } from "../live/facts.js";

/** Whether an account may do something with a path, by what was seen of it and of the directories on its way. */

export const [READ, WRITE, PASS] = [4, 2, 1] as const;

export type Access =
  | { readonly kind: "yes" }
  /** What stops it. */
  | { readonly kind: "no"; readonly at: Rights }
  /** An access control list may allow or deny it. */
  | { readonly kind: "unknown" };

/** `maybe`: the mode denies it, and its middle digit may be the mask of a list that allows it. */
function allows(
  { user, group, mode, acl }: Rights,
  account: Identity,
  wanted: number,
): "yes" | "no" | "maybe" {
  const has = (shift: number): boolean => ((mode >> shift) & wanted) === wanted;
  if (account.user === 0) return "yes";
  if (account.user === user) return has(6) ? "yes" : "no";
  const member = account.group === group || account.groups.includes(group);
  if (acl === true) return has(3) || has(0) ? "maybe" : "no";
  if (has(member ? 3 : 0)) return "yes";
  return acl === null && !member && has(3) ? "maybe" : "no";
}

/**
 * Whether an account may do something with a path that is there. `wanted`: `READ`, `WRITE`, `PASS`, added up.
 * `proved`: whether the account itself came as far as the path and was let in; `null`: it was not tried.
 */
export function accessTo(
  { above, own }: PathFacts,
  account: Identity,
  wanted: number,
  proved: boolean | null,
): Access {
  const steps = above.map((rights) => ({ rights, needs: PASS as number }));
  if (proved !== true)
    for (const { rights, needs } of steps) {
      const answer = allows(rights, account, needs);
      if (answer === "no" || (answer === "maybe" && proved === false)) return { kind: "no", at: rights };
      if (answer === "maybe") return { kind: "unknown" };
    }
  if (own === null) return { kind: "unknown" };
  const answer = allows(own, account, wanted);
  if (answer === "yes") return proved === false ? { kind: "unknown" } : { kind: "yes" };
  return answer === "no" || proved === false ? { kind: "no", at: own } : { kind: "unknown" };
}
