import fc from "fast-check";
import { SITES, samplesOf, sizing, wordsOf } from "./options.js";

/** Hosts of PHP-FPM for `fpmlint capacity`, with the options to size them by. `@D@` is the host's directory. */

export interface CapacityHost {
  /** Texts by path below `@D@`. */
  readonly files: Readonly<Record<string, string>>;
  /** The main file of each master, below `@D@`. */
  readonly mains: readonly string[];
  readonly words: readonly string[];
  /** What stands on standard input. */
  readonly input: string;
}

/** What a family of hosts is about. */
export interface Family {
  readonly masters: number;
  readonly pools: { readonly least: number; readonly most: number };
  /** Whether nearly all pools are `ondemand`. */
  readonly asleep: boolean;
  /** Whether processors, too, may bound the pools. */
  readonly cores: boolean;
}

type Text = fc.Arbitrary<string>;

const of = (...texts: readonly string[]): Text => fc.constantFrom(...texts);
const rarely = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: odd });

/** Everything that PHP-FPM reads as a number, also those that it then refuses or wraps at 32 bits. */
const odd = of(
  ...["0", "-1", "-7", "007", "'12'", '"3"', "1|4", "(5)", "5;c", "4 ; of old", "", "on", "off"],
  ...["2147483647", "2147483648", "4294967297", "99999999999"],
);
const count = (most: number): Text => rarely(fc.integer({ min: 1, max: most }).map(String), odd);
const manager = of("static", "dynamic", "ondemand", '"static"', "'dynamic'", "Dynamic", "ONDEMAND ; c");
const time = rarely(
  of("10s", "1m", "30", "'5s'", '"2h" ; c', "1d"),
  of("0", "0s", "-5", "-1m", "99999999999"),
);

/** Keys of a pool that have to do with the number of its processes. */
const values: Readonly<Record<string, Text>> = {
  "pm.max_children": count(60),
  "pm.start_servers": count(20),
  "pm.min_spare_servers": count(10),
  "pm.max_spare_servers": count(40),
  "pm.max_spawn_rate": rarely(count(64), of("0", "-3")),
  "pm.max_requests": fc.oneof(count(2000), of("0", "-1")),
  "pm.process_idle_timeout": time,
};

interface Statement {
  readonly key: string;
  readonly value: string;
}

/** Mostly once, sometimes not at all or repeatedly. */
function statements(key: string, value: Text): fc.Arbitrary<readonly Statement[]> {
  const times = fc.oneof(
    { weight: 6, arbitrary: fc.constant(1) },
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.constant(2) },
  );
  return times.chain((length) =>
    fc.array(
      value.map((one) => ({ key, value: one })),
      { minLength: length, maxLength: length },
    ),
  );
}

/** Settings that no recommendation is about. */
const others = of(
  ...["request_terminate_timeout = 30s", "catch_workers_output = yes", "php_admin_value[memory_limit] = 64M"],
  ...[
    "php_admin_value[memory_limit] = -1",
    "env[PM] = pm.max_children",
    "; pm = static",
    ";pm.max_children = 9",
  ],
  ...["", "  ; a comment", "listen.backlog = 511", "rlimit_files = 1024", "\t", "access.format = '%R [%t]'"],
);

/** One style for a pool, as whoever wrote its file had. */
const style = fc.record({
  indent: of("", "", "", "  ", "\t"),
  equals: of(" = ", " = ", "=", "  =  ", "\t= "),
});

