import { phpValue } from "../../fpm/pools.js";
import { readBoolean } from "../../fpm/settings/values.js";
import type { FpmMaster, Pool } from "../../fpm/types.js";

/**
 * Whether the workers of a pool run scripts from the cache of their master. `null`: unknown. Where the tree has
 * none of the files that load extensions, it is taken to be loaded, as packages do.
 */
export function usesOpcache(pool: Pool): boolean | null {
  if (!isLoaded(pool.master)) return false;
  return phpSwitch(pool, "opcache.enable");
}

/** A switch of PHP as it is for a pool; `null`: unknown. */
export function phpSwitch(pool: Pool, name: string): boolean | null {
  const value = phpValue(pool, name);
  if (value.kind === "unknown" || value.value === null) return null;
  const reading = readBoolean(value.value);
  return reading.ok ? reading.value : null;
}

function isLoaded({ ini, main }: FpmMaster): boolean {
  const others = ini.files.filter(({ path }) => !path.endsWith("/php.ini"));
  // An image loads nothing by itself.
  if (others.length === 0) return main?.path.startsWith("/usr/local/etc/") !== true;
  return ini.files.some(({ text }) => /^[ \t]*zend_extension[ \t]*=.*opcache/m.test(text));
}
