import type { RelatedReport } from "../engine/rule.js";
import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host, Target } from "../model/host.js";
import { serverLabel } from "../model/labels.js";
import { headText } from "../nginx/tree/nodes.js";
import { type Effective, placeOf } from "../source/effective.js";
import { perKey } from "../source/memo.js";

/** What most rules say in the same words: the way from a location to its pool, and values with their origin. */

/** One location, one of the addresses that it passes to, one pool that listens there. */
export interface Pair {
  readonly binding: Binding;
  readonly target: Target;
  readonly pool: Pool;
}

/** Every way from a PHP location to a pool of the host. Most rules ask for them. */
export const pairs = perKey((host: Host): readonly Pair[] => host.bindings.flatMap(pairsOf));

/** The ways from one location to pools; none when it does not serve PHP. Servers that are `down` get no requests. */
export const pairsOf = perKey((binding: Binding): readonly Pair[] =>
  binding.serves !== "php"
    ? []
    : binding.targets
        .filter(({ down }) => !down)
        .flatMap((target) => target.pools.map((pool) => ({ binding, target, pool }))),
);

/** The locations that pass requests to PHP. */
export function phpBindings(host: Host): readonly Binding[] {
  return host.bindings.filter(({ serves }) => serves === "php");
}

/** The address at both ends: the words of nginx that name it, the `upstream`, `set` or `map` between, the pool's `listen`. */
export function linkOf({ binding, target, pool }: Pair): readonly RelatedReport[] {
  const listen = placeOf(setting(pool, "listen"));
  const same = target.address.kind === "unix" ? "same socket" : "same address";
  const talks = {
    place: target.through ?? target.place,
    message: `${binding.label} talks to pool [${pool.name}]`,
  };
  return [
    talks,
    ...(target.through === null ? [] : [{ place: target.place, message: "the address that this leads to" }]),
    ...(listen === null ? [] : [{ place: listen, message: same }]),
  ];
}

/** A value for a message: `300s`, or `60s (the default)`. */
export function shown<T>(
  value: Exclude<Effective<T>, { readonly kind: "unknown" }>,
  show: (value: T) => string,
): string {
  return value.kind === "default" ? `${show(value.value)} (the default)` : show(value.value);
}

/** Milliseconds as seconds: `300s`, `1.5s`. */
export function showMs(milliseconds: number): string {
  return showSeconds(milliseconds / 1000);
}

export function showSeconds(seconds: number): string {
  return `${Number(seconds.toFixed(3))}s`;
}

/** Bytes in the largest unit that needs no fraction: `8m`, `16k`, `1000 bytes`. As nginx writes sizes. */
export function showBytes(bytes: number): string {
  for (const [unit, factor] of [
    ["g", 1024 ** 3],
    ["m", 1024 ** 2],
    ["k", 1024],
  ] as const) {
    if (bytes >= factor && bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes} bytes`;
}

/** Names around a finding that survive moved lines, for its fingerprint. */
export function namesOf(binding: Binding, pool?: Pool): readonly string[] {
  const server = binding.server === null ? "" : serverLabel(binding.server);
  return [server, headText(binding.location), ...(pool === undefined ? [] : [pool.name])];
}