/** The lines of a pool's section but the header. */
function settings(asleep: boolean): fc.Arbitrary<readonly string[]> {
  const sleeping = asleep ? rarely(of("ondemand", '"ondemand"', "OnDemand"), manager) : manager;
  const all = [
    statements("pm", sleeping),
    ...Object.entries(values).map(([key, one]) => statements(key, one)),
  ];
  return fc
    .tuple(fc.tuple(...all), fc.array(others, { maxLength: 4 }), style, fc.boolean(), fc.nat())
    .map(([found, more, { indent, equals }, shuffled, turn]) => {
      const lines = found.flat().map(({ key, value }) => indent + key + equals + value);
      const at = lines.length === 0 ? 0 : turn % lines.length;
      const ordered = shuffled ? [...lines.slice(at), ...lines.slice(0, at)].reverse() : lines;
      const place = more.length === 0 ? 0 : turn % (ordered.length + 1);
      return [...ordered.slice(0, place), ...more, ...ordered.slice(place)];
    });
}

interface DrawnPool {
  readonly first: readonly string[];
  /** A second section of the same name, further down. */
  readonly second: readonly string[];
  readonly behind: boolean;
}

function pool(asleep: boolean): fc.Arbitrary<DrawnPool> {
  const second = rarely(fc.constant([]), settings(asleep));
  return fc.record({ first: settings(asleep), second, behind: fc.boolean() });
}

/** The text of a pool; `user` and `listen` before the other settings or behind them. */
function poolText(name: string, { first, second, behind }: DrawnPool): string {
  const own = ["user = www-data", `listen = @D@/run/$pool-${name}.sock`];
  const body = behind ? [...first, ...own] : [...own, ...first];
  const again = second.length === 0 ? [] : ["", `[${name}]`, ...second];
  return [`[${name}]`, ...body, ...again].join("\n");
}

const global: Text = fc
  .array(
    of(
      "process.max = 3",
      "process.max = 0",
      "process.max=400",
      "process.max = '2' ; c",
      "; c",
      "log_limit = 2048",
    ),
    { maxLength: 2 },
  )
  .map((lines) => lines.join("\n"));

interface DrawnMaster {
  readonly pools: readonly DrawnPool[];
  readonly global: string;
  /** Whether all pools stand in one file. */
  readonly together: boolean;
  readonly crlf: boolean;
  /** Whether files end with a line's end. */
  readonly ended: boolean;
}

/** The files of a master. */
function masterFiles(home: string, master: DrawnMaster): Readonly<Record<string, string>> {
  const finish = (text: string): string => {
    const whole = master.ended ? `${text}\n` : text;
    return master.crlf ? whole.replaceAll("\n", "\r\n") : whole;
  };
  const main = `[global]\nerror_log = @D@/${home}.log\n${master.global}\ninclude = @D@/${home}/pool.d/*.conf`;
  const texts = master.pools.map((one, index) => poolText(SITES[index] ?? "", one));
  const files = master.together ? [texts.join("\n\n")] : texts;
  return Object.fromEntries([
    [`${home}/php-fpm.conf`, finish(main)],
    ...files.map((text, index) => [`${home}/pool.d/${SITES[index]}.conf`, finish(text)]),
  ]);
}

/** As many pools in each master. */
export function capacityHosts({ masters, pools, asleep, cores }: Family): fc.Arbitrary<CapacityHost> {
  return fc.integer({ min: pools.least, max: pools.most }).chain((length) => {
    const drawn = fc.record({
      pools: fc.array(pool(asleep), { minLength: length, maxLength: length }),
      global,
      together: fc.boolean(),
      crlf: rarely(fc.constant(false), fc.constant(true)),
      ended: rarely(fc.constant(true), fc.constant(false)),
    });
    const several = fc.array(drawn, { minLength: masters, maxLength: masters });
    return fc.tuple(several, sizing(length, cores)).map(([all, found]): CapacityHost => {
      const homes = ["etc/php/8.2/fpm", "etc/php/8.1/fpm"].slice(0, masters);
      return {
        files: Object.assign({}, ...all.map((one, index) => masterFiles(homes[index] ?? "", one))),
        mains: homes.map((home) => `${home}/php-fpm.conf`),
        words: wordsOf(length, masters, found),
        input: samplesOf(length, found),
      };
    });
  });
}
