import type { Draft } from "../engine/define.js";
import type { RelatedReport } from "../engine/rule.js";
import { type Effective, placeOf } from "../source/effective.js";
import type { Pair } from "./pairs.js";

/** What makes several ways from locations to pools one report, and what such a report says about them. */

/** A value that the files tell, with its origin. */
export type Known<T> = Exclude<Effective<T>, { readonly kind: "unknown" }>;

/** A key for grouping reports: the text that sets the value, or `default` where nothing does. */
export function sourceOf(value: Effective<unknown>): string {
  return value.kind === "set" ? `${value.place.span.file.path}:${value.place.span.start}` : value.kind;
}

/** A key for grouping reports: the section of the pool. */
export function poolKey({ pool }: Pair): string {
  const { file, start } = pool.section.span;
  return `${file.path}:${start}`;
}

/** The places where the other locations of a group pass to the pool; two servers of one upstream are one location. */
export function furtherLocations(group: readonly Pair[]): readonly RelatedReport[] {
  const told = new Set(group.slice(0, 1).map(({ binding }) => binding));
  return group.flatMap(({ binding, target, pool }) => {
    if (told.has(binding)) return [];
    told.add(binding);
    const place = target.through ?? target.place;
    return [{ place, message: `${binding.label} also talks to pool [${pool.name}]` }];
  });
}

/** A related place for each value, once; a value without a place is skipped. */
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

/** Which pool a service name leads to is a guess, and so is everything that rests on it. */
export function certainty({ pool, target }: Pair): Pick<Draft, "settle"> {
  if (!target.assumed) return {};
  return {
    settle: `That this address leads to pool [${pool.name}] is a guess from its port.`,
  };
}
