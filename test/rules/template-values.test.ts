import { readdirSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { parseFpm } from "../../src/fpm/syntax/parse.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { type GivenHost, hostsOf } from "../../src/host/find/given.js";
import { buildHost } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";
import { parseNginx } from "../../src/nginx/syntax/parse.js";
import type { Directive, Word } from "../../src/nginx/types.js";
import { type SourceFile, sourceFile } from "../../src/source/file.js";
import { readMarks } from "../../src/source/template.js";
import { fixtures } from "../build/fixtures.js";
import { runRules } from "../support/lint.js";
import { runs } from "../support/sample.js";

/** A value that a template fills in never makes a rule speak that is silent about the value itself. */

const home = fixtures();

const homes = readdirSync(home)
  .filter((category) => category !== "hosts")
  .flatMap((category) => readdirSync(join(home, category)).map((rule) => join(home, category, rule)))
  .flatMap((home) => readdirSync(home).map((name) => join(home, name)))
  // A pattern that nobody knows may take the requests of every location behind it: it is not taken for such a one.
  .filter((home) => !/\/ok-second-(?:of-one-pattern|behind-a-pattern-for-all)$/.test(home))
  // Nor is a root that nobody knows taken for one without scripts.
  .filter((home) => !/\/ok-no-scripts-there$/.test(home));

const PLACEHOLDERS = [
  "{{ value }}",
  "{{ value | default('a b') }}",
  '{{- getenv "VALUE" "8 16k" -}}',
  "{{value}}",
  "<%= @value %>",
  `\${VALUE}`,
  `\${VALUE:-9 8k}`,
  "__VALUE__",
  "@VALUE@",
  "%value%",
  "{% if a %}x{% else %}y{% endif %}",
  "{{#a}}x{{/a}}",
] as const;

/** What of a value is replaced. */
const PARTS = ["whole", "front", "back"] as const;

interface Spot {
  readonly path: string;
  readonly start: number;
  readonly end: number;
  readonly quote: string | null;
}

interface Case {
  readonly given: GivenHost;
  readonly spots: readonly Spot[];
  /** What is told of the plain files. */
  readonly told: () => number;
}

const cases = new Map<string, Case | null>();

function caseOf(home: string): Case | null {
  const known = cases.get(home);
  if (known !== undefined) return known;
  const answer = hostsOf(home, home, []);
  const [given] = answer.kind === "hosts" ? answer.hosts : [];
  const made = given === undefined ? null : newCase(given);
  cases.set(home, made);
  return made;
}

function newCase(given: GivenHost): Case {
  const host = buildHost(given.spec, given.fs, { phpVersion: null });
  let told: number | null = null;
  const count = (): number => {
    told ??= tellings(host).length;
    return told;
  };
  return { given, spots: spotsOf(host), told: count };
}

/** Every value of both halves that stands in a file of the host. */
function spotsOf(host: Host): readonly Spot[] {
  const nginx = (host.nginx?.texts ?? []).flatMap(({ file, directives }) =>
    words(directives).map(({ start, end, quote }) => ({ path: file.path, start, end, quote })),
  );
  const fpm = host.masters.flatMap(({ files }) => files.flatMap(values));
  return [...nginx, ...fpm].filter(({ path }) => host.fs.entry(path).kind === "file");
}

function words(directives: readonly Directive[]): readonly Word[] {
  return directives.flatMap(({ args, block }) => [...args, ...words(block ?? [])]);
}

function values(file: SourceFile): readonly Spot[] {
  return parseFpm(file).flatMap((line) => {
    if (line.kind !== "setting" && line.kind !== "include") return [];
    const { start, end } = line.range;
    const quote = /^["']/.exec(file.text.slice(start, end))?.[0] ?? null;
    return start === end ? [] : [{ path: file.path, start, end, quote }];
  });
}

function tellings(host: Host): readonly string[] {
  return runRules(rules, host, () => ({ level: null, options: {} }))
    .filter(({ severity }) => severity !== "info")
    .map(({ rule }) => rule);
}

/**
 * What is told beyond what the plain files are told. Where a value hides a fault from the rule that
 * names its cause, another may name it; but nothing becomes two faults.
 */
function more(host: Host, { told }: Case): readonly string[] {
  const found = tellings(host);
  return found.length > 0 && found.length > told() ? found : [];
}

function replaced(text: string, { start, end, quote }: Spot, placeholder: string, part: string): string {
  const inside = quote === null ? 0 : 1;
  const value = text.slice(start + inside, end - inside);
  const half = Math.floor(value.length / 2);
  // Half of a placeholder is none.
  const whole = readMarks(value).length > 0;
  const filled = {
    whole: placeholder,
    front: placeholder + value.slice(half),
    back: value.slice(0, half) + placeholder,
  }[whole ? "whole" : part];
  return text.slice(0, start + inside) + filled + text.slice(end - inside);
}

function withText(fs: HostFilesystem, path: string, text: string): HostFilesystem {
  return {
    entry(asked) {
      const entry = fs.entry(asked);
      return entry.kind === "file" && entry.path === path ? { ...entry, read: () => ({ text }) } : entry;
    },
    display: (asked) => fs.display(asked),
  };
}

function textOf(fs: HostFilesystem, path: string): string {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : "";
}

/** How many values are replaced: every commit draws others, and .ci/slow replaces thirty thousand. */
const RUNS = runs(1000);

test("a placeholder in the place of a value brings no error and no warning", { timeout: 1_800_000 }, () => {
  let tried = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(...homes),
      fc.nat(),
      fc.constantFrom(...PLACEHOLDERS),
      fc.constantFrom(...PARTS),
      (home, index, placeholder, part) => {
        const found = caseOf(home);
        const spot = found?.spots[index % Math.max(1, found.spots.length)];
        // A fixture of templates alone has no host, and a broken file has no value that means anything.
        fc.pre(found !== null && spot !== undefined);
        const { spec, fs } = found.given;
        const text = textOf(fs, spot.path);
        fc.pre(isReadable(text));
        tried += 1;
        const changed = replaced(text, spot, placeholder, part);
        const host = buildHost(spec, withText(fs, spot.path, changed), { phpVersion: null });
        expect({ more: more(host, found), line: lineOf(changed, spot.start) }).toMatchObject({ more: [] });
      },
    ),
    { numRuns: RUNS },
  );
  // Runs that have nothing to replace count for nothing.
  expect(tried).toBeGreaterThanOrEqual(RUNS);
});

