/** The same cause in many pools. */
import { groupBy, unique } from "../source/collect.js";
import { withCommas } from "../source/digits.js";
import type { Cause } from "./cause.js";

/** As many pools with the same cause are told one by one; of more it is one cause, as of an outage of all of them. */
const MOST = 3;

/** Each cause once, however many pools have it. */
export function together(causes: readonly Cause[]): readonly Cause[] {
  return groupBy(causes, ({ id, kind, title }) => `${id}\0${kind}\0${title}`).flatMap((same) =>
    same.length > MOST ? [oneOf(same)] : same,
  );
}

function oneOf(same: readonly [Cause, ...Cause[]]): Cause {
  const most = same.reduce((a, b) => (b.requests > a.requests ? b : a));
  const { joined, groups, evidence } = most;
  const name = joined?.pools[0]?.name;
  const where = name === undefined ? (groups[0]?.upstream ?? "") : `pool ${name}`;
  const noun = name === undefined ? "upstreams" : "pools";
  return {
    ...most,
    certain: same.every(({ certain }) => certain),
    requests: same.reduce((sum, { requests }) => sum + requests, 0),
    groups: same.flatMap((one) => one.groups).sort((a, b) => b.count - a.count),
    joined: joined && { ...joined, pools: unique(same.flatMap((one) => one.joined?.pools ?? [])) },
    evidence: [
      `the same in ${withCommas(same.length)} ${noun}${where === "" ? "" : `; what follows is of ${where}, which lost most`}`,
      ...evidence,
    ],
  };
}
