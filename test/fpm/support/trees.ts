import fc from "fast-check";
import { type FpmFact, type FpmType, fpmFacts } from "../../../src/fpm/settings/facts.js";

/** Names and texts of the files of one PHP-FPM; `@D@` in a text is their directory. */
export type FpmTree = Readonly<Record<string, string>>;

type Text = fc.Arbitrary<string>;

const of = (...texts: readonly string[]): Text => fc.constantFrom(...texts);

/** Most values are sound, so that most files are read to their end. */
const mostly = (sound: Text, odd: Text): Text =>
  fc.oneof({ weight: 24, arbitrary: sound }, { weight: 1, arbitrary: odd });

const digits = fc.integer({ min: 0, max: 60 }).map(String);
const integer = mostly(
  fc.oneof(
    digits,
    of("007", "1|4", "(5)", "~0&7", "E_ERROR", "'12'", '"3"', "3;c", "4 ; c", "on", "off", ""),
  ),
  of(
    "-",
    "-5",
    "99999999999",
    "4294967297",
    "5 # c",
    "1k",
    "+5",
    "0x10",
    "5.0",
    "a|b",
    "$pool",
    "--1",
    "ten",
  ),
);
const time = mostly(
  fc.oneof(
    digits,
    fc.tuple(digits, of("s", "m", "h", "d")).map(([n, unit]) => n + unit),
    of("30 s", "'5s'", "0", '"1m"'),
  ),
  of(
    "500ms",
    "1.5m",
    "5ss",
    "s",
    "-5m",
    "1M",
    "1w",
    "5S",
    "",
    "99999999999",
    "35791395m",
    "x5s",
    "ms",
    "5 m",
    "off",
    "on",
  ),
);
const boolean = mostly(
  of(
    "yes",
    "no",
    "On",
    "OFF",
    "true",
    "False",
    "1",
    "0",
    "none",
    "null",
    "!1",
    "!0",
    '"yes"',
    "'off'",
    '""',
    "",
  ),
  of("2", "enabled", "yess", '"Yes"', "y", "-1", "yes no", "a|b", "(1)", '"1 "'),
);
const word = mostly(
  of(
    "a",
    "abc",
    "a b",
    "x.y",
    "a:b",
    "ab$",
    "a/b",
    "E_ALL",
    "é",
    "a,b",
    "$pool",
    "x-$pool-$pool",
    '"q $pool"',
    "'s $pool'",
    `a "b"`,
    `"a" b`,
    "a;c",
    "a ; c",
    '"a;b"',
    "C:\\dir",
    '"\\"x\\""',
    "on",
    "none",
    "%R %m",
    "[a]",
    "a#b",
    "a|b",
    "a&b",
    `\${NO_SUCH_NAME_HERE}`,
    "",
  ),
  of("a(b", "a=b", "it's", "~x", '"open'),
);

const byType: Readonly<Record<FpmType, Text>> = {
  string: word,
  path: of("@D@/x.log", '"@D@/y.log"', "@D@/$pool.log", "'@D@/z.log' ; c"),
  enum: word,
  integer,
  time,
  boolean,
  "core-limit": mostly(
    fc.oneof(digits, of("unlimited", "UNLIMITED", '"Unlimited"')),
    of("-1", "none", "unlimitedd", "-0", "x"),
  ),
  glob: of("@D@/none.conf"),
  user: mostly(
    of("www-data", "33", '"www-data"', "nobody", "daemon"),
    of("no-such-name", "33x", "-1", "", "$pool"),
  ),
  group: mostly(of("www-data", "33", "daemon", ""), of("no-such-name", "1.5")),
  address: of(
    "127.0.0.1:9000",
    "9000",
    "@D@/a.sock",
    "$pool.sock",
    "localhost:9001",
    "[::1]:9002",
    "rel/$pool.sock",
    "'@D@/b.sock'",
    "",
  ),
  mode: of("0660", "660", "0666", "rw-rw----", "0o660", "0668", '"0600"', "", "a|b"),
  uri: mostly(
    of("/status", "/a/b_c-d.e~f", "'/s'", "/$pool", ""),
    of("status", "/", "/a b", "/a?b", "/%x", "/é", "$pool"),
  ),
  list: of("127.0.0.1", "127.0.0.1,::1", ".php .phtml", "", "FALSE", "any", '"a b"'),
  array: word,
};

