/**
 * What PHP-FPM says where there is no script at the path that it is sent: by itself it looks for one on the way back
 * from the end of the path, and "File not found." is its word for none. With `cgi.fix_pathinfo = 0` it opens the path as
 * it is, and has other words.
 */
import type { Draft } from "../engine/define.js";
import type { Symptom } from "../engine/rule.js";
import type { Pool } from "../fpm/types.js";
import type { Binding } from "../model/host.js";
import { phpSwitch } from "../model/request/opcache.js";
import { seenByClients } from "./asked.js";

const [USUAL, AS_SENT] = ["File not found", "No input file specified"];
const OPENED: Partial<Symptom> = { log: "Unable to open primary script: " };

/** Of a path with another end than those in `security.limit_extensions`, as a directory has: PHP refuses it before it looks whether it is there. */
export const REFUSED: Partial<Symptom> = {
  status: 403,
  log: "has been denied (see security.limit_extensions)",
};

/** Whether PHP opens the path as it is. */
export function isAsSent(pool: Pool): boolean {
  return phpSwitch(pool, "cgi.fix_pathinfo") === false;
}

/** Whether each pool that a location passes requests to does so. */
export function areAsSent({ targets }: Pick<Binding, "targets">): boolean {
  return targets.length > 0 && targets.every(({ pools }) => pools.length > 0 && pools.every(isAsSent));
}

/** `seenByClients` of requests that end as 404 `File not found`, which the effect says, because a path that was sent leads to nothing. */
export function withLostScript(
  effect: string,
  bindings: readonly Binding[],
): Pick<Draft, "effect" | "asked" | "instead"> {
  return bindings.every(areAsSent)
    ? { ...seenByClients(effect.replace(USUAL, AS_SENT), bindings), instead: OPENED }
    : seenByClients(effect, bindings);
}
