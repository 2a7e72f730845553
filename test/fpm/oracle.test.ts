/**
 * The reader against the daemon: same accept or refuse, same values as `php-fpm -tt`. Nothing here
 * says what is right; the daemon does.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { boolean, globalSetting, integer, readMaster, seconds, setting } from "../../src/fpm/pools.js";
import { fpmFacts } from "../../src/fpm/settings/facts.js";
import { readBoolean, readInteger, readSeconds } from "../../src/fpm/settings/values.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { diskFilesystem } from "../../src/host/disk.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import { readIni } from "../../src/php/grammar.js";
import { known } from "../../src/source/effective.js";
import { olderThan } from "../../src/source/version.js";
import { fpmCommand, phpBranch, phpCommand } from "../daemons/available.js";
import { type DumpLine, parseDump } from "./support/dump.js";

const daemon = fpmCommand ?? undefined;
const cli = phpCommand ?? undefined;
const required = process.env.FPMLINT_REQUIRE_DAEMONS === "1";

if (daemon === undefined) {
  const say = "php-fpm is not installed, so its verdict on the texts of this table is not checked";
  it.skipIf(!required)(say, () => expect.fail(say));
}

let top = "";
let count = 0;
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-fpm-"));
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

interface Verdict {
  readonly status: number | null;
  readonly output: string;
  /** Refused by the reader, not because of what a setting means. */
  readonly syntax: boolean;
  /** `-tt`: per section the lines it prints, in its order. */
  readonly dump: ReadonlyMap<string, readonly DumpLine[]>;
  readonly master: FpmMaster;
}

/** Writes the files below a directory of their own (`@D@` in a text), asks the daemon, and reads them. */
function ask(files: Record<string, string>, links: Record<string, string> = {}): Verdict {
  count += 1;
  const directory = join(top, String(count));
  mkdirSync(directory);
  for (const [name, text] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text.replaceAll("@D@", directory));
  }
  for (const [name, target] of Object.entries(links)) symlinkSync(target, join(directory, name));
  const main = join(directory, "m.conf");
  const run = spawnSync(daemon ?? "", ["-n", "-tt", "-y", main], { cwd: directory, encoding: "utf8" });
  const output = run.stderr + run.stdout;
  // A disk does not hand out files with NUL in them.
  const only = files["m.conf"];
  const fs =
    Object.keys(files).length === 1 && Object.keys(links).length === 0 && only !== undefined
      ? memoryFilesystem({ [main]: only.replaceAll("@D@", directory) })
      : diskFilesystem({ root: "/", workingDirectory: directory });
  return {
    status: run.status,
    output,
    syntax: /PHP: {2}syntax error|value is NULL|two includes|unknown (?:entry|directive) '#/.test(output),
    dump: parseDump(output),
    master: readMaster(fs, main, { phpVersion: phpBranch ?? "8.2" }),
  };
}

const base =
  "[global]\nerror_log = @D@/err.log\n[www]\nlisten = @D@/x.sock\nuser = www-data\npm = static\npm.max_children = 2\n";
const pool = (name: string): string =>
  `[${name}]\nlisten = @D@/${name}.sock\nuser = www-data\npm = static\npm.max_children = 1\n`;

/** What `-tt` would print for a pool's scalars and arrays, out of what was read. */
function asDumped(one: Pool, key: string, type: string): string | undefined {
  switch (type) {
    case "integer":
      return String(known(integer(one, key)));
    case "time":
      return String(known(seconds(one, key)));
    case "boolean":
      return known(boolean(one, key)) === true ? "yes" : "no";
    default:
      return known(setting(one, key)) ?? undefined;
  }
}

