import { setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { normalizePath } from "../../host/path.js";
import type { SetValue } from "../../source/effective.js";

/** The chroot, with the pool's own `prefix` in the place of `$prefix`; `null`: none, or unknown. */
export function jailOf(pool: Pool): SetValue<string> | null {
  const chroot = setting(pool, "chroot");
  if (chroot.kind !== "set" || chroot.value === null) return null;
  const prefix = setting(pool, "prefix");
  const own = prefix.kind === "set" ? prefix.value : null;
  const path = own?.startsWith("/") ? chroot.value.replace(/^\$prefix(?=\/|$)/, own) : chroot.value;
  return path.startsWith("/") ? { ...chroot, value: normalizePath(path) } : null;
}
