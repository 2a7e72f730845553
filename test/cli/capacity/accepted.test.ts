/**
 * What `fpmlint capacity --write` makes of generated hosts, put to `php-fpm -tt`: accepted, with just
 * the values of the answer. FPMLINT_SEED and FPMLINT_CASES choose others.
 */
import { rmSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";
import { beforeAll, expect } from "vitest";
import { describeProofs } from "../../daemons/available.js";
import { type DumpLine, parseDump } from "../../fpm/support/dump.js";
import { seed, size } from "../../support/sample.js";
import { type CapacityHost, capacityHosts, type Family } from "./support/hosts.js";
import { build, type Document, judge, texts, write } from "./support/runs.js";

interface Cases extends Family {
  readonly cases: number;
  /** What is recommended to some of their pools. */
  readonly managers: readonly string[];
}

const families: Readonly<Record<string, Cases>> = {
  "one pool": {
    masters: 1,
    pools: { least: 1, most: 1 },
    asleep: false,
    cores: false,
    cases: 80,
    managers: ["dynamic", "static"],
  },
  "several pools": {
    masters: 1,
    pools: { least: 2, most: 8 },
    asleep: false,
    cores: false,
    cases: 80,
    managers: ["dynamic"],
  },
  "two masters": {
    masters: 2,
    pools: { least: 1, most: 4 },
    asleep: false,
    cores: false,
    cases: 60,
    managers: ["dynamic"],
  },
  "many pools that sleep": {
    masters: 1,
    pools: { least: 8, most: 8 },
    asleep: true,
    cores: false,
    cases: 40,
    managers: ["dynamic", "ondemand"],
  },
  "few processors": {
    masters: 1,
    pools: { least: 1, most: 5 },
    asleep: false,
    cores: true,
    cases: 60,
    managers: ["dynamic"],
  },
};

/** What PHP-FPM refuses of a pool's processes: the sole fault of the hosts here. */
const REFUSAL =
  /ALERT: \[pool \S+\] (?:the process manager is missing|pm\.[\w.()-]+(?: and pm\.\S+)? (?:must|cannot|is|has) )/;

type Dump = ReadonlyMap<string, readonly DumpLine[]>;

/** A value of a section as PHP-FPM has it. */
const valueIn = (dump: Dump, section: string, key: string): string | undefined =>
  dump.get(section)?.find(([name]) => name === key)?.[1];

/** Everything that is not about the number of processes. */
const others = (dump: Dump): readonly (readonly [string, readonly DumpLine[]])[] =>
  [...dump].map(([section, lines]) => [
    section,
    lines.filter(
      ([key]) => !/^(?:pm(?:\.\w+_(?:children|servers|requests|rate|timeout))?|process\.max)$/.test(key),
    ),
  ]);

function sameValues({ pools, processMax }: Document, main: string, dump: Dump): void {
  const home = `${dirname(main)}/`;
  const own = pools.filter(({ file }) => file.startsWith(home));
  expect([...dump.keys()]).toEqual(["global", ...own.map(({ name }) => name.slice(name.indexOf("/") + 1))]);
  for (const { name, recommended } of own) {
    const section = name.slice(name.indexOf("/") + 1);
    for (const [key, value] of Object.entries(recommended))
      expect(valueIn(dump, section, key), `[${section}] ${key}`).toBe(String(value));
  }
  const limit = processMax.find(({ file }) => file.startsWith(home));
  const workers = own.reduce((sum, { recommended }) => sum + Number(recommended["pm.max_children"]), 0);
  const written = Number(valueIn(dump, "global", "process.max"));
  if (limit !== undefined) expect(written).toBe(limit.recommended);
  expect(
    written <= 0 || written >= Math.min(workers, 2147483647),
    `process.max ${written} for ${workers} workers`,
  ).toBe(true);
}

async function check(host: CapacityHost): Promise<Document> {
  const top = build(host);
  try {
    const before = await Promise.all(host.mains.map((main) => judge(top, main)));
    for (const { accepted, output } of before) {
      expect(
        accepted || REFUSAL.test(output),
        `the test made what PHP-FPM refuses for another reason\n${output}`,
      ).toBe(true);
    }
    const { found } = await write(top, host);
    expect(found.memory.used).toBeLessThanOrEqual(found.memory.budget);
    const written = texts(top, host);
    const after = await Promise.all(host.mains.map((main) => judge(top, main)));
    after.forEach(({ accepted, output }, index) => {
      expect(accepted, `${output}\n${written.join("\n--\n")}`).toBe(true);
      const dump = parseDump(output);
      sameValues(found, host.mains[index] ?? "", dump);
      const old = before[index];
      if (old?.accepted === true) expect(others(dump)).toEqual(others(parseDump(old.output)));
    });
    await again(top, host, found, written);
    return found;
  } finally {
    rmSync(top, { recursive: true });
  }
}

/** The same command once more changes nothing, also where processors hold back some of the pools. */
async function again(
  top: string,
  host: CapacityHost,
  first: Document,
  written: readonly string[],
): Promise<void> {
  // What was too few samples for an unknown number of workers may be enough for the number that is written,
  // and with a guess a pool keeps what is written as soon as PHP-FPM accepts it.
  const isGuess = first.pools.some(({ worker }) => worker.guess !== null);
  const settled = isGuess ? (await write(top, host)).found : first;
  const expected = isGuess ? texts(top, host) : written;
  const { found, said } = await write(top, host);
  expect(said).toContain("nothing to change");
  expect(texts(top, host)).toEqual(expected);
  // These are recommended only in the place of what would be refused.
  const once = ["pm.max_spawn_rate", "pm.process_idle_timeout"];
  const recommended = ({ pools }: Document) =>
    pools.map((one) => Object.entries(one.recommended).filter(([key]) => !once.includes(key)));
  expect(recommended(found)).toEqual(recommended(settled));
}

describeProofs("what is written is accepted by php-fpm -t, and is what was recommended", (proof) => {
  beforeAll(() => {
    process.stdout.write(`capacity with php-fpm: FPMLINT_SEED=${seed}\n`);
  });
  for (const [name, family] of Object.entries(families)) {
    proof(name, async () => {
      const met = new Set<string>();
      const property = fc.asyncProperty(capacityHosts(family), async (host) => {
        for (const { recommended } of (await check(host)).pools) met.add(String(recommended.pm));
      });
      const numRuns = size(family.cases);
      await fc.assert(property, { seed, numRuns });
      if (numRuns >= family.cases) expect([...met]).toEqual(expect.arrayContaining([...family.managers]));
    });
  }
});

describeProofs("what stands beside the numbers of workers does not make them refused", (proof) => {
  const usual = ["--ram", "8G", "--worker-size", "60M"];
  const host = (names: readonly string[], lines: string, global = "", words = usual): CapacityHost => {
    const texts = names.map((name) => [
      `etc/php/8.2/fpm/pool.d/${name}.conf`,
      `[${name}]\nuser = www-data\nlisten = @D@/${name}.sock\npm.max_children = 4\n${lines}\n`,
    ]);
    const main = `[global]\nerror_log = @D@/log\n${global}\ninclude = @D@/etc/php/8.2/fpm/pool.d/*.conf\n`;
    const files = Object.fromEntries([["etc/php/8.2/fpm/php-fpm.conf", main], ...texts]);
    return { files, mains: ["etc/php/8.2/fpm/php-fpm.conf"], words, input: "" };
  };
  const eight = Array.from({ length: 8 }, (_, index) => `site${index}`);

  proof("pm.process_idle_timeout of a pool that stays ondemand", async () => {
    const { pools } = await check(host(eight, "pm = ondemand\npm.process_idle_timeout = 0"));
    expect(pools[0]?.current).toMatchObject({ "pm.process_idle_timeout": 0 });
    expect(pools[0]?.recommended).toMatchObject({ pm: "ondemand", "pm.process_idle_timeout": 10 });
  });
  proof("pm.max_spawn_rate of a pool that becomes dynamic", async () => {
    const { pools } = await check(host(["www"], "pm = ondemand\npm.max_spawn_rate = 0"));
    expect(pools[0]?.current).toMatchObject({ "pm.max_spawn_rate": 0 });
    expect(pools[0]?.recommended).toMatchObject({ pm: "dynamic", "pm.max_spawn_rate": 32 });
  });
  proof("process.max below the workers of pools that together are more than it can be", async () => {
    await check(
      host(["www", "shop"], "pm = static", "process.max = 3", ["--ram", "8000T", "--worker-size", "1M"]),
    );
  });
});