const byName: Readonly<Record<string, Text>> = {
  pm: mostly(of("static", "dynamic", "ondemand", "STATIC", '"Dynamic"'), of("stat", "", "on", "$pool")),
  log_level: mostly(of("notice", "NOTICE", '"notice"'), of("info", "", "warn", "debugg", "2")),
  "syslog.facility": mostly(of("daemon", "LOCAL3", '"auth"', "uucp", "authpriv"), of("local8", "", "x")),
  "events.mechanism": mostly(of("epoll", "EPOLL", "poll", "select"), of("", "foo", "epol", "a|b")),
  "syslog.ident": mostly(of("php", '"my php"', "x", ""), of("$pool", "a=b")),
  log_limit: mostly(of("512", "1024", "9999"), of("511", "", "-1", "x")),
  error_log: mostly(of("@D@/e.log", '"@D@/f.log"', "syslog"), of("", "@D@/$pool.log")),
  "process.priority": mostly(of("-19", "20", "0", "64", "", "-5"), of("-20", "21", "65", "x")),
  "process.max": mostly(of("0", "9", "128"), of("-1", "x", "99999999999")),
  "access.format": mostly(
    of(
      '"%R %u %t"',
      '"%{mega}M %{total}C %{micro}d"',
      '"%%"',
      '"100%"',
      '"%{%Y}t"',
      '"%{x}e %{y}o"',
      '""',
      '"%{}C"',
      "%R",
      '"%{a}{b}e x"',
    ),
    of('"%Z"', '"%{x}R"', '"%e"', '"%{x}d"', '"%{"', '"%{a}"', '"%{a"', '"%{kilo}%"', '"% R"', '"%{X}M %R"'),
  ),
  chroot: mostly(of("/tmp", '"/"', "", "$prefix"), of("a/$prefix")),
  chdir: of("/", '"/tmp"', "/tmp"),
  prefix: of("/tmp", "/", ""),
  "pm.status_listen": mostly(of("127.0.0.1:9400", "@D@/st.sock"), of("")),
  "ping.response": mostly(of("pong", '"p q"', "ok"), of("", "off")),
  "pm.max_spawn_rate": mostly(of("1", "32"), of("0", "-1", "")),
  "listen.allowed_clients": byType.list,
  request_slowlog_timeout: of("0", "0s", "'0'"),
  request_slowlog_trace_depth: of("0", ""),
};

const scalars = (section: "global" | "pool"): readonly FpmFact[] =>
  fpmFacts.filter(
    (fact) =>
      (fact.section === section || fact.section === "both") &&
      fact.type !== "array" &&
      !["include", "listen.setfib"].includes(fact.name),
  );

const spelling = (name: string): Text =>
  fc.oneof(
    { weight: 12, arbitrary: fc.constant(name) },
    { weight: 1, arbitrary: of(name.toUpperCase(), ` ${name}`, `\t${name} `) },
  );

function setting(section: "global" | "pool"): Text {
  return fc
    .constantFrom(...scalars(section))
    .chain((fact) =>
      fc.tuple(spelling(fact.name), byName[fact.name] ?? byType[fact.type], of(" = ", "=", "\t=\t")),
    )
    .map(([key, value, equals]) => key + equals + value);
}

const arrays: Text = fc
  .tuple(
    mostly(
      of("env", "php_value", "php_admin_value", "php_flag", "php_admin_flag"),
      of("ENV", "php_values", "access.suppress_path", "foo"),
    ),
    mostly(of("A", "B", "memory_limit", "'q'", " A ", "error_log", "x.y", "LC_ALL"), of("", '"a b"')),
    word,
    boolean,
  )
  .map(([key, index, text, flag]) => `${key}[${index}] = ${key.endsWith("_flag") ? flag : text}`);

