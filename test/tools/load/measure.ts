import { type Waiting, waitingAt } from "../../../src/capacity/queue.js";
import { exponential, lognormal, type Service, uniform } from "./chance.js";
import { type Door, drive, type Sample } from "./drive.js";
import { line } from "./line.js";

export interface Case {
  readonly pool: string;
  readonly workers: number;
  readonly utilisation: number;
  /** 95th percentile by mean; `null`: exponential. */
  readonly ratio: number | null;
}

export interface Waits {
  /** That a request waits longer than `THRESHOLD`. */
  readonly longer: number;
  /** Seconds, averaged over all requests. */
  readonly mean: number;
}

export interface Result {
  readonly case: Case;
  readonly service: string;
  readonly requests: number;
  /** Requests that were not answered with 200. */
  readonly failed: number;
  /** Seconds to the first line of the script when nothing else runs; taken off what is measured. */
  readonly idle: number;
  /** Seconds that the script took, on average. */
  readonly took: number;
  /** That a request waits at all, as predicted. */
  readonly probability: number;
  readonly predicted: Waits;
  /** The same requests, as long as they really took, in a line that costs nothing. */
  readonly ideal: Waits;
  readonly measured: Waits;
}

/** Seconds that a request takes, on average. */
export const MEAN = 0.1;

/** Seconds; who waits less has not waited, since so much may be the machine's doing. */
export const THRESHOLD = 0.005;

/** Seconds at the beginning that do not count: the queue is still shorter than it will be. */
export const WARM_UP = 5;

const IDLE_REQUESTS = 100;

/** The median of requests sent one by one. */
export async function idle({ send }: Door): Promise<number> {
  const delays: number[] = [];
  for (let count = 0; count < IDLE_REQUESTS; count += 1) {
    const sample = await send(0);
    if (sample === null) throw new Error("PHP does not answer");
    delays.push(sample.delay);
  }
  return delays.sort((a, b) => a - b)[IDLE_REQUESTS / 2] ?? 0;
}

/** `number`: draws of its own for each case of a run. */
export async function measure(
  one: Case,
  number: number,
  { send }: Door,
  { seed, seconds }: { readonly seed: number; readonly seconds: number },
  baseline: number,
): Promise<Result> {
  const service = serviceOf(one, uniform(seed, 2 * number));
  const rate = (one.workers * one.utilisation) / MEAN;
  const gap = exponential(1 / rate, uniform(seed, 2 * number + 1)).draw;
  const samples = await drive(send, { gap, service: service.draw, length: WARM_UP + seconds });
  const answered = samples.filter((sample) => sample !== null);
  const counted = (answered[0]?.sent ?? 0) + WARM_UP;
  const enter = line(one.workers);
  const ideal = answered.map(({ sent, service }) => ({ sent, wait: enter(sent, service) }));
  const late = ({ sent }: Pick<Sample, "sent">): boolean => sent >= counted;
  const requests = answered.filter(late);
  const waiting = waitingAt(one.workers, { rate, mean: MEAN, p95: service.p95 });
  return {
    case: one,
    service: service.name,
    requests: requests.length,
    failed: samples.length - answered.length,
    idle: baseline,
    took: average(requests.map((sample) => sample.service)),
    probability: waiting.probability,
    predicted: predicted(waiting),
    ideal: seen(ideal.filter(late).map(({ wait }) => wait)),
    measured: seen(requests.map(({ delay }) => delay - baseline)),
  };
}

/** Who waits, waits for an exponential time: exact for exponential durations, else nearly. */
function predicted({ probability, mean }: Waiting): Waits {
  const seconds = mean ?? Number.POSITIVE_INFINITY;
  return { longer: probability * Math.exp((-THRESHOLD * probability) / seconds), mean: seconds };
}

function serviceOf({ ratio }: Case, next: () => number): Service {
  return ratio === null ? exponential(MEAN, next) : lognormal(MEAN, ratio * MEAN, next);
}

function seen(waits: readonly number[]): Waits {
  return { longer: average(waits.map((wait) => (wait > THRESHOLD ? 1 : 0))), mean: average(waits) };
}

function average(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
}