function comparePool(verdict: Verdict, one: Pool): void {
  const dumped = verdict.dump.get(one.name) ?? [];
  for (const fact of fpmFacts) {
    if (fact.section === "global" || fact.type === "array" || fact.computed !== undefined) continue;
    if (known(setting(one, fact.name)) === undefined) continue;
    const printed = dumped.find(([key]) => key === fact.name)?.[1];
    if (!one.settings.some((line) => line.key === fact.name) || printed === undefined) continue;
    const ours = asDumped(one, fact.name, fact.type);
    const numeric = fact.type === "time" ? printed.replace(/s$/, "") : printed;
    const same = fact.name === "pm" ? ours?.toLowerCase() : ours === "unlimited" ? "-1" : ours;
    expect(same, fact.name).toBe(numeric);
  }
  for (const list of ["env", "php_value", "php_admin_value"]) {
    const printed = dumped
      .filter(([key]) => key.startsWith(`${list}[`))
      .map(([key, value]) => `${key} = ${value}`);
    const flag = list.replace("value", "flag");
    const ours = one.settings
      .filter((line) => line.key === list || (line.key === flag && flag !== list))
      .map((line) => {
        const value = (line.value ?? "?").replaceAll("$pool", one.name).trimEnd();
        return `${list}[${line.index}] = ${line.key === flag && flag !== list ? (value === "1" ? "1" : "0") : value}`;
      });
    // FPM puts each at the head of its list.
    const unknown = ours.some((line) => line.endsWith("= ?"));
    if (!unknown)
      expect(printed.map((line) => line.trimEnd())).toEqual(ours.map((line) => line.trimEnd()).reverse());
  }
}

