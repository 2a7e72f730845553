import { checkNames } from "../cli/capacity/names.js";
import { readCapacityOptions } from "../cli/capacity/read-options.js";
import type { Incomplete } from "../engine/finding.js";
import { incompleteOf } from "../engine/incomplete.js";
import { emptyHost, type HostsOptions, type ReadHost, readHosts } from "../read-hosts.js";
import type { CapacityReport } from "../report/capacity/document.js";
import { hostJson } from "../report/capacity/json.js";
import { byContainer } from "../sizing/containers.js";
import { liveHost } from "../sizing/live-host.js";
import type { CapacityOptions as Sizes } from "../sizing/options.js";
import { capacityOf } from "../sizing/plan-of-host.js";
import { checkOptions, type Kind, kinds } from "./arguments.js";
import type { ByPool, CapacityOptions } from "./options.js";
import { READ_OPTIONS, readingOf } from "./reading.js";
import { asArguments, type Refused, refusedBy } from "./refusal.js";

export type CapacityAnswer =
  | {
      readonly kind: "computed";
      /** A report for each host with pools. */
      readonly hosts: readonly CapacityReport[];
      /** What could not be read, so that pools may be missing from the sums. */
      readonly incomplete: readonly Incomplete[];
    }
  | Refused;

const OPTIONS = {
  ...READ_OPTIONS,
  reserve: kinds.amount,
  headroom: kinds.amount,
  workerSize: kinds.byPool,
  shared: kinds.amount,
  weight: kinds.weights,
  cores: kinds.count,
  cpuShare: kinds.amount,
  rate: kinds.byPool,
  mean: kinds.byPool,
  p95: kinds.byPool,
} as const satisfies Readonly<Record<keyof CapacityOptions, Kind>>;

/**
 * What `pm.max_children` should be, for all pools of each host. Reads the files, and of the host whose root is `/` its
 * running workers. Never throws for what it reads; throws TypeError for wrong arguments.
 */
export function capacity(options: CapacityOptions = {}): CapacityAnswer {
  checkOptions("capacity", options, OPTIONS);
  const reading = readingOf("capacity", options);
  const sizes = asArguments("capacity", () => sizesOf(options));
  const read = readHosts(reading);
  if (read.kind === "refused") {
    const alone = read.refusal.kind === "nothing-to-lint" && sizes.workerSize.all !== null;
    return alone ? computed([emptyHost(".", reading)], [], sizes) : read;
  }
  const hosts = withPools(read.hosts, reading, sizes);
  if (hosts.length > 0) return computed(hosts, read.failures, sizes);
  const message = "no pool of PHP-FPM is there; for one pool without files, give workerSize and memory";
  return { kind: "refused", refusal: { kind: "nothing-to-lint", path: null, message } };
}

/** Those with pools; else one pool without files, if the size of its worker is given. */
function withPools(hosts: readonly ReadHost[], reading: HostsOptions, sizes: Sizes): readonly ReadHost[] {
  const found = hosts.filter(({ host }) => host.pools.length > 0);
  return found.length > 0 || sizes.workerSize.all === null ? found : [emptyHost(".", reading)];
}

function computed(hosts: readonly ReadHost[], failures: readonly Incomplete[], sizes: Sizes): CapacityAnswer {
  const containers = hosts.map((one) => ({ one, ...byContainer(one) }));
  const all = containers.flatMap(({ parts }) => parts);
  try {
    checkNames(all, sizes);
  } catch (error) {
    return refusedBy(error);
  }
  const reports: CapacityReport[] = [];
  for (const { host, spec } of all) {
    const answer = capacityOf(host, sizes, liveHost(host, spec.root === "/"));
    if (answer.kind === "refused") {
      const message = all.length === 1 ? answer.message : `${host.name}: ${answer.message}`;
      return { kind: "refused", refusal: { kind: "input", path: null, message } };
    }
    reports.push(hostJson(answer.result));
  }
  const unread = hosts.flatMap(({ host }) => incompleteOf(host)).filter(({ fatal }) => fatal);
  const unlimited = containers.flatMap(({ one, lost }) =>
    lost.map((reason) => ({ file: one.host.name, line: null, reason, fatal: true })),
  );
  return { kind: "computed", hosts: reports, incomplete: [...failures, ...unread, ...unlimited] };
}

/** The options as the words of the command, which knows what is wrong with them. Throws UsageError. */
function sizesOf(options: CapacityOptions): Sizes {
  const { reserve, headroom, workerSize, shared, weight, cores, cpuShare, rate, mean, p95 } = options;
  const none = { paths: [], color: "never", diff: false, write: false, "accept-guess": false } as const;
  const words = {
    reserve: word(reserve, ""),
    headroom: percent(headroom),
    "worker-size": named(workerSize, ""),
    shared: word(shared, ""),
    weight: named(weight, ""),
    cores: word(cores, ""),
    "cpu-share": percent(cpuShare),
    rate: named(rate, "/s"),
    mean: named(mean, "s"),
    p95: named(p95, "s"),
  };
  const absent = { samples: undefined, "what-if": undefined, ram: undefined, format: undefined };
  const others = { config: undefined, "php-version": undefined };
  return readCapacityOptions({ ...none, ...absent, ...others, ...words }, null);
}

/** A number with its unit, never as in `1e-7`. */
function word(value: number | string | undefined, unit: string): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  return `${Number.isInteger(value) ? value : value.toFixed(12)}${unit}`;
}

function percent(share: number | string | undefined): string | undefined {
  return typeof share === "number" ? word(share * 100, "%") : share;
}

/** `60M` for all pools and `NAME=60M` for one, where `*` names all others. */
function named(values: ByPool | undefined, unit: string): string[] | undefined {
  if (values === undefined) return undefined;
  const rows = typeof values === "object" ? Object.entries(values) : [["*", values] as const];
  return rows.map(([name, value]) => `${name === "*" ? "" : `${name}=`}${word(value, unit)}`);
}
