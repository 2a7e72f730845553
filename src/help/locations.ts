import type { Edit } from "../engine/help.js";
import { type Known, sourceOf } from "../evidence/grouping.js";
import type { Pair } from "../evidence/pairs.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { childrenNamed, enclosing, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { once, perKey } from "../source/memo.js";
import { addInto, editKey, inPlace, replace } from "./edit.js";

/** With more places than this the help is in words; the report names them all. */
export const MOST = 4;

/**
 * Writes a directive for the locations of a group: in the place of the line that sets it, or into
 * each location where nothing does or where locations of other pools have the same line. `value` is
 * what the directive is set to in a location now.
 */
export function writeForLocations<T extends Pair>(
  host: Host,
  group: readonly T[],
  all: readonly T[],
  value: (one: T) => Known<unknown>,
  line: string,
): readonly Edit[] {
  const name = line.split(" ")[0] ?? "";
  const edits = new Map<string, Edit>();
  const pools = once(poolsByDirective(all), name, () => poolsBySource(all, value));
  const isShared = (one: T): boolean => (pools.get(sourceOf(value(one)))?.size ?? 0) > 1;
  for (const one of group) {
    const { binding, pool } = one;
    const now = value(one);
    const shared = isShared(one);
    // nginx would refuse a second one next to it as a duplicate.
    if (shared && childrenNamed(binding.location, name).length > 0)
      return [inPlace(`a location that passes only to pool [${pool.name}]`, line)];
    const edit =
      now.kind === "set" && !shared
        ? replace(host, now.place, line)
        : addInto(host, headPlace(binding.location), line);
    edits.set(editKey(edit), edit);
  }
  if (edits.size <= MOST) return [...edits.values()];
  const alone = group.every((one) => value(one).kind === "default" && !isShared(one));
  const http = alone ? commonHttp(group, name) : null;
  return [
    http === null
      ? inPlace(`each of these ${edits.size} places`, line)
      : addInto(host, headPlace(http), line),
  ];
}

type PoolsBySource = ReadonlyMap<string, ReadonlySet<Pool>>;

/** For each list that a rule goes through, by the directive: counted once, however many groups ask. */
const poolsByDirective = perKey((_all: readonly Pair[]) => new Map<string, PoolsBySource>());

/** The pools of each line that sets a value: a line of two pools cannot be changed for one of them. */
function poolsBySource<T extends Pair>(all: readonly T[], value: (one: T) => Known<unknown>): PoolsBySource {
  const pools = new Map<string, Set<Pool>>();
  for (const one of all) {
    const source = sourceOf(value(one));
    const known = pools.get(source);
    if (known === undefined) pools.set(source, new Set([one.pool]));
    else known.add(one.pool);
  }
  return pools;
}

/** The `http` block around all of them; `null`: there is none, or it has such a line already. */
function commonHttp(group: readonly Pair[], name: string): Node | null {
  const blocks = new Set(group.map(({ binding }) => enclosing(binding.location, "http")));
  const [http] = blocks;
  if (http === undefined || http === null || blocks.size > 1 || http.directive.block === null) return null;
  return childrenNamed(http, name).length > 0 ? null : http;
}

/** The edits, or one in words where they are too many to be pasted one by one. */
export function inEachPlace(edits: readonly (Edit | null)[], line: string): readonly (Edit | null)[] {
  return edits.length <= MOST ? edits : [inPlace(`each of these ${edits.length} places`, line)];
}