/** Lines for the `[www]` pool of `base`. */
const lines: readonly string[] = [
  // Comments, blanks, line ends.
  "; text",
  "   ; text",
  "\t; text",
  "   ",
  "# text",
  "# a = b",
  "#a=b",
  "#env[a] = b",
  "#[www]",
  "#php_admin_value[memory_limit] = 1G ; c",
  "chdir = /tmp ; c",
  "chdir = /tmp;x",
  "pm.max_requests = 5 # c",
  "env[X] = a#b",
  "pm.max_requests=4\r",
  "pm.max_requests=1\rpm.max_requests=2\r",
  "include=a\rinclude=b",
  "; c\rpm.max_requests=6",
  "pm.max_requests=5\0junk",
  "\0",
  "key\0",
  "no\0",
  "clear_env=no\0",
  "env[X] = a ;\0",
  "env[X]\0 = 1",
  "pm.max_requests =\0",
  'env[X] = "a\0b"',
  "\uFEFFpm.max_requests=4",
  "\uFEFF",
  "\uFEFF[www]",
  "\uFEFF [www]",
  `env[X] = a ;${"x".repeat(5000)}`,
  // Sections.
  "   [www]",
  "\t[www]",
  " \t[www]",
  "[www] ; c",
  "[www];c",
  "[www] junk",
  "[www",
  "[www]]",
  "[www]pm.max_requests=3",
  "[WWW]\npm.max_requests = 9",
  "[w;w]",
  `["www"]`,
  "['www']",
  "[GLOBAL]\nprocess.max = 3",
  // Keys.
  "  pm.max_requests = 1",
  "\tpm.max_requests\t=\t1",
  "PM.Max_Requests = 7",
  "pm.max_requests",
  "pm.max_requests : 5",
  "free text",
  "pm.max_requests = ",
  "yes = 1",
  "no=1",
  "on = 1",
  " on = 1",
  "off = 1",
  "null = 1",
  "true = 1",
  "false = 1",
  "none = 1",
  "online = 1",
  "= 1",
  "env[X] 1",
  "env[X]",
  "env[X",
  "env[ X ] = 1",
  "env['X'] = 1",
  'env["X Y"] = 1',
  "env[LC_ALL] = C",
  "env[true] = 1",
  "env[A]=a\nenv[A]=b\nenv[B]=c",
  "php_flag[a]=off\nphp_flag[b]=on\nphp_admin_flag[c]=no\nphp_value[d]=\nphp_admin_value[e]=8M",
  // Quotes.
  'env[A] = "a\nb"',
  "env[A] = 'a\nb'",
  "env[A] = a\\\nb",
  'env[A] = "a b"',
  "env[A] = 'a b'",
  `env[A] = a "b"`,
  `env[A] = "a" b`,
  `env[A] = "a" "b"`,
  "env[A] = 'a' b 'c'",
  `env[A] = 'a'"b"c`,
  String.raw`env[A] = "a\"b\\c\nd\'e"`,
  String.raw`env[A] = "C:\dir\"`,
  String.raw`env[A] = 'a\'`,
  String.raw`env[A] = "a\$b"`,
  `env[A] = "a`,
  `env[A] = a"`,
  "env[A] = 'a",
  "env[A] = it's",
  "clear_env = ''",
  'clear_env = ""',
  `env[A] = "a;b" ; c`,
  "env[A] = 'a;b' ; c",
  String.raw`env[A] = a\;b`,
  // Characters and operators.
  "env[A] = a=b",
  "env[A] = a(b)",
  "env[A] = a!b",
  "env[A] = a~b",
  "chdir = /home/~x",
  "env[A] = ~/x",
  "env[A] = ^b",
  "env[A] = a|b",
  "env[A] = a&b",
  "pm.max_requests = 1|4",
  "pm.max_requests = 1 | 2 & 3 ^ 8",
  "pm.max_requests = (1|4)",
  "pm.max_requests = (5",
  "pm.max_requests = 5)",
  "pm.max_requests = 1 (2)",
  "env[A] = !1",
  "env[A] = ! 1 | 4",
  "env[A] = ~1",
  "env[A] = !a",
  "env[A] = 99999999999|0",
  "env[A] = {} [] <> @ % * , : ? `",
  "env[A] = [a]",
  "env[A] = $NAME",
  "env[A] = $",
  "env[A] = a$;c",
  `env[A] = $"b"`,
  `env[A] = \${`,
  `env[A] = \${HOME`,
  `env[A] = \${}`,
  "env[A] = é ü",
  // Words and constants.
  "env[X] = on",
  "env[X] = YES",
  "env[X] = true ; c",
  `env[X] = "on"`,
  "php_value[x] = none",
  "php_value[x] = Null",
  "clear_env = false",
  "clear_env = No",
  "security.limit_extensions = FALSE",
  "env[A] = on time",
  "env[A] = a true",
  "env[A] = true|false",
  "env[A] = onx",
  "pm.max_requests = E_ALL",
  "pm.max_requests = E_ALL & ~E_DEPRECATED",
  "env[A] = E_ALL:x",
  "env[A] = E_ALL foo",
  `env[A] = "E_ALL"`,
  "env[A] = E_all",
  // $pool.
  "env[A] = $pool/$pool",
  `env[A] = "$pool"`,
  "env[A] = '$pool'",
  "access.format = $pool",
  // Values.
  ...["5", "-5", "-", "007", "99999999999", "4294967297", "-99999999999999999999999", "on", "off"].map(
    (value) => `pm.max_requests = ${value}`,
  ),
  ...[
    "5",
    "5s",
    "5m",
    "5h",
    "5d",
    "500ms",
    "1.5m",
    "5ss",
    "s",
    "-5m",
    "30 s",
    "30.5",
    "35791395m",
    "x5s",
  ].map((value) => `pm.process_idle_timeout = ${value}`),
  ...["1", "!1", "!0", '"yes"', '"off"', '"0"', "yes"].map((value) => `catch_workers_output = ${value}`),
  "rlimit_core = unlimited",
  "pm = STATIC",
  "listen.mode = 0666\nlisten.owner = www-data\nlisten.backlog = 511",
];

describe.skipIf(daemon === undefined)("a line in a pool", () => {
  // PHP 8.4 refuses lines with NUL, which older ones read up to it.
  const later = phpBranch !== null && !olderThan(phpBranch, "8.4");
  it.each(lines.filter((line) => !later || !line.includes("\0")))("%j", (line) => {
    const verdict = ask({ "m.conf": `${base}${line}\n` });
    expect(verdict.master.faults.length > 0, verdict.output).toBe(verdict.syntax);
    const first = verdict.master.faults[0];
    // The words are those of 8.2; other versions name other tokens.
    if (first !== undefined && phpBranch === "8.2") expect(verdict.output).toContain(first.refusal().log);
    if (verdict.status === 0) for (const one of verdict.master.pools) comparePool(verdict, one);
    if (verdict.status === 0)
      expect(verdict.master.pools.map((one) => one.name)).toEqual([...verdict.dump.keys()].slice(1));
  });
});

