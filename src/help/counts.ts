import type { Edit } from "../engine/help.js";
import { integer, seconds, setting } from "../fpm/pools.js";
import { fpmDefault } from "../fpm/settings/facts.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { known } from "../source/effective.js";
import { write } from "./edit.js";

/** The counts that should replace the pool's own. */
export interface WantedCounts {
  readonly pm?: string;
  /** `pm.max_children`. */
  readonly children?: number;
  /** `pm.min_spare_servers`. */
  readonly least?: number;
  /** `pm.max_spare_servers`. */
  readonly most?: number;
}

/** Workers for a pool about which nothing is known, as in Debian's `www.conf`. */
const ENOUGH = 5;

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** The edits after which PHP-FPM accepts the counts of a pool, as close as possible to those it has. */
export function acceptedCounts(host: Host, pool: Pool, wanted: WantedCounts): readonly (Edit | null)[] {
  const edits: (Edit | null)[] = [];
  const put = (key: string, value: number | string): void => {
    const now = setting(pool, key);
    // A value that only the running host knows may be right.
    if (now.kind === "unknown") return;
    if (now.kind === "default" || now.value !== String(value))
      edits.push(write(host, now, `${key} = ${value}`));
  };
  const written = (key: string): number => known(integer(pool, key)) ?? 0;
  const standard = (key: string): string => fpmDefault(key, "pool", pool.master.phpVersion) ?? "";
  const pm = wanted.pm ?? known(setting(pool, "pm"))?.toLowerCase() ?? "";
  if (wanted.pm !== undefined) put("pm", pm);
  const few = written("pm.max_children");
  const children = wanted.children ?? (few < 1 ? ENOUGH : few);
  put("pm.max_children", children);
  if (pm === "ondemand" && (known(seconds(pool, "pm.process_idle_timeout")) ?? 1) < 1)
    put("pm.process_idle_timeout", standard("pm.process_idle_timeout"));
  if (pm !== "dynamic") return edits;
  const idle = written("pm.max_spare_servers");
  const least = clamp(wanted.least ?? written("pm.min_spare_servers"), 1, children);
  const most = clamp(wanted.most ?? (idle < 1 ? children : idle), least, children);
  put("pm.min_spare_servers", least);
  put("pm.max_spare_servers", most);
  const begin = written("pm.start_servers");
  if (begin > 0 && (begin < least || begin > most))
    put("pm.start_servers", least + Math.floor((most - least) / 2));
  const rate = setting(pool, "pm.max_spawn_rate");
  if (rate.kind === "set" && written("pm.max_spawn_rate") < 1)
    put("pm.max_spawn_rate", standard("pm.max_spawn_rate"));
  return edits;
}
