/**
 * Requests that wait for a worker. Arithmetic only: durations are seconds, rates are per second.
 *
 * Requests arrive at random, independently of each other, and wait in one line for the first of equal
 * workers that is free: Erlang C. How long they wait depends on the spread of their durations, too,
 * which the correction of Allen and Cunneen puts in.
 */

/** The 95th percentile of the standard normal distribution. */
export const NORMAL_P95 = 1.6448536269514722;

/** How many of the requests may find all workers busy where nobody says. */
const TARGET = 0.05;

/**
 * Up to this load each worker is counted. Beyond, where no pool can be, the count is taken from this
 * load: how far the workers must exceed the load then grows with its root and with nothing else.
 */
const LARGEST = 1e7;

/** Probabilities below this are 0: the smallest numbers there are would never get smaller. */
const IMPOSSIBLE = 1e-300;

export interface Demand {
  /** Requests per second. */
  readonly rate: number;
  /** Seconds that one request takes, on average. */
  readonly mean: number;
  /** Seconds that 95 % of the requests do not exceed; `null`: spread unknown, taken as exponential. */
  readonly p95: number | null;
}

export interface Waiting {
  /** Load for each worker. From 1 on more arrives than the workers can do. */
  readonly utilisation: number;
  /** That a request finds all workers busy, from 0 to 1. */
  readonly probability: number;
  /** Seconds that a request waits, averaged over all requests; `null`: the queue grows without end. */
  readonly mean: number | null;
}

/** How many workers are busy on average, if there are enough; 0 for what is no demand. */
export function offeredLoad({ rate, mean }: Demand): number {
  return finite(finite(rate) * finite(mean));
}

/** Sums that are printed and written as JSON must be numbers, whatever went in. */
function finite(number: number): number {
  return number > 0 ? Math.min(number, Number.MAX_VALUE) : 0;
}

/**
 * Squared coefficient of variation (variance by squared mean) of the lognormal distribution with this
 * mean and 95th percentile; 1, that of the exponential one, where the percentile is unknown. Two
 * distributions have the same ratio of both; it is the one with the smaller spread. `null`: none has
 * it, since the percentile is below the mean or more than 3.87 times as large.
 */
export function squaredVariation(mean: number, p95: number | null): number | null {
  if (p95 === null) return 1;
  const ratio = p95 / mean;
  if (!(mean > 0 && ratio >= 1)) return null;
  // ln(p95 / mean) = 1.6449 σ − σ² / 2, solved for σ in the form that loses no digits near 0.
  const root = NORMAL_P95 ** 2 - 2 * Math.log(ratio);
  if (!(root >= 0)) return null;
  const sigma = (2 * Math.log(ratio)) / (NORMAL_P95 + Math.sqrt(root));
  return Math.expm1(sigma ** 2);
}

/**
 * Erlang C: the probability, from 0 to 1, that a request finds all workers busy and waits. 1 where the
 * load is as large as the number of workers, 0 where there is no load.
 */
export function waitProbability(workers: number, load: number): number {
  const [count, busy] = [Math.floor(finite(workers)), finite(load)];
  if (busy === 0) return 0;
  if (busy >= count) return 1;
  if (busy <= LARGEST) return delayed(count, busy, refusal(count, busy));
  const most = Math.floor((count - busy) / Math.sqrt(busy / LARGEST)) + 1;
  // Rounding must not part it from `workersFor`, which asks how many workers so many stand for.
  const beyond =
    scaledUp(busy, most) <= count ? most : scaledUp(busy, most - 1) <= count ? most - 1 : most - 2;
  return delayed(LARGEST + beyond, LARGEST, refusal(LARGEST + beyond, LARGEST));
}

/** The workers that stand to a load beyond `LARGEST` as `LARGEST + beyond` do to that. */
function scaledUp(load: number, beyond: number): number {
  return finite(Math.ceil(load + beyond * Math.sqrt(load / LARGEST)));
}

/**
 * Erlang B: the probability that all workers are busy if nobody could wait. Worker by worker, because
 * the powers and factorials of the closed formula are too large for any number.
 */
function refusal(workers: number, load: number): number {
  let refused = 1;
  // Where to begin: further down than nine roots below the load nothing is left of the start in any
  // digit, since each worker up to the load takes a part of it away.
  const start = Math.max(0, Math.floor(load - 9 * Math.sqrt(load)));
  for (let count = start + 1; count <= workers && refused > 0; count += 1)
    refused = withOneMore(count, load, refused);
  return refused;
}

/** Erlang B for `workers` from that for one worker fewer. */
function withOneMore(workers: number, load: number, refused: number): number {
  const next = (load * refused) / (workers + load * refused);
  return next < IMPOSSIBLE ? 0 : next;
}

/** Erlang C from Erlang B. */
function delayed(workers: number, load: number, refused: number): number {
  return (workers * refused) / (workers - load + load * refused);
}

/**
 * Utilisation and waiting with so many workers. Exact for exponential durations and for one worker;
 * else the mean is, against simulations, within a tenth where the 95th percentile is two to three
 * times the mean, a tenth too short for durations that are nearly equal, and a fifth too long for
 * the widest spreads. A percentile that no spread can have (`squaredVariation` says which) counts as
 * unknown.
 */
export function waitingAt(workers: number, demand: Demand): Waiting {
  const count = Math.floor(finite(workers));
  const load = offeredLoad(demand);
  const probability = waitProbability(count, load);
  const utilisation = finite(load / count);
  if (load >= count) return { utilisation, probability, mean: load === 0 ? 0 : null };
  const exponential = (probability * finite(demand.mean)) / (count - load);
  const spread = (1 + (squaredVariation(demand.mean, demand.p95) ?? 1)) / 2;
  return { utilisation, probability, mean: finite(exponential * spread) };
}

/**
 * The fewest workers, at least 1, with which a request waits with probability `target` at most. The
 * spread has no part in it: Erlang C takes its probability to be the same for all.
 */
export function workersFor(demand: Demand, target = TARGET): number {
  const load = offeredLoad(demand);
  const most = finite(target);
  if (load === 0 || most >= 1) return 1;
  const counted = Math.min(load, LARGEST);
  let workers = Math.floor(counted);
  let refused = refusal(workers, counted);
  do {
    workers += 1;
    refused = withOneMore(workers, counted, refused);
  } while (delayed(workers, counted, refused) > most);
  if (load === counted) return workers;
  return scaledUp(load, workers - counted);
}

/**
 * Seconds that requests may take at most, on average, so that these workers are enough at this rate;
 * the 95th percentile is taken to change in the same proportion. The largest number there is where any
 * duration will do, because nothing arrives; 0 where none will, because there is no worker.
 */
export function meanFor(workers: number, demand: Demand, target = TARGET): number {
  const most = finite(target);
  const enough = (mean: number): boolean =>
    waitProbability(workers, offeredLoad({ ...demand, mean })) <= most;
  if (enough(Number.MAX_VALUE)) return Number.MAX_VALUE;
  let least = 0;
  let longest = finite(finite(workers) / finite(demand.rate));
  for (let mean = longest / 2; mean > least && mean < longest; mean = least + (longest - least) / 2) {
    if (enough(mean)) least = mean;
    else longest = mean;
  }
  return least;
}
