/**
 * Generated pools through the reader and the rules, and through `php-fpm -tt`: the same verdict,
 * the same line, the same effective values. FPMLINT_SEED and FPMLINT_CASES choose others.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { Finding } from "../../src/engine/finding.js";
import { fpmFacts } from "../../src/fpm/settings/facts.js";
import { diskFilesystem } from "../../src/host/disk.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { buildHost } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";
import { position } from "../../src/source/file.js";
import { olderThan } from "../../src/source/version.js";
import { memoryHost } from "../build/hosts.js";
import { fpmCommand, phpBranch } from "../daemons/available.js";
import { runRules } from "../support/lint.js";
import { seed, size } from "../support/sample.js";
import { dumpedArrays, dumpedGlobal, dumpedPool, effectiveVariable, parseDump } from "./support/dump.js";
import { type FpmTree, trees } from "./support/trees.js";

const cases = size(600);
const required = process.env.FPMLINT_REQUIRE_DAEMONS === "1";

const daemon = fpmCommand ?? undefined;
const able = daemon !== undefined && process.getuid?.() === 0;

/** Rules whose errors at the start are refusals of PHP-FPM. */
const judged = rules.filter(({ id }) => id.startsWith("fpm/") || id === "connect/shared-address");
/** What only the start refuses, not `-t`. */
const startOnly = new Set([
  ...["root", "acl-user", "listen-port", "listen-host", "no-pid"],
  // Addresses that are the same, or of which one includes the other, in two spellings.
  ...["same-path", "same-port", "alias"],
]);
/** -t opens no socket and writes no pid. */
const opens = ({ rule, case: name }: Finding): boolean =>
  rule === "fpm/missing-directory" && (name === "listen" || name === "pid");
