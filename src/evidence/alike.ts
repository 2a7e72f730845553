import type { RelatedReport } from "../engine/rule.js";
import type { Pool } from "../fpm/types.js";
import { type Effective, placeOf } from "../source/effective.js";

/** What one report says about several pools that have the same value. */

/** A pool and its value of the setting that the report is about. */
export interface PoolValue {
  readonly pool: Pool;
  readonly value: Effective<unknown>;
}

/** ` and 3 more pools`, to follow the name of the first pool; empty when there are no others. */
export function andMore({ length }: readonly unknown[]): string {
  return length === 0 ? "" : ` and ${length} more ${length === 1 ? "pool" : "pools"}`;
}

/** The places of the other pools' values. */
export function alsoPools(others: readonly PoolValue[]): readonly RelatedReport[] {
  return others.flatMap(({ pool, value }) => {
    const place = placeOf(value);
    return place === null ? [] : [{ place, message: `also pool [${pool.name}]`, alike: true }];
  });
}
