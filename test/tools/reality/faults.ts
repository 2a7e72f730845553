import { allEntries, type HostDraft } from "./draft.js";
import { poolFaults } from "./faults-fpm.js";
import { addressFaults, type Fault, parameterFaults, valueFaults } from "./faults-nginx.js";
import { routingFaults } from "./faults-routing.js";
import type { Random } from "./random.js";

/** Everything that may be wrong with a host, by the words that reports use. */
export const faults: readonly (readonly [name: string, fault: Fault])[] = [
  ...named("address", addressFaults),
  ...named("value", valueFaults),
  ...named("parameters", parameterFaults),
  ...named("pool", poolFaults),
  ...named("way", routingFaults),
];

function named(area: string, list: Readonly<Record<string, Fault>>): readonly (readonly [string, Fault])[] {
  return Object.entries(list).map(([name, fault]) => [`${area}: ${name}`, fault]);
}

/** They fit only some locations, and would seldom come up otherwise. */
const ways = named("way", routingFaults);

export function putFaults(host: HostDraft, random: Random): void {
  const wanted = random.pick([0, 0, 1, 1, 2, 3]);
  for (let tried = 0; host.faults.length < wanted && tried < 20; tried += 1) {
    const [name, fault] = random.pick(random.chance(0.4) ? ways : faults);
    const entries = allEntries(host);
    const first = random.int(0, entries.length - 1);
    const put = [...entries.slice(first), ...entries.slice(0, first)].some(
      ({ site, entry }) => !host.faults.includes(name) && fault(host, site, entry, random),
    );
    if (put) host.faults.push(name);
  }
}