const odd: Text = of(
  "; comment",
  "   ; c",
  "",
  "   ",
  "# hash",
  "# a = b",
  "foo = bar",
  "lisen = x",
  "pm.max_childen = 3",
  "memory_limit = 1G",
  "pm.max_children",
  "key : v",
  "[www",
  " [www]",
  "yes = 1",
  "php_value = 3",
  "access.suppress_path = /x",
  "access.suppress_path[] = /ping",
  "access.suppress_path[] = ping",
  "access.suppress_path[k] = /ping",
  "env[] = x",
  "Include = @D@/x",
  "include = @D@/none.conf",
  "include = @D@/none.d/*.conf",
  "include = @D@/pool.d/*.nope",
  "include2 = x",
  "env[A] = a\\",
  "rlimit_files = 10",
  "listen.acl_users = www-data",
  "process.max = 3",
  "listen = @D@/again.sock",
  "\uFEFFclear_env = no",
  "[global]",
  "[WWW]",
  "pm.max_requests=4\r",
);

const line = (section: "global" | "pool"): Text =>
  fc.oneof(
    { weight: 30, arbitrary: setting(section) },
    { weight: section === "pool" ? 12 : 0, arbitrary: arrays },
    { weight: 1, arbitrary: odd },
  );

const few = (section: "global" | "pool", most: number) => fc.array(line(section), { maxLength: most });

/** What FPM insists on, sometimes less. */
function pool(name: string): fc.Arbitrary<readonly string[]> {
  const essential = fc.tuple(
    mostly(of("user = www-data", "user = 33", "user = daemon"), of("", "user = ")),
    mostly(
      of(`listen = @D@/${name}.sock`, "listen = $pool.sock", `listen = "@D@/$pool-${name}.sock"`),
      of("", "listen =", "listen = @D@/same.sock"),
    ),
    fc.oneof(
      of("pm = static\npm.max_children = 3", "pm = ondemand\npm.max_children = 5"),
      fc
        .tuple(
          of("1", "2", "3"),
          of("3", "4"),
          mostly(of("", "pm.start_servers = 3", "pm.start_servers = 0"), of("pm.start_servers = 9")),
        )
        .map(
          ([least, most, begin]) =>
            `pm = dynamic\npm.max_children = 4\npm.min_spare_servers = ${least}\npm.max_spare_servers = ${most}\n${begin}`,
        ),
    ),
  );
  return fc.tuple(essential, few("pool", 4)).map(([lines, more]) => [`[${name}]`, ...lines, ...more]);
}

const join = (...parts: readonly (readonly string[])[]): string => `${parts.flat().join("\n")}\n`;

/** A main file with `[global]`, an include, perhaps pools of its own, and up to three pool files. */
export const trees: fc.Arbitrary<FpmTree> = fc
  .record({
    global: few("global", 3),
    own: fc.option(pool("main"), { nil: [] as readonly string[], freq: 2 }),
    after: fc.oneof(
      { weight: 8, arbitrary: fc.constant<readonly string[]>([]) },
      { weight: 1, arbitrary: few("pool", 2) },
      { weight: 1, arbitrary: few("global", 1) },
    ),
    files: fc.array(
      fc.oneof(
        { weight: 8, arbitrary: of("www", "api", "b.example", "zz").chain(pool) },
        { weight: 1, arbitrary: few("pool", 3) },
        {
          weight: 1,
          arbitrary: fc
            .tuple(of("[www]", "[API]", "[global]"), few("pool", 2))
            .map(([head, lines]) => [head, ...lines]),
        },
      ),
      { minLength: 1, maxLength: 3 },
    ),
    names: fc.shuffledSubarray(["a.conf", "b.conf", "zz-c.conf", "10.conf", "2.conf"], {
      minLength: 3,
      maxLength: 3,
    }),
    end: of("\n", "\r\n"),
  })
  .map(({ global, own, after, files, names, end }) => {
    const main = join(
      ["[global]", "error_log = @D@/err.log"],
      global,
      own,
      ["include = @D@/pool.d/*.conf"],
      after,
    );
    const pools = files.map(
      (lines, at) => [`pool.d/${names[at]}`, join(lines).replaceAll("\n", end)] as const,
    );
    return { "main.conf": main, ...Object.fromEntries(pools) };
  });