/** Fixtures of which a rule spoke when a template filled in one of their values. */
const SPOKE = [
  "buffer/body-limit-mismatch/ok-php-value",
  "connect/empty-variable/ok-names-of-the-server",
  "fastcgi/cache-key/ok-never-stored",
  "fastcgi/cache-key/ok-no-head",
  "fastcgi/doc-root/ok-alias",
  "fastcgi/doc-root/ok-same-exact",
  "fastcgi/doc-root/ok-same-start-page",
  "fastcgi/overridden-params/ok-if-not-empty",
  "fastcgi/overridden-params/ok-script-with-query",
  "fastcgi/protection-bypassed/ok-condition-of-server",
  "fpm/left-out-file/ok-second-include",
  "nginx/left-out-file/ok-second-include",
  "request/fallback-without-slash/ok-brought-slash",
  "request/fallback-without-slash/ok-relative-chroot",
];

test.each(SPOKE)("each value of %s", (name) => {
  const found = caseOf(join(home, name));
  if (found === null) throw new Error("there is no such fixture");
  const { given, spots } = found;
  const told = spots.flatMap((spot) => {
    const text = textOf(given.fs, spot.path);
    const fs = withText(given.fs, spot.path, replaced(text, spot, PLACEHOLDERS[0], "whole"));
    const rules = more(buildHost(given.spec, fs, { phpVersion: null }), found);
    return rules.map((rule) => `${rule}: ${text.slice(spot.start, spot.end)}`);
  });
  expect(told).toEqual([]);
});

/** Whether nginx reads it: where a file is broken anyway, a value is not what its place says. */
function isReadable(text: string): boolean {
  return (
    !text.includes("\r") && (parseNginx(sourceFile("/a", "a", text)).fault === null || text.includes("["))
  );
}

function lineOf(text: string, offset: number): string {
  return text.slice(text.lastIndexOf("\n", offset - 1) + 1).split("\n", 1)[0] ?? "";
}
