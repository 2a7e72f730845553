import type { Draft } from "../engine/define.js";
import type { RelatedReport } from "../engine/rule.js";
import { type Effective, placeOf } from "../source/effective.js";
import type { Pair } from "./pairs.js";

/** What makes several ways from locations to pools one report, and what such a report says of them. */

export type Known<T> = Exclude<Effective<T>, { readonly kind: "unknown" }>;

/** For the grouping of reports: the text that sets the value, or that nothing does. */
export function sourceOf(value: Effective<unknown>): string {
  return value.kind === "set" ? `${value.place.span.file.path}:${value.place.span.start}` : value.kind;
}

export function poolKey({ pool }: Pair): string {
  const { file, start } = pool.section.span;
  return `${file.path}:${start}`;
}

/** The words that send the further locations of a group to the pool; two servers of one upstream are one location. */
export function furtherLocations(group: readonly Pair[]): readonly RelatedReport[] {
  const told = new Set(group.slice(0, 1).map(({ binding }) => binding));
  return group.flatMap(({ binding, target, pool }) => {
    if (told.has(binding)) return [];
    told.add(binding);
    const place = target.through ?? target.place;
    return [{ place, message: `${binding.label} talks to pool [${pool.name}], too` }];
  });
}

/** A related place for each value, once; without one where there is nothing to show. */
export function relatedValues<T>(
  group: readonly T[],
  value: (item: T) => Effective<unknown>,
  message: (item: T) => string,
): readonly RelatedReport[] {
  const found = new Map<string, RelatedReport>();
  for (const item of group) {
    const place = placeOf(value(item));
    if (place === null) continue;
    const { file, start, end } = place.span;
    const key = `${start} ${end} ${file.path}`;
    if (!found.has(key)) found.set(key, { place, message: message(item) });
  }
  return [...found.values()];
}

/** A pool behind a service name is a guess, and so is everything that rests on it. */
export function certainty({ pool, target }: Pair): Pick<Draft, "settle"> {
  if (!target.assumed) return {};
  return {
    settle: `Whether pool [${pool.name}] is the one behind this address is a guess from its port.`,
  };
}
