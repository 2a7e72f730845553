/** Doing something with the file rights of another account, as only root may. */

export interface Account {
  readonly user: number;
  readonly group: number;
  /** Further groups. */
  readonly groups: readonly number[];
}

/**
 * Does it with an account's rights, which end with it; `null`: this process is not root, or the system has no accounts.
 * What is done has to be over when it returns: nothing of it may wait.
 */
export function asAccount<T>({ user, group, groups }: Account, work: () => T): { readonly value: T } | null {
  const { geteuid, getegid, getgroups, seteuid, setegid, setgroups } = process;
  if (!geteuid || !getegid || !getgroups || !seteuid || !setegid || !setgroups) return null;
  if (geteuid() !== 0) return null;
  const before = { group: getegid(), groups: getgroups() };
  try {
    setgroups([...groups]);
    setegid(group);
    seteuid(user);
    return { value: work() };
  } finally {
    seteuid(0);
    setegid(before.group);
    setgroups(before.groups);
  }
}
