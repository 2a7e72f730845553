import { exponential, type Service, uniform } from "./chance.js";
import { line } from "./line.js";

export interface Simulated {
  readonly p95: number | null;
  /** That a request waits. */
  readonly probability: number;
  /** Seconds that it waits, averaged over all. */
  readonly mean: number;
  /** Standard errors of both, each as a part of it. */
  readonly errors: { readonly probability: number; readonly mean: number };
}

const SEED = 20261121;

/** How many requests make a run as exact as `errors` of the tests say. */
export const REQUESTS = 1_200_000;

/** Each piece lasts many times as long as any queue in it. */
const PIECES = 40;

export type Draws = (next: () => number) => Service;

/**
 * Requests that arrive at random and wait in one line. The numbers of such a run are far less exact
 * than those of as many throws of a coin, because neighbours wait for the same reason: with eight
 * workers of which 80 % are busy, thirty to a hundred count as one. Hence so many, and the error
 * is taken from pieces of the run instead of from single requests.
 */
export function simulate(count: number, busy: number, draws: Draws, requests = REQUESTS): Simulated {
  const enter = line(count);
  const [arrivals, service] = [exponential(1, uniform(SEED, 0)), draws(uniform(SEED, 1))];
  const gap = service.mean / (count * busy);
  const piece = Math.floor(requests / PIECES);
  let clock = 0;
  const pieces = Array.from({ length: PIECES }, () => {
    let [waited, seconds] = [0, 0];
    for (let request = 0; request < piece; request += 1) {
      clock += gap * arrivals.draw();
      const wait = enter(clock, service.draw());
      if (wait > 0) waited += 1;
      seconds += wait;
    }
    return { waited: waited / piece, seconds: seconds / piece };
  });
  const probability = average(pieces.map(({ waited }) => waited));
  const mean = average(pieces.map(({ seconds }) => seconds));
  return {
    p95: service.p95,
    probability: probability.mean,
    mean: mean.mean,
    errors: { probability: probability.error / probability.mean, mean: mean.error / mean.mean },
  };
}

/** And its standard error. */
function average(numbers: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
  const squares = numbers.reduce((sum, number) => sum + (number - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (numbers.length - 1) / numbers.length) };
}
