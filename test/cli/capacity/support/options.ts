import fc from "fast-check";

/** The words of `fpmlint capacity` for a host that has as many pools of these names as are asked for. */

export const SITES = ["www", "shop", "Blog", "a.b", "wiki-2", "x_y", "mail", "z9"];

const MIB = 1024 * 1024;

/** Sizes of workers in bytes: as people choose them, and any others. */
const workerSize = fc.oneof(
  fc.integer({ min: 20, max: 200 }).map((size) => size * MIB),
  fc.integer({ min: MIB, max: 300 * MIB }),
  fc.constantFrom(MIB, 60 * MIB),
);

export interface Sizing {
  /** By the pool's name. */
  readonly sizes: readonly number[];
  /** Above 1: how many times the memory that one worker each needs. */
  readonly times: number;
  readonly reserve: number;
  /** In percent. */
  readonly headroom: number;
  readonly shared: number | null;
  readonly weights: readonly number[] | null;
  readonly cpu: readonly [cores: number, share: number] | null;
  readonly rate: number | null;
  /** Instead of the sizes: what `ps` says of the workers, in KiB. */
  readonly samples: readonly number[] | null;
  /** Whether it also says of which pool they are, and that they wait in the middle of a request. */
  readonly told: boolean;
}

/** `null` is drawn as often as a number. */
const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { nil: null, freq: 2 });

/** `pools`: how many each master has. */
export function sizing(pools: number, cores: boolean): fc.Arbitrary<Sizing> {
  const samples = fc.array(fc.integer({ min: 150_000, max: 400_000 }), { minLength: 1, maxLength: 9 });
  const cpu = fc.tuple(fc.constantFrom(1, 2, 4, 16), fc.integer({ min: 5, max: 100 }));
  return fc.record({
    sizes: fc.array(workerSize, { minLength: 1, maxLength: pools }),
    times: fc.oneof(
      fc.double({ min: 1, max: 4, noNaN: true }),
      fc.double({ min: 1, max: 60, noNaN: true }),
      fc.constantFrom(1, 4000, 2 ** 32),
    ),
    reserve: fc.constantFrom(0, 500 * MIB, 1234567),
    headroom: fc.oneof(fc.constant(20), fc.integer({ min: 0, max: 99 })),
    shared: maybe(fc.constantFrom(0, 128 * MIB)),
    weights: maybe(fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: pools })),
    cpu: cores ? cpu : fc.constant(null),
    rate: maybe(fc.integer({ min: 1, max: 60 })),
    samples: fc.oneof({ weight: 4, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: samples }),
    told: fc.boolean(),
  });
}

/** What `ps` prints: the same samples for each pool, or plain numbers. */
export function samplesOf(pools: number, { samples, told }: Sizing): string {
  if (samples === null || !told) return (samples ?? []).join("\n");
  const rows = SITES.slice(0, pools).flatMap((site, at) =>
    samples.map(
      (kib, index) => `${1000 * at + index + 1} ${kib} S poll_schedule_timeout php-fpm: pool ${site}`,
    ),
  );
  return ["PID RSS S WCHAN CMD", ...rows].join("\n");
}

/** The words of the command line: with room for one worker of each pool at least. */
export function wordsOf(pools: number, masters: number, sizing: Sizing): readonly string[] {
  const { sizes, weights, cpu, rate, samples, reserve, headroom, shared } = sizing;
  const all = Array.from({ length: pools }, (_, index) => sizes[index % sizes.length] ?? MIB);
  const largest = samples === null ? 0 : Math.max(...samples) * 1024;
  const least = all.reduce((sum, size) => sum + Math.max(size, largest), 0) * masters;
  const room = Math.ceil((least * sizing.times + (shared ?? 0)) / (1 - headroom / 100)) + reserve + 1;
  const named = all.flatMap((size, index) => ["--worker-size", `${SITES[index]}=${size}`]);
  const weighed = weights?.flatMap((weight, index) => ["--weight", `${SITES[index]}=${weight}`]) ?? [];
  const [cores, share] = cpu ?? [];
  return [
    ...["--ram", String(Math.min(room, 2 ** 52)), "--reserve", String(reserve), "--headroom", `${headroom}%`],
    ...(samples !== null
      ? ["--samples", "-"]
      : sizes.length === 1
        ? ["--worker-size", String(sizes[0])]
        : named),
    ...(shared === null ? [] : ["--shared", String(shared)]),
    ...weighed,
    ...(cpu === null ? [] : ["--cores", String(cores), "--cpu-share", `${share}%`]),
    ...(rate === null ? [] : ["--rate", `${SITES[0]}=${rate}/s`, "--mean", "250ms"]),
  ];
}
