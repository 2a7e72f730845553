import { setting } from "../../fpm/pools.js";
import { isLocal } from "../address/address.js";
import type { Binding, Host } from "../host.js";

/** Directories as nginx and as PHP-FPM see them. */

/** Whether PHP-FPM surely sees the paths that nginx sees. */
export function seesSamePaths({ targets }: Binding): boolean {
  const up = targets.filter(({ down }) => !down);
  return (
    up.length > 0 &&
    up.every(
      ({ address, assumed, pools }) =>
        !assumed &&
        isLocal(address) &&
        pools.length > 0 &&
        pools.every((pool) => isUnset(setting(pool, "chroot"))),
    )
  );
}

/** Whether a pool surely does not set a path. */
export function isUnset(value: ReturnType<typeof setting>): boolean {
  return value.kind !== "unknown" && (value.value === null || value.value === "");
}

/**
 * Whether a directory is in another, or is the same. A relative root counts from wherever nginx was
 * installed, so `/srv/shop/public` is in `/srv/shop` and may be in `shop/public`.
 */
export function isInside(host: Host, directory: string, root: string): boolean {
  const [inner, outer] = [directory, root].map((path) => path.replace(/\/+/g, "/").replace(/\/$/, ""));
  if (inner === undefined || outer === undefined) return true;
  if (!outer.startsWith("/")) return `${inner}/`.includes(`/${outer}/`);
  const real = (path: string) => {
    const entry = host.fs.entry(path === "" ? "/" : path);
    return entry.kind === "directory" ? entry.path : path;
  };
  return [inner, real(inner)].some((path) =>
    [outer, real(outer)].some((top) => `${path}/`.startsWith(`${top}/`)),
  );
}

/** The names in a directory; none where it is not in the tree. */
export function filesAt(host: Host, directory: string | null): readonly string[] {
  const entry = directory === null ? null : host.fs.entry(directory);
  return entry?.kind === "directory" ? entry.names : [];
}

/** The scripts in a directory itself, not those further down. */
export function scriptsAt(host: Host, directory: string): readonly string[] {
  return filesAt(host, directory).filter((name) => name.endsWith(".php"));
}
