/**
 * Requests that wait for a worker. Only arithmetic: durations are seconds, rates are per second.
 *
 * Requests arrive at random, independently of each other, and wait in one line for the first of equal
 * workers that is free: Erlang C. How long they wait also depends on the spread of their durations,
 * which the correction by Allen and Cunneen takes into account.
 */

/** The 95th percentile of the standard normal distribution. */
export const NORMAL_P95 = 1.6448536269514722;

/** The part of the requests that may find all workers busy where nobody says. */
const TARGET = 0.05;

/**
 * Up to this load each worker is counted. No pool can have more. Beyond it the count is scaled up from
 * this load: the number of workers above the load then grows with the root of the load alone.
 */
const LARGEST = 1e7;

/** Probabilities below this count as 0: the smallest floating-point numbers would never get smaller. */
const IMPOSSIBLE = 1e-300;

/** The requests that come to a pool. */
export interface Demand {
  /** Requests per second. */
  readonly rate: number;
  /** Seconds that one request takes, on average. */
  readonly mean: number;
  /** Seconds that 95 % of the requests do not exceed; `null`: unknown, and an exponential spread is assumed. */
  readonly p95: number | null;
}

/** How requests wait for a number of workers. */
export interface Waiting {
  /** Load for each worker. From 1 on, more requests arrive than the workers can handle. */
  readonly utilisation: number;
  /** The probability that a request finds all workers busy, from 0 to 1. */
  readonly probability: number;
  /** Seconds that a request waits, averaged over all requests; `null`: the queue grows without end. */
  readonly mean: number | null;
}

/** How many workers are busy on average if there are enough; 0 without a demand. */
export function offeredLoad({ rate, mean }: Demand): number {
  return finite(finite(rate) * finite(mean));
}

/** The results are printed and written as JSON, so they must be numbers, whatever the input. */
function finite(number: number): number {
  return number > 0 ? Math.min(number, Number.MAX_VALUE) : 0;
}

/**
 * Squared coefficient of variation (variance by squared mean) of the lognormal distribution with this
 * mean and 95th percentile; 1, as for an exponential one, where the percentile is unknown. If two
 * distributions have this ratio, it is the one with the smaller spread. `null`: none has it, because
 * the percentile is below the mean or more than 3.87 times as large.
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
  // Rounding must not make it disagree with `workersFor`, which scales the other way.
  const beyond =
    scaledUp(busy, most) <= count ? most : scaledUp(busy, most - 1) <= count ? most - 1 : most - 2;
  return delayed(LARGEST + beyond, LARGEST, refusal(LARGEST + beyond, LARGEST));
}

/** The number of workers that is to a load above `LARGEST` what `LARGEST + beyond` is to `LARGEST`. */
function scaledUp(load: number, beyond: number): number {
  return finite(Math.ceil(load + beyond * Math.sqrt(load / LARGEST)));
}

/**
 * Erlang B: the probability that all workers are busy if nobody could wait. Worker by worker, because
 * the powers and factorials of the closed formula are too large for any number.
 */
function refusal(workers: number, load: number): number {
  let refused = 1;
  // It is enough to begin nine roots below the load: each worker up to the load reduces the influence
  // of the start, and then nothing of it is left in any digit.
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
 * Utilisation and waiting with that many workers. Exact for exponential durations and for one worker.
 * Otherwise, compared with simulations, the mean is right within a tenth where the 95th percentile is
 * two to three times the mean, a tenth too short for durations that are nearly equal, and a fifth too
 * long for the widest spreads. A percentile that no spread can have (see `squaredVariation`) counts as
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
 * spread does not matter: Erlang C assumes the same probability for all spreads.
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
 * The seconds that requests may take on average, at most, for these workers to be enough at this rate.
 * The 95th percentile is assumed to change in the same proportion. The largest number there is where
 * any duration will do, because nothing arrives; 0 where none will, because there is no worker.
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
