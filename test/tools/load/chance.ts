import { random } from "../reality/random.js";

/** How long one request takes, drawn at random. */
export interface Service {
  readonly name: string;
  /** Seconds, on average. */
  readonly mean: number;
  /** Seconds that 95 % do not exceed; `null`: exponential. */
  readonly p95: number | null;
  /** Seconds. */
  draw(): number;
}

/** Equal seed and number, equal draws. Above 0 and below 1, so that each has a logarithm. */
export function uniform(seed: number, number: number): () => number {
  const chance = random(seed, number);
  return () => (chance.int(0, 2 ** 32 - 1) + 0.5) / 2 ** 32;
}

export function exponential(mean: number, next: () => number): Service {
  return { name: "exponential", mean, p95: null, draw: () => -mean * Math.log(next()) };
}

export function lognormal(mean: number, p95: number, next: () => number): Service {
  const sigma = sigmaOf(p95 / mean);
  const mu = Math.log(mean) - sigma ** 2 / 2;
  // Box and Muller make a normal number of two uniform ones.
  const normal = (): number => Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next());
  return {
    name: `p95 = ${Number((p95 / mean).toFixed(2))} × mean`,
    mean,
    p95,
    draw: () => Math.exp(mu + sigma * normal()),
  };
}

/**
 * The spread with which the 95th percentile is so many times the mean. By halving, not by the formula
 * of what is tested: up to σ = 1.6449 the ratio grows with σ.
 */
function sigmaOf(ratio: number): number {
  let [least, most] = [0, 1.6449];
  for (let round = 0; round < 60; round += 1) {
    const sigma = (least + most) / 2;
    if (Math.exp(1.6449 * sigma - sigma ** 2 / 2) < ratio) least = sigma;
    else most = sigma;
  }
  return least;
}