/** Checks of settings that other rules will name, and of the machine's directories. */
const elsewhere =
  /'slowlog' must be specified|'request_slowlog_timeout' \(|does not exist or is not a directory/;

let top = "";
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-differential-"));
  if (able) process.stdout.write(`php-fpm differential: ${cases} cases, FPMLINT_SEED=${seed}\n`);
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

let count = 0;

function write(tree: FpmTree): string {
  count += 1;
  const directory = join(top, String(count));
  mkdirSync(join(directory, "pool.d"), { recursive: true });
  for (const [name, text] of Object.entries(tree))
    writeFileSync(join(directory, name), text.replaceAll("@D@", directory));
  return directory;
}

function readHost(main: string): Host {
  const disk = diskFilesystem({ root: "/", workingDirectory: "/" });
  // Where this runs may be a container; the files are meant as those of a server.
  const hidden = /^\/(?:\.dockerenv|run\/\.containerenv|Dockerfile|(?:docker-)?compose\.ya?ml)$/;
  const fs: HostFilesystem = {
    display: disk.display,
    entry: (path) => (hidden.test(path) ? { kind: "missing", path, dangling: false } : disk.entry(path)),
  };
  const spec = { name: ".", root: "/", nginx: null, fragments: [], fpm: [main], pools: [] };
  return buildHost(spec, fs, { phpVersion: phpBranch ?? "8.2" });
}

function refusals(host: Host): readonly Finding[] {
  return runRules(judged, host, () => ({ level: null, options: {} })).filter(
    (one) =>
      // Without any user PHP-FPM might be meant for another account than root; here root starts it.
      (one.severity === "error" || one.case === "missing") &&
      one.symptom?.when === "start" &&
      !startOnly.has(one.case) &&
      !opens(one),
  );
}

function compare(tree: FpmTree): void {
  const directory = write(tree);
  try {
    const main = join(directory, "main.conf");
    const answer = spawnSync(daemon ?? "", ["-n", "-tt", "-y", main], { encoding: "utf8" });
    const output = (answer.stderr + answer.stdout).replaceAll(directory, "@D@");
    const host = readHost(main);
    const found = refusals(host);
    if (elsewhere.test(output)) return;
    if (answer.status !== 0 && found.length === 0 && isUnknowable(host, output)) return;
    const ours = found.map((one) => `${place(one)} ${one.message}`).join("\n");
    expect(found.length > 0 ? "refused" : "accepted", `${output}\n${ours}`).toBe(
      answer.status === 0 ? "accepted" : "refused",
    );
    if (answer.status === 0) sameValues(host, answer.stderr + answer.stdout);
    else if (!isUnknowable(host, output)) sameLine(output, found);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What rests on a value that the files do not tell; and `daemonize = no` makes a container of the host, whose master may be anybody. */
function isUnknowable({ masters }: Host, output: string): boolean {
  const [master] = masters;
  const lines = [...(master?.global ?? []), ...(master?.pools ?? []).flatMap(({ settings }) => settings)];
  const foreground = lines.some(({ key, value }) => key === "daemonize" && (value === "" || value === "0"));
  return (
    lines.some(({ value }) => value === null) || (foreground && output.includes("user has not been defined"))
  );
}

function place({ at }: { readonly at: Finding["at"] }): string {
  return `${basename(at.span.file.path)}:${position(at.span.file, at.span.start).line}`;
}

/** PHP-FPM names the first line it refuses, where it names one. */
function sameLine(output: string, found: readonly Finding[]): void {
  const named = /ERROR: \[@D@\/(\S+?):(\d+)\] (.*)/.exec(output);
  if (named === null) return;
  const lines = found.flatMap((one) => [place(one), ...one.related.map(({ place: at }) => place({ at }))]);
  // Further lines of one cause are counted, not listed.
  if (found.some(({ message }) => /and (?:[4-9]|\d\d+) more like it/.test(message))) return;
  const file = basename(named[1] ?? "");
  // Behind an include PHP-FPM goes on counting the lines of the included file.
  if (file === "main.conf")
    expect(
      lines.some((line) => line.startsWith(`${file}:`)),
      named[0],
    ).toBe(true);
  else expect(lines, named[0]).toContain(`${file}:${named[2]}`);
  const symptoms = found.flatMap(({ symptom }) => symptom?.log ?? []);
  expect(
    symptoms.some((log) => output.includes(log)),
    `${named[0]}\n${symptoms.join("\n")}`,
  ).toBe(true);
}

function sameValues(host: Host, output: string): void {
  const dump = parseDump(output);
  // With a log_level above notice the daemon prints nothing.
  if (dump.size === 0) return;
  const [master] = host.masters;
  if (master === undefined) throw new Error("no master was read");
  expect(master.pools.map(({ name }) => name)).toEqual([...dump.keys()].slice(1));
  const keys = (section: "global" | "pool") =>
    fpmFacts.filter((fact) => fact.section === section && fact.type !== "array").map(({ name }) => name);
  for (const [key, printed] of dump.get("global") ?? []) {
    expect(keys("global"), key).toContain(key);
    same(key, dumpedGlobal(master, key), printed);
  }
  for (const pool of master.pools) {
    const lines = dump.get(pool.name) ?? [];
    const scalars = lines.filter(([key]) => !key.includes("["));
    for (const [key, printed] of scalars) same(`[${pool.name}] ${key}`, dumpedPool(pool, key), printed);
    const arrays = lines.filter(([key]) => key.includes("["));
    const ours = dumpedArrays(pool);
    expect(ours.map(([key]) => key)).toEqual(arrays.map(([key]) => key));
    ours.forEach(([key, value], at) => {
      sameArray(key, value, arrays[at]?.[1]);
    });
    // Each is put before the others and they are applied in that order, so the last printed counts.
    for (const [key, printed] of new Map(arrays.filter(([name]) => name.startsWith("env[")))) {
      const ours = effectiveVariable(pool, key.slice(4, -1));
      if (ours !== undefined) expect(ours?.trimEnd(), key).toBe(printed.trimEnd());
    }
  }
}

function same(key: string, ours: string | undefined, printed: string): void {
  if (ours !== undefined) expect(ours.trimEnd(), key).toBe(printed.trimEnd());
}

/** PHP-FPM completes relative paths of a few php.ini settings. */
function sameArray(key: string, ours: string | undefined, printed: string | undefined): void {
  if (ours === undefined) return;
  if (/_value\[(?:error_log|extension_dir|sendmail_path|session.cookie_path)\]/i.test(key))
    expect(printed?.trimEnd().endsWith(ours.trimEnd()), key).toBe(true);
  else expect(ours.trimEnd(), key).toBe(printed?.trimEnd());
}

interface Row {
  readonly in: "global" | "pool";
  /** Added to `[global]`, or to the pool of a file that PHP-FPM takes. */
  readonly lines: string;
  /** A literal part of what PHP-FPM prints; `null`: it takes the file. */
  readonly refused: string | null;
  /** The first version of PHP that was seen to say it; absent: 7.4 does. */
  readonly since?: string;
}

/** What was compared by hand, and what the generated files found. */
const rows: readonly Row[] = JSON.parse(
  readFileSync(fileURLToPath(new URL("../../fixtures/syntax/fpm-settings.json", import.meta.url)), "utf8"),
);

/** What newer ones say instead: since which version, and of which row. */
const LATER: readonly (readonly [since: string, lines: string, refused: string | null])[] = [
  ["8.5", "include = nowhere/*.conf", null],
  ["8.5", "[other]", "'user' directive has not been specified when running as a root"],
];

function saidNow({ lines, refused }: Row): string | null {
  const later = LATER.find(
    ([since, own]) => own === lines && phpBranch !== null && !olderThan(phpBranch, since),
  );
  return later === undefined ? refused : later[2];
}

describe.each(rows)("$lines in $in", (row) => {
  const [inGlobal, inPool] = row.in === "global" ? [`${row.lines}\n`, ""] : ["", `${row.lines}\n`];
  const refused = saidNow(row);
  const older = row.since !== undefined && phpBranch !== null && olderThan(phpBranch, row.since);
  const sound = "[www]\nlisten = @D@/x.sock\nuser = www-data\npm = static\npm.max_children = 2\n";
  const text = `[global]\nerror_log = @D@/err.log\n${inGlobal}${sound}${inPool}`;

  test.skipIf(older)("is judged as PHP-FPM judges it", () => {
    const accounts = {
      "/etc/passwd": "root:x:0:0::/:\nwww-data:x:33:33::/:\n",
      "/etc/group": "root:x:0:\nwww-data:x:33:\n",
    };
    const files = { ...accounts, "/d/main.conf": text.replaceAll("@D@", "/d") };
    const host = memoryHost(files, { fpm: ["/d/main.conf"] }, { phpVersion: phpBranch ?? "8.2" });
    const logs = refusals(host).map(({ symptom }) => symptom?.log ?? "");
    if (refused === null) expect(logs).toEqual([]);
    else expect(logs.filter((log) => log !== "").some((log) => log.includes(refused))).toBe(true);
  });

  test.skipIf(!able || older)("is what PHP-FPM says", () => {
    const directory = write({ "main.conf": text });
    const main = join(directory, "main.conf");
    const answer = spawnSync(daemon ?? "", ["-n", "-t", "-y", main], { encoding: "utf8" });
    expect(answer.status === 0, answer.stderr).toBe(refused === null);
    expect(answer.stderr).toContain(refused ?? "");
  });
});

describe("generated files of PHP-FPM", () => {
  // PHP 7 refuses words such as 'off' in quotes, and whom it does not know only when it starts.
  const older = phpBranch !== null && olderThan(phpBranch, "8.0");
  test.skipIf((!able && !required) || older)(
    "are refused and read as php-fpm -tt refuses and reads them",
    () => {
      expect(able, "php-fpm is not installed, or this is not root").toBe(true);
      fc.assert(fc.property(trees, compare), { seed, numRuns: cases });
    },
    600_000,
  );
});