describe.skipIf(daemon === undefined)("the value readings refuse what the daemon refuses", () => {
  const integers = ["5", "--5", "5-", "+5", "0x10", "1k", " 5", "5.0", "", "-", "12a"];
  const times = ["1M", "1w", "5S", "", "5", "ms", "5 m", "0x10", "5."];
  const switches = ["Yes", "ON", "null", "2", "enabled", "yes", "none", " 1", "TRUE", "off"];
  const table = [
    ...integers.map((text) => ["pm.max_requests", text, readInteger(text)] as const),
    ...times.map((text) => ["request_terminate_timeout", text, readSeconds(text)] as const),
    ...switches.map((text) => ["clear_env", text, readBoolean(text)] as const),
  ];
  it.each(table)("%s = %j", (key, text, reading) => {
    const { output, status } = ask({ "m.conf": `${base}${key} = "${text}"\n` });
    expect(reading.ok).toBe(status === 0);
    if (!reading.ok) expect(output).toContain(`unable to parse value for entry '${key}': ${reading.refusal}`);
  });
});

interface Tree {
  readonly files: Record<string, string>;
  readonly links?: Record<string, string>;
}

const head = "[global]\nerror_log = @D@/err.log\n";
const numbered = (deepest: number): Record<string, string> => {
  const files: Record<string, string> = { "m.conf": `${head}include=@D@/1\n` };
  for (let at = 1; at < deepest; at += 1) files[String(at)] = `include=@D@/${at + 1}\n`;
  files[String(deepest)] = pool("a");
  return files;
};

