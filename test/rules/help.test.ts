import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { Finding } from "../../src/engine/finding.js";
import { applicable, type Way } from "../../src/engine/help.js";
import type { Rule } from "../../src/engine/rule.js";
import { settingOf } from "../../src/lint.js";
import type { Host } from "../../src/model/host.js";
import { helpLines } from "../../src/report/help.js";
import { lineText, position } from "../../src/source/file.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs } from "../daemons/available.js";
import { copyFixture, start } from "../daemons/bench.js";
import { type Fixture, fixturesOf, proveFixture } from "../daemons/prove.js";
import { fixtureConfig, lintDirectory, lintHost, runRules } from "../support/lint.js";
import { runs, sample } from "../support/sample.js";
import { besides } from "./support/besides.js";
import { type CopiedHost, copiedHosts, rebuilt } from "./support/copied-host.js";
import { applyWays, isPlaced, isText, overlaps, withWays } from "./support/help.js";

/**
 * Every help is done to a copy of the fixture that it is given for: the finding is gone then, no
 * other has come, and the daemons take the copy.
 */

/** Rules whose help is words, or lines that a person has to complete, with the fixtures where it is not. */
const inWords: Readonly<Record<string, readonly string[]>> = {
  "fastcgi/cache-condition": [],
  "connect/unused-pool": [],
  "fastcgi/missing-named-location": [],
  "fastcgi/php-value-leak": [],
  "fastcgi/source-exposed": ["bad-fallback-in-the-middle"],
  // A package's unit is not edited: a drop-in is a new file.
  "fpm/protected-path": ["bad-own-unit"],
  "socket/lost-at-boot": ["bad-built-from-source"],
  "pool/memory-limit-overcommit": [],
  "nginx/duplicate-directive": [],
  "nginx/invalid-value": [
    "bad-condition-operator",
    "bad-events",
    "bad-location-modifier",
    "bad-parameter",
    "bad-slot-size",
    "bad-word",
  ],
  "nginx/missing-include": [],
  "nginx/wrong-context": ["bad-too-late"],
};

/** Fixtures whose help has nothing to paste at a place that it knows, and why. */
const byHand: Readonly<Record<string, string>> = {
  "fastcgi/http3-host/bad-map": "which names the map should have for $host only its author knows",
  "connect/listen-mismatch/bad-several-pools": "nothing tells which of the pools is meant",
  "connect/listen-mismatch/bad-snippet-of-two-sites": "one snippet cannot pass to the pools of both sites",
  "fpm/invalid-value/bad-acl-blank": "an account that only its author knows",
  "fpm/invalid-value/bad-group": "an account that only its author knows",
  "fpm/invalid-value/bad-user": "an account that only its author knows",
  "fpm/invalid-value/bad-user-with-stock-sssd": "an account that only its author knows",
  "fastcgi/container-path/bad-other-files": "files that somebody has to mount or copy",
  "fastcgi/container-path/bad-other-files-as-sent": "the same",
  "fpm/left-out-file/bad-not-used": "a file that somebody has to rename or remove",
  "fpm/left-out-file/bad-without-extension": "a file that somebody has to rename or remove",
  "fpm/missing-include/bad-link": "the file that the link should lead to",
  "fpm/missing-directory/bad-chroot": "a directory that somebody has to make",
  "fpm/missing-directory/bad-error-log": "a directory that somebody has to make",
  "fpm/missing-directory/bad-socket": "a directory that somebody has to make",
  "fpm/no-listen/bad-no-file": "a pool that is not there yet",
  "fpm/no-listen/bad-no-include": "a pool that is not there yet",
  "fpm/no-listen/bad-no-pool": "a pool that is not there yet",
  "fpm/syntax/bad-carriage-returns": "an editor has to save the file with other line ends",
  "fpm/syntax/bad-included-file": "a key without a value, and nobody but its author knows which",
  "php/invalid-limit/bad-kilobytes": "a limit that nobody can guess: the written one is too small",
  "request/lost-query/bad-error-page": "a try_files that may have to stand in several locations",
  "request/page-unreachable/bad-snippet": "other locations include the snippet, too",
  "request/path-info-lost/bad-never-comes": "a pattern that is to its author's taste",
  "request/redirect-cycle/bad-rewrite": "nobody but its author knows where the new URI should lead",
  "nginx/invalid-address/bad-ipv6-address": "an address that only its author knows",
  "nginx/invalid-address/bad-listen-port": "a port that only its author knows",
  "nginx/invalid-address/bad-listen-range": "ports that only their author knows",
  "nginx/invalid-address/bad-listen-two-ports": "one of the two ports needs a listen of its own",
  "nginx/invalid-address/bad-name-without-port": "a port that only its author knows",
  "nginx/invalid-address/bad-no-path": "a path that only its author knows",
  "nginx/invalid-address/bad-open-bracket": "the bracket may belong in two places",
  "nginx/invalid-address/bad-other-protocols": "a port that only its author knows",
  "nginx/invalid-address/bad-path-too-long": "a shorter path that only its author knows",
  "nginx/invalid-address/bad-port-empty": "a port that only its author knows",
  "nginx/invalid-address/bad-port-text": "a port that only its author knows",
  "nginx/invalid-address/bad-port-zero": "a port that only its author knows",
  "nginx/invalid-address/bad-server-port-too-large": "a port that only its author knows",
  "nginx/invalid-address/bad-server-with-variable": "an address that only its author knows",
  "nginx/invalid-address/bad-snippet": "a port that only its author knows",
  "nginx/unknown-directive/bad-other-version": "a zone whose new line needs a size and a name",
  "nginx/unknown-directive/bad-unknown": "a module may define it, and nobody but its author knows which",
  "nginx/syntax/bad-block-not-opened": "a location without a block, and nobody but its author knows which",
  "nginx/syntax/bad-byte-order-mark": "an editor has to save the file without the mark",
  "nginx/syntax/bad-comment-too-long": "a comment to be broken where its author likes",
  "nginx/syntax/bad-value-too-long": "a value to be shortened by its author",
};

