import type { Signature } from "../causes/signature.js";
import { fpmFact } from "../fpm/settings/facts.js";
import { phpValue, setting } from "../fpm/settings/lookup.js";
import type { Pool } from "../fpm/types.js";
import { httpFact } from "../nginx/facts/directives.js";
import { effectiveList, effectiveNode } from "../nginx/tree/effective.js";
import { argument, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Effective } from "../source/effective.js";
import { type Place, samePlace } from "../source/file.js";
import type { Joined } from "./join.js";

/** A directive or setting that decides about what happened. */
export interface Decided {
  readonly name: string;
  /** Where it is written; `null`: nowhere, and the default counts. */
  readonly place: Place | null;
  /** As it is written, or the default; `null`: unknown. */
  readonly value: string | null;
  readonly isDefault: boolean;
}

/** What decides about a line, as the files have it: what is written first, then defaults. */
export function decidedBy(signature: Signature, joined: Joined): readonly Decided[] {
  const found = (signature.decides ?? []).flatMap((name) => oneOf(name, joined));
  return [...found.filter(({ isDefault }) => !isDefault), ...found.filter(({ isDefault }) => isDefault)];
}

/** The same for one name. Several pools, or several locations, may each have their own. */
export function oneOf(name: string, joined: Joined): readonly Decided[] {
  if (name === "fastcgi_pass") {
    const passes = joined.targets.map(({ place }) => ({ name, place, value: null, isDefault: false }));
    return distinct(passes);
  }
  const blocks = blocksOf(joined);
  if (name === "fastcgi_param") return distinct(blocks.flatMap(scriptParam));
  if (fpmFact(name, "pool") === undefined && httpFact(name) !== undefined)
    return distinct(blocks.flatMap((block) => directive(name, block)));
  return distinct(joined.pools.flatMap((pool) => ofPool(name, pool)));
}

/** Where nginx's directives count: the blocks that hand the requests on, else the location or the server. */
export function blocksOf({ bindings, location, server }: Joined): readonly Node[] {
  return bindings.length > 0 ? bindings.map(({ block }) => block) : [location ?? server ?? []].flat();
}

function scriptParam(block: Node): readonly Decided[] {
  const list = effectiveList(block, "fastcgi_param");
  if (list.kind !== "set") return [];
  return list.nodes
    .filter((node) => argument(node, 0) === "SCRIPT_FILENAME")
    .slice(-1)
    .map((node) => ({
      name: "fastcgi_param",
      place: headPlace(node),
      value: argument(node, 1) ?? null,
      isDefault: false,
    }));
}

function directive(name: string, block: Node): readonly Decided[] {
  const found = effectiveNode(block, name);
  if (found.kind === "unknown") return [];
  if (found.kind === "set")
    return [{ name, place: headPlace(found.node), value: argument(found.node, 0) ?? null, isDefault: false }];
  const fact = httpFact(name)?.default ?? null;
  return fact === null ? [] : [{ name, place: null, value: fact, isDefault: true }];
}

function ofPool(name: string, pool: Pool): readonly Decided[] {
  const value: Effective<string | null> =
    fpmFact(name, "pool") === undefined ? phpValue(pool, name) : setting(pool, name);
  if (value.kind === "set") return [{ name, place: value.place, value: value.value, isDefault: false }];
  if (value.kind === "default" && value.value !== null)
    return [{ name, place: null, value: value.value, isDefault: true }];
  return [];
}

function distinct(all: readonly Decided[]): readonly Decided[] {
  return all.filter(
    (one, at) =>
      all.findIndex((other) =>
        one.place === null || other.place === null
          ? one.place === other.place && one.value === other.value
          : samePlace(one.place, other.place),
      ) === at,
  );
}
