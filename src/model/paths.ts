import { setting } from "../fpm/pools.js";
import { isLocal } from "./address.js";
import type { Binding, Host } from "./host.js";

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

function isUnset(value: ReturnType<typeof setting>): boolean {
  return value.kind !== "unknown" && (value.value === null || value.value === "");
}

/** `/srv/shop/public` is in `/srv/shop`, and in `shop/public`, which counts from wherever nginx was installed. */
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