/** Fixtures with a further fault, which nobody could see before the one of the help was fixed. */
const uncovers: Readonly<Record<string, string>> = {
  "connect/allowed-clients/bad-leftover-in-container": "socket/public-port",
  "fastcgi/params-shadowed/bad-lines-without-include": "fastcgi/lost-body-params",
  "pool/memory-oversubscribed/bad-measured": "pool/memory-limit-overcommit",
  "pool/memory-oversubscribed/bad-process-max": "pool/memory-limit-overcommit",
  "pool/memory-oversubscribed/bad-reserve": "pool/memory-limit-overcommit",
  "pool/memory-oversubscribed/bad-two-pools": "pool/memory-limit-overcommit",
  "nginx/unknown-directive/bad-invisible": "fastcgi/source-exposed",
  "php/invalid-limit/bad-post-max-size": "buffer/body-limit-mismatch",
  "php/upload-limits/bad-post-far-above-memory": "buffer/body-limit-mismatch",
  "fastcgi/params-shadowed/bad-line-of-server": "fastcgi/extension-denied",
  "fastcgi/script-filename/bad-incomplete-set-of-server": "fastcgi/extension-denied",
  "request/page-unreachable/bad-one-word": "fastcgi/status-exposed",
};

/** Fixtures that are fixed and still do not answer 200, so that only the start of the daemons is proved. */
const otherAnswers: Readonly<Record<string, string>> = {
  "request/open-basedir/bad-open-to-this-machine": "the other script of the proof is not there",
  "request/page-unreachable/bad-one-word": "the pages of the other paths are not there",
  "fastcgi/extension-denied/bad-location-for-everything":
    "the other requests of the proof are for files that are not there",
  "fastcgi/script-filename/bad-uri-alone-below-a-name": "the bench brings no scripts to that root",
  "pool/process-max/bad-computed-start": "the burst of the proof is too much for the pool in any case",
  "pool/process-max/bad-dynamic": "the burst of the proof is too much for the pool in any case",
  "pool/process-max/bad-static": "the burst of the proof is too much for the pool in any case",
  "connect/no-resolver/bad-map": "no name server of that address is on this machine",
  "connect/no-resolver/bad-set": "no name server of that address is on this machine",
  "connect/no-resolver/bad-upstream-with-port": "no name server of that address is on this machine",
  "connect/listen-mismatch/bad-abstract-socket": "the bench moves no socket that is directly below /usr",
  "connect/listen-mismatch/bad-named-behind-return": "it answers 503 to everything, by its own will",
  "fastcgi/extension-denied/bad-captured-script":
    "the other requests of the proof are for files that are not there",
  "fastcgi/script-filename/bad-other-directory-relative-root": "the bench brings no scripts to that root",
};