const trees: Readonly<Record<string, Tree>> = {
  "a key after the include goes to the last pool": {
    files: {
      "m.conf": `${head}include=@D@/p/*.conf\npm.max_requests=3\n`,
      "p/a.conf": pool("a"),
      "p/b.conf": pool("b"),
    },
  },
  "a file without a section goes on with the pool before": {
    files: {
      "m.conf": `${head}include=@D@/p/*.conf\n`,
      "p/a.conf": pool("a"),
      "p/b.conf": "pm.max_requests=7\n",
    },
  },
  "a global key after [global] again": {
    files: { "m.conf": `${head}include=@D@/x\n[global]\nprocess.max=3\n`, x: pool("a") },
  },
  "the included file leaves [global] open": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/x\nprocess.max=4\n`, x: "[global]\n" },
  },
  "bytewise order, no dot files, no directories": {
    files: {
      "m.conf": `${head}include=@D@/p/*.conf\n`,
      "p/10.conf": `${pool("a")}env[O]=10\n`,
      "p/2.conf": "[A]\nenv[O]=2\n",
      "p/B.conf": "[a]\nenv[O]=B\n",
      "p/_.conf": "[a]\nenv[O]=_\n",
      "p/-.conf": "[a]\nenv[O]=-\n",
      "p/a.conf": "[a]\nenv[O]=a\n",
      "p/.h.conf": "[a]\nenv[O]=h\n",
      "p/d.conf/x": "",
    },
  },
  "several levels sort by the whole path": {
    files: {
      "m.conf": `${head}include=@D@/v/*/*.conf\n`,
      "v/a/z.conf": `${pool("a")}env[O]=1\n`,
      "v/a-b/a.conf": "[a]\nenv[O]=2\n",
      "v/b/a.conf": "[a]\nenv[O]=3\n",
      "v/c/x": "",
      "v/f": "",
    },
  },
  "[!c]": {
    files: { "m.conf": `${head}include="@D@/[!m].conf"\n`, "a.conf": pool("a"), "b.conf": "env[O]=b\n" },
  },
  "[a-b]": {
    files: { "m.conf": `${head}include=@D@/[a-b].conf\n`, "a.conf": pool("a"), "b.conf": "env[O]=b\n" },
  },
  "no braces": {
    files: { "m.conf": `${head}${pool("a")}include="@D@/{a,b}.conf"\n`, "a.conf": "env[O]=a\n" },
  },
  "$pool stays in an include": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/$pool.conf\n`, "a.conf": "env[O]=a\n" },
  },
  "nothing matches": { files: { "m.conf": `${head}${pool("a")}include=@D@/*.nope\n` } },
  "a literal file that is not there": { files: { "m.conf": `${head}${pool("a")}include=@D@/nope.conf\n` } },
  "a literal file in no directory": { files: { "m.conf": `${head}${pool("a")}include=@D@/nope/x.conf\n` } },
  "a glob in no directory": { files: { "m.conf": `${head}${pool("a")}include=@D@/nope/*.conf\n` } },
  "a glob below a glob in no directory": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/nope/*/a.conf\n` },
  },
  "a glob in a file": { files: { "m.conf": `${head}${pool("a")}include=@D@/f/*.conf\n`, f: "" } },
  "a literal directory": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/p\n`, "p/a.conf": "env[O]=a\n" },
  },
  "relative to the prefix": {
    files: { "m.conf": `${head}${pool("a")}include=a.conf\n`, "a.conf": "env[O]=a\n" },
  },
  "empty include": { files: { "m.conf": `${head}${pool("a")}include=\n`, x: "" } },
  "a dangling link": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/*.cnf\n` },
    links: { "b.cnf": "nowhere" },
  },
  "a dangling link by name": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/b.cnf\n` },
    links: { "b.cnf": "nowhere" },
  },
  "a link to a directory": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/*.cnf\n`, "q/z": "" },
    links: { "b.cnf": "q" },
  },
  "a link to a file": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/*.cnf\n`, z: "env[O]=z\n" },
    links: { "b.cnf": "z" },
  },
  "the same file twice": {
    files: { "m.conf": `${head}${pool("a")}include=@D@/x\ninclude=@D@/x\n`, x: "env[O]=1\n" },
  },
  "four deep": { files: numbered(4) },
  "five deep": { files: numbered(5) },
  "a loop": { files: { "m.conf": `${head}${pool("a")}include=@D@/m.conf\n` } },
  "a quoted pattern": {
    files: {
      "m.conf": `${head}${pool("a")}include='@D@/\\*.cnf'\n`,
      "*.cnf": "env[O]=star\n",
      "b.cnf": "env[O]=b\n",
    },
  },
};

describe.skipIf(daemon === undefined)("includes", () => {
  it.each(Object.entries(trees))("%s", (_, { files, links }) => {
    const verdict = ask(files, links);
    const results = verdict.master.includes.map((one) => one.result.kind);
    const stops = results.some((kind) => kind === "missing" || kind === "too-deep");
    expect(stops, verdict.output).toBe(/Unable to (?:globalize|include)/.test(verdict.output));
    expect(results.includes("no-match")).toBe(verdict.output.includes("Nothing matches the include pattern"));
    if (verdict.status !== 0) return;
    expect(verdict.master.pools.map((one) => one.name)).toEqual([...verdict.dump.keys()].slice(1));
    for (const one of verdict.master.pools) comparePool(verdict, one);
    const processes = verdict.dump.get("global")?.find(([key]) => key === "process.max")?.[1];
    expect(known(globalSetting(verdict.master, "process.max"))).toBe(processes);
  });
});

describe.skipIf(daemon === undefined)("facts", () => {
  /** Defaults that FPM fills in after `-tt` has printed. */
  const later = ["listen.mode", "ping.response", "access.format"];
  const printed = (value: string | null, type: string): string => {
    if (value === null) return "undefined";
    return type === "time" ? value.replace(/s$/, "") : value;
  };

  it.each(["global", "pool"] as const)(
    "the defaults of %s are those of -tt, and no key is missing",
    (section) => {
      const { dump } = ask({ "m.conf": base });
      const dumped = dump.get(section === "global" ? "global" : "www") ?? [];
      expect(dumped.length).toBeGreaterThan(10);
      const set = ["error_log", "listen", "user", "pm", "pm.max_children"];
      for (const [key, value] of dumped) {
        const fact = fpmFacts.find(
          (one) => one.name === key && (one.section === section || one.section === "both"),
        );
        expect(fact, key).toBeDefined();
        if (fact === undefined || set.includes(key) || later.includes(key)) continue;
        const plain = fact.type === "time" ? value.replace(/s$/, "") : value;
        // Numbers that are not set print as 0, the master's own words as numbers.
        if (fact.default === null && plain === "0") continue;
        if (["syslog.facility", "log_level", "events.mechanism"].includes(key)) continue;
        expect(plain, key).toBe(printed(fact.default, fact.type));
      }
    },
  );

  it("every key is known to the daemon in its section", () => {
    const keys = fpmFacts.filter((fact) => fact.type !== "array" && fact.name !== "include");
    // Build options that Debian's daemon does not have.
    const absent = ["listen.setfib"];
    for (const fact of keys.filter((one) => !absent.includes(one.name))) {
      const section = fact.section === "global" ? "[global]" : "[www]";
      const { output } = ask({ "m.conf": `${base}${section}\n${fact.name} = \n` });
      expect(output, fact.name).not.toContain("unknown entry");
    }
  });
});

