import type { Incomplete } from "../../engine/finding.js";
import { type HostCapacity, isGuess, type PoolCapacity } from "../../sizing/result.js";
import { position } from "../../source/file.js";
import { stringify } from "../json.js";
import type { CapacityReport, PoolReport } from "./document.js";

/**
 * The document that programs read: bytes and seconds everywhere. Its shape is a promise: keys are
 * added, never changed. Several hosts are in `hosts`; `whatIf` is there when it was asked for.
 */
export function capacityJson(hosts: readonly HostCapacity[], failed: readonly Incomplete[] = []): string {
  const [only] = hosts;
  return stringify(
    hosts.length === 1 && only !== undefined && failed.length === 0
      ? { version: 1, ...hostJson(only) }
      : { version: 1, hosts: hosts.map(hostJson), ...failedJson(failed) },
  );
}

/** `failed`: the hosts that could not be computed because of an error in fpmlint itself; no key where there are none. */
export function failedJson(failed: readonly Incomplete[]) {
  return failed.length === 0 ? {} : { failed: failed.map(({ file, reason }) => ({ host: file, reason })) };
}

/** What is said of one host. */
export function hostJson(found: HostCapacity): CapacityReport {
  const { host, input, plan, sources, pools, warnings, notes, processMax, nginx, cores } = found;
  return {
    host,
    memory: {
      total: input.memory,
      source: sources.memory,
      reserved: input.reserve,
      reservedSource: sources.reserve,
      shared: input.shared,
      sharedSource: sources.shared,
      headroom: input.headroom,
      headroomSource: sources.headroom,
      budget: plan.budget,
      used: plan.used,
      spare: plan.spare,
      worstCase: plan.worstCase,
    },
    cpu:
      input.cpu === null
        ? null
        : {
            cores: input.cpu.cores,
            source: cores?.source ?? null,
            share: input.cpu.share,
            workers: plan.byCpu,
          },
    pools: pools.map((pool) => poolJson(pool, plan.overload !== null)),
    processMax: processMax.map(({ now, recommended, place }) => ({
      file: place.span.file.display,
      line: position(place.span.file, place.span.start).line,
      current: now,
      recommended,
    })),
    nginx: nginx === null ? null : { ...nginx },
    overload: plan.overload,
    warnings,
    notes,
  };
}

function poolJson(pool: PoolCapacity, overloaded: boolean): PoolReport {
  const { name, worker, input, current, plan, because, limits, backlog, ramp, readTimeout } = pool;
  const section = pool.pool?.section.span ?? null;
  return {
    name,
    file: section?.file.display ?? null,
    line: section === null ? null : position(section.file, section.start).line,
    worker: { ...worker },
    weight: { value: input.weight, source: pool.weightSource },
    current,
    recommended: { ...plan.settings },
    byMemory: plan.byMemory,
    ...limits,
    load: pool.load,
    guess: isGuess(pool),
    worstCase: worstCase(pool),
    demand: plan.demand === null ? null : demand(plan.demand, overloaded),
    backlog:
      backlog === null ? null : { worth: backlog.worth, listen: backlog.listen, somaxconn: backlog.most },
    rampSeconds: ramp,
    readTimeout,
    because,
  };
}

/** `memoryLimit` -1, as PHP writes it: without limit, and then nothing fits. */
function worstCase({ plan, input: { memoryLimit: limit } }: PoolCapacity) {
  if (limit === null) return null;
  if (limit === Infinity) return { memoryLimit: -1, bytes: null, fits: false, workers: 0 };
  const { bytes, workers } = plan.worstCase ?? { bytes: null, workers: 0 };
  return { memoryLimit: limit, bytes, fits: workers >= plan.max, workers };
}

function demand(answer: NonNullable<PoolCapacity["plan"]["demand"]>, overloaded: boolean) {
  const { rate, mean, p95, load, needed, waiting, enoughMean } = answer;
  return {
    rate,
    mean,
    p95,
    load,
    needed: overloaded ? null : needed,
    utilisation: waiting.utilisation,
    waitProbability: waiting.probability,
    meanWait: waiting.mean,
    enoughMean: overloaded ? null : enoughMean,
  };
}