/** Fixtures that are fixed and still do not start where the tests run, and why. */
const noStart: Readonly<Record<string, string>> = {
  "nginx/wrong-context/bad-too-late": "the module that it loads is not on this machine",
};

interface Case {
  readonly rule: Rule;
  readonly fixture: Fixture;
  readonly copy: CopiedHost | null;
  readonly findings: readonly Finding[];
}

const cases: readonly Case[] = rules.flatMap((rule) =>
  fixturesOf(rule.id, fixtures())
    .filter(({ kind }) => kind === "bad")
    .map((fixture) => {
      const copy = onlyHost(fixture.dir);
      return { rule, fixture, copy, findings: judgedBy([rule], fixture.dir, copy?.host ?? null) };
    })
    // That each of them is faulted is the matter of fixtures.test.ts.
    .filter(({ findings }) => findings.length > 0),
);

/** The host of a fixture, and the same in memory; `null`: it is not one host whose `/` is the fixture. */
function onlyHost(directory: string): CopiedHost | null {
  const [only, ...others] = copiedHosts(directory);
  return only === undefined || others.length > 0 || only.spec.root !== directory ? null : only;
}

/** What rules say of a fixture: of its host where that was read already, or of all that is in the directory. */
function judgedBy(asked: readonly Rule[], directory: string, host: Host | null): readonly Finding[] {
  if (host === null) {
    const ids = new Set(asked.map(({ id }) => id));
    return lintDirectory(directory).filter(({ rule }) => ids.has(rule));
  }
  const config = fixtureConfig(directory);
  return runRules(asked, host, (rule) => settingOf(rule, config, validators));
}

const nameOf = ({ rule, fixture }: Case): string => `${rule.id}/${fixture.name}`;
const placed = cases.filter(({ rule, fixture }) => inWords[rule.id]?.includes(fixture.name) ?? true);
const pasted = placed.filter((one) => byHand[nameOf(one)] === undefined);

/** The ways of one finding alone; of several findings the first way of each, which only together fix the host. */
function waysOf({ findings }: Case): readonly (readonly Way[])[] {
  const read = findings.map(({ help }) => help.ways.filter(({ edits }) => edits.some(isText)));
  const [only] = read;
  if (read.length === 1) return (only ?? []).map((way) => [way]);
  return read.every((ways) => ways.length > 0) ? [read.flatMap((ways) => ways.slice(0, 1))] : [];
}