/** The same numbers on every run. */
function* numbers(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    yield state / 0x7fffffff;
  }
}

describe.skipIf(cli === undefined)("PHP's own parse_ini_string on random lines", () => {
  const atoms =
    `a|b| |  |\t|"|"|'|'|=|=|;|#|&|^|~|!|(|)|$|\${|}|{|[|]|1|12|.5|-3|on|yes|no|null|true|E_ALL|\\|\\"|\\\\|:|-|.|/|\r|key = |env[X] = |[www]|é|,|\uFEFF`.split(
      "|",
    );

  it("agrees on the verdict and on every value", () => {
    const random = numbers(42);
    const pick = (size: number): number => Math.floor((random.next().value as number) * size);
    const texts = Array.from({ length: 4000 }, () => {
      const body = Array.from({ length: 1 + pick(7) }, () => atoms[pick(atoms.length)] ?? "").join("");
      return `${pick(5) < 3 ? "k = " : ""}${pick(6) === 0 ? `${body}|2` : body}\n`;
    });
    const program =
      'while (($l = fgets(STDIN)) !== false) { $r = @parse_ini_string(json_decode($l), true, INI_SCANNER_NORMAL); echo json_encode($r === false ? null : (object) $r), "\\n"; }';
    const input = `${texts.map((text) => JSON.stringify(text)).join("\n")}\n`;
    const answers = execFileSync(cli ?? "", ["-n", "-r", program], { input, encoding: "utf8" })
      .trimEnd()
      .split("\n");
    expect(answers).toHaveLength(texts.length);
    texts.forEach((text, at) => {
      const theirs: unknown = JSON.parse(answers[at] ?? "");
      const reading = readIni(text);
      expect(reading.error === null, text).toBe(theirs !== null);
      if (theirs === null) return;
      const ours = asPhpArray(reading.statements);
      if (ours !== null) expect(ours, text).toEqual(withoutNulls(theirs));
    });
  });
});

type Values = { [key: string]: string | Values };

/** As `parse_ini_string` nests it; `null` when a value is unknown to the reader or PHP numbers it. */
function asPhpArray(statements: ReturnType<typeof readIni>["statements"]): Values | null {
  const all: Values = {};
  let current = all;
  for (const statement of statements) {
    if (statement.kind === "section") {
      if (statement.name.text === null) return null;
      current = {};
      all[statement.name.text] = current;
    } else if (statement.kind === "entry") {
      const { key, value } = statement;
      if (value.text === null || key.index === "" || key.index?.includes(`\${`) === true) return null;
      const old = current[key.name];
      if (key.index === null) current[key.name] = value.text;
      else current[key.name] = { ...(typeof old === "object" ? old : {}), [key.index]: value.text };
    }
  }
  return all;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return withoutNulls(Object.fromEntries(Object.entries(value)));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, one]) => one !== null)
      .map(([key, one]) => [key, withoutNulls(one)]),
  );
}
