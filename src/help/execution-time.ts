import type { Edit } from "../engine/help.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import type { Effective } from "../source/effective.js";
import { samePlace } from "../source/file.js";
import { addInto, replace } from "./edit.js";

/**
 * Sets `max_execution_time`, in seconds, for one pool: in the line of the pool that sets it now, else in a new
 * one, because php.ini is for all pools. `null`: a parameter of nginx sets it, which overrides the pool.
 */
export function writeExecutionTime(
  host: Host,
  pool: Pool,
  now: Effective<unknown>,
  seconds: number,
  comment = "",
): Edit | null {
  const line = (key: string): string => `${key}[max_execution_time] = ${seconds}${comment}`;
  const own = pool.settings.find(({ place }) => now.kind === "set" && samePlace(place, now.place));
  if (own !== undefined) return replace(host, own.place, line(own.key));
  if (now.kind === "set" && !now.place.span.file.path.endsWith(".ini")) return null;
  return addInto(host, pool.section, line("php_value"));
}