async function withEdited<T>(
  one: Case,
  ways: readonly Way[],
  work: (directory: string) => T | Promise<T>,
): Promise<T> {
  const directory = fs.mkdtempSync("/tmp/fl-help-");
  try {
    const root = path.join(directory, one.fixture.name);
    fs.cpSync(one.fixture.dir, root, { recursive: true, verbatimSymlinks: true });
    applyWays(root, ways);
    return await work(root);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** What rules find after the ways were followed: in memory, which is a third of the work of a copy on the disk. */
async function lintEdited(
  asked: readonly Rule[],
  one: Case,
  ways: readonly Way[],
): Promise<readonly Finding[]> {
  const { copy, fixture } = one;
  if (copy === null) return withEdited(one, ways, (root) => judgedBy(asked, root, null));
  return judgedBy(asked, fixture.dir, rebuilt(copy, copy.spec, withWays(copy.nodes, ways)));
}

/** Where all rules judge what a help has made: everywhere in CI, elsewhere where the seed says so. The own rule does everywhere. */
const byAll = new Set(sample(pasted, runs(pasted.length, 100)));

const said = ({ rule, message }: Finding): string => `${rule}: ${message}`;

describe.each(pasted.map((one) => [nameOf(one), one] as const))("%s", (_, one) => {
  const ways = waysOf(one);

  test("has something to paste", () => {
    expect(ways.length).toBeGreaterThan(0);
  });

  test.each(ways.map((way, index) => [index + 1, way] as const))(
    "way %i removes the finding and brings no other",
    async (_, way) => {
      const after = await lintEdited(byAll.has(one) ? rules : [one.rule], one, way);
      expect(after.filter(({ rule }) => rule === one.rule.id).map(said)).toEqual([]);
      const others = after.filter(
        ({ rule, severity }) =>
          severity !== "info" && ![uncovers[nameOf(one)], besides[one.rule.id]].includes(rule),
      );
      expect(others.map(said)).toEqual([]);
    },
  );
});

test("each of several findings has a help that removes it", async () => {
  for (const one of pasted.filter((one) => one.findings.length > 1)) {
    for (const finding of one.findings) {
      for (const way of finding.help.ways) {
        const left = await lintEdited([one.rule], one, [way]);
        expect(left.length, `${nameOf(one)}: ${helpLines(finding.help).join("\n")}`).toBeLessThan(
          one.findings.length,
        );
      }
    }
  }
});

const helps = cases.flatMap((one) => one.findings.map(({ help }) => ({ name: nameOf(one), help })));

test("no help is empty", () => {
  const empty = helps.filter(({ help }) => helpLines(help).join("").trim() === "");
  expect(empty.map(({ name }) => name)).toEqual([]);
});

test("the edits of one way do not overlap", () => {
  const wrong = helps.flatMap(({ name, help }) =>
    help.ways.flatMap(overlaps).map((where) => `${name}: ${where}`),
  );
  expect(wrong).toEqual([]);
});

test("what is quoted is once in its line, so that a reader finds it", () => {
  const edits = helps.flatMap(({ name, help }) =>
    help.ways.flatMap(({ edits }) => edits.filter(isText)).map((edit) => ({ name, edit })),
  );
  const wrong = edits.filter(({ edit: { piece, whole } }) => {
    const { file, start, end } = piece;
    const line = lineText(file, position(file, start).line);
    return !whole && line.split(file.text.slice(start, end)).length !== 2;
  });
  expect(edits.length).toBeGreaterThan(100);
  expect(wrong.map(({ name }) => name)).toEqual([]);
});

test("the words of a help have one form", () => {
  const spot = /(?:(?:below|after|above|before) )?(?:".*?" in )?[^\s"]+:\d+(?:-\d+)?/;
  const several = `${spot.source}(?: and ${spot.source})*`;
  const step = new RegExp(
    `^(?:or |and )?(?:(?:replace ${several} with|add ${several}|in .+):|remove ${several})$`,
  );
  for (const { name, help } of helps) {
    const steps = helpLines({ ...help, notes: [] }).filter((line) => !line.startsWith("  "));
    expect(
      steps.filter((line) => !step.test(line)),
      name,
    ).toEqual([]);
  }
});

test("what can be applied by itself has its place in every edit", () => {
  for (const { name, help } of helps) {
    expect(applicable(help) !== null, name).toBe(help.ways.some(isPlaced));
  }
});

test("what has nothing to paste is known", () => {
  const names = Object.keys(byHand);
  expect(names.filter((name) => !placed.some((one) => nameOf(one) === name))).toEqual([]);
  const wrong = placed.filter((one) => byHand[nameOf(one)] !== undefined && waysOf(one).length > 0);
  expect(wrong.map(nameOf)).toEqual([]);
});

describeProofs("nginx and PHP-FPM take what the help says", (proof) => {
  for (const one of pasted) {
    if (one.fixture.unproved !== null || noStart[nameOf(one)] !== undefined) continue;
    for (const [index, way] of waysOf(one).entries()) {
      proof(`${nameOf(one)} way ${index + 1}`, () => withEdited(one, way, (root) => prove(one, root)));
    }
  }
});

/** What every request shows must be gone; what only slow or large ones show depends on what was chosen. */
async function prove(one: Case, root: string): Promise<void> {
  const { rule, fixture, findings } = one;
  const whens = findings.map(({ symptom }) => symptom?.when);
  const answers = whens.every((when) => when === "always") && otherAnswers[nameOf(one)] === undefined;
  if (rule.proof.kind === "daemons" && answers) {
    const { id, cases, proof } = rule;
    await proveFixture({ id, cases, proof }, { ...fixture, dir: root, kind: "ok" }, lintHost);
    return;
  }
  const copy = await copyFixture(root);
  const running = await start(copy);
  try {
    expect(running.started, running.output).toBe(true);
  } finally {
    await running.stop();
  }
}
