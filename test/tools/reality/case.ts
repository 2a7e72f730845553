import * as fs from "node:fs";
import { rules } from "../../../rules/index.js";
import type { Finding } from "../../../src/engine/finding.js";
import { noOptions, type Rule } from "../../../src/engine/rule.js";
import { createValidators } from "../../../src/engine/validate.js";
import { lintWith } from "../../../src/lint.js";
import type { Host } from "../../../src/model/host.js";
import { validators } from "../../../src/validators.js";
import { versions } from "../../daemons/available.js";
import { copyFixture, type Daemon, hostPaths, logs, type Running, start } from "../../daemons/bench.js";
import { waitFor } from "../../daemons/processes.js";
import { allEntries, type Entry, type SiteDraft } from "./draft.js";
import { drawCase } from "./draw.js";
import { observe, type Seen } from "./observe.js";
import { letsThrough, type Prediction, predict, unclear } from "./predict.js";
import { random } from "./random.js";
import { type Way, wayOf } from "./touch.js";
import { SYMPTOMS, type Symptom } from "./wanted.js";
import { treeOf, writeTree } from "./write.js";

/** One comparison of what the linter said with what the daemons did. */
export interface Verdict {
  readonly case: number;
  readonly symptom: Symptom | "start" | "promise";
  /** `site1.test /index.php`, or the daemon. */
  readonly about: string;
  readonly predicted: boolean;
  readonly broken: boolean;
  /** The findings, and what was seen. */
  readonly said: readonly string[];
  readonly saw: string;
}

export interface CaseResult {
  readonly number: number;
  readonly verdicts: readonly Verdict[];
  /** Comparisons that were not made, with the reason. */
  readonly skipped: readonly string[];
  readonly faults: readonly string[];
}

/** Draws the case, writes it, lints it and runs it. `dir` must not exist; it is left behind. */
export async function runCase(seed: number, number: number, dir: string): Promise<CaseResult> {
  const host = drawCase(seed, number);
  fs.mkdirSync(dir, { recursive: true });
  writeTree(treeOf(host, random(seed ^ 0x5bd1e995, number)), dir);
  const linted = lint(dir);
  const drawn = allEntries(host);
  const ways = drawn.flatMap(({ site, entry }) => wayOf(linted.host, site, entry) ?? []);
  const prediction = predict(linted.host, linted.findings, ways);
  const copy = await copyFixture(dir);
  try {
    const running = await start(copy, { timeoutMs: 20_000 });
    try {
      const found = await compare(number, linted.host, linted.findings, prediction, ways, running);
      return { number, faults: host.faults, ...found };
    } finally {
      await running.stop();
    }
  } finally {
    copy.remove();
  }
}

export interface Linted {
  readonly host: Host;
  readonly findings: readonly Finding[];
}

/** With all rules, and one more that hands out the model they are given. */
export function lint(dir: string): Linted {
  let host: Host | null = null;
  const spy: Rule = {
    id: "reality/spy",
    cases: {},
    docs: { title: "", fires: [], why: "", instead: "", references: [] },
    about: "host",
    reads: [],
    asksDisk: false,
    options: noOptions,
    proof: { kind: "none", reason: "it says nothing" },
    check(model) {
      host = model;
      return [];
    },
  };
  const { nginx, masters } = hostPaths(dir);
  const outcome = lintWith(
    [...rules, spy],
    { ...createValidators([spy]), ...validators },
    {
      paths: [dir],
      workingDirectory: dir,
      config: { hosts: [{ name: "host", root: dir, nginx, fpm: masters.map(({ main }) => main) }] },
      // What would happen with another version is not compared with what this one does.
      nginxVersion: versions.nginx,
    },
  );
  if (outcome.kind === "refused" || host === null) throw new Error(`${dir}: nothing to lint`);
  return { host, findings: outcome.result.findings };
}

type Found = Pick<CaseResult, "verdicts" | "skipped">;

async function compare(
  number: number,
  host: Host,
  findings: readonly Finding[],
  prediction: Prediction,
  ways: readonly Way[],
  running: Running,
): Promise<Found> {
  const verdicts = running.daemons.flatMap((daemon) => starts(number, daemon, prediction, running));
  if (!running.started) return { verdicts: once(verdicts), skipped: [] };
  const skipped: string[] = [];
  const all: Verdict[] = [...once(verdicts)];
  const left = new Set<string>();
  for (const way of ways) {
    const found = await compareWay(number, host, findings, prediction, way, running, left);
    all.push(...found.verdicts);
    skipped.push(...found.skipped);
  }
  return { verdicts: all, skipped };
}

/** Two masters are one verdict: which of them a finding means, the place of a shared file does not say. */
function once(verdicts: readonly Verdict[]): readonly Verdict[] {
  const last = new Map<string, Verdict>();
  for (const one of verdicts) {
    const key = `${one.symptom} ${one.about}`;
    if (last.get(key)?.broken !== true) last.set(key, one);
  }
  return [...last.values()];
}

function starts(
  number: number,
  daemon: Daemon,
  prediction: Prediction,
  running: Running,
): readonly Verdict[] {
  const said = prediction.start[daemon.name];
  const { nginx, fpm } = logs(running);
  const text = running.output + nginx + fpm;
  const saw = daemon.started ? "started" : `refused: ${tail(text)}`;
  const common = { case: number, about: daemon.name, said: said.map(shown), saw };
  const start: Verdict = { ...common, symptom: "start", predicted: said.length > 0, broken: !daemon.started };
  if (daemon.started || said.length === 0) return [start];
  // A daemon stops at the first fault, so one of the lines is all that can be asked for.
  const promised = said.some((one) => one.symptom?.log === null || text.includes(one.symptom?.log ?? ""));
  return [start, { ...common, symptom: "promise", predicted: true, broken: promised }];
}

async function compareWay(
  number: number,
  host: Host,
  findings: readonly Finding[],
  prediction: Prediction,
  way: Way,
  running: Running,
  left: Set<string>,
): Promise<Found> {
  const group = groupOf(way);
  const through = way.entry.front === null ? "" : " behind a server in front";
  const about = `${way.site.name}${through} ${way.entry.uri}, ${way.entry.blocks.map(({ head }) => head).join(" > ")}`;
  const verdicts: Verdict[] = [];
  const skipped: string[] = [];
  const doomed = prediction.of(way, "plain").length > 0;
  for (const symptom of way.entry.page === null ? SYMPTOMS : SYMPTOMS.slice(0, 1)) {
    if (symptom === "other file" && way.entry !== mainEntry(way.site)) continue;
    const unsure = unclear(host, findings, way, symptom);
    // Where nothing can be said of plain requests that are said to break, nothing can be of the others.
    if (unsure !== null && doomed) return { verdicts, skipped: [...skipped, `${about}: ${unsure}`] };
    const why = left.has(group) ? "nginx leaves servers that failed alone for a while" : unsure;
    if (why !== null) {
      skipped.push(`${about}, ${symptom}: ${why}`);
      continue;
    }
    const said = prediction.of(way, symptom);
    const saw = await observe(running, way.site, way.entry, symptom, letsThrough(way));
    const common = { case: number, about, said: said.map(shown), saw: saw.saw };
    verdicts.push({ ...common, symptom, predicted: said.length > 0, broken: saw.broken });
    // What is promised of scripts, a page of PHP-FPM's own may answer otherwise.
    const promises = way.entry.page === null || said.every(({ rule }) => rule !== "fastcgi/script-filename");
    if (saw.broken && said.length > 0 && promises && !(await kept(said, saw, running)))
      verdicts.push({
        ...common,
        symptom: "promise",
        predicted: true,
        broken: false,
        saw: `${symptom}: ${saw.saw}\n${lines(running)}`,
      });
    else if (saw.broken && said.length > 0)
      verdicts.push({ ...common, symptom: "promise", predicted: true, broken: true });
    if (group !== "" && (saw.status === null || saw.status >= 500)) left.add(group);
    // What does not answer at all has no slow answers either.
    if (saw.broken && symptom === "plain") break;
  }
  const wrong = verdicts.some((one) => one.symptom !== "promise" && one.predicted !== one.broken);
  if (!wrong) return { verdicts, skipped };
  const log = lines(running);
  return {
    verdicts: verdicts.map((one) =>
      one.predicted === one.broken ? one : { ...one, saw: `${one.saw}\n${log}` },
    ),
    skipped,
  };
}

/** The one for the whole site, and not for a directory below it. */
function mainEntry({ entries }: SiteDraft): Entry | undefined {
  return entries.find(({ uri, page }) => page === null && !/^\/(?:tool|app)\//.test(uri));
}

/** The upstream of a way when nginx may go on to another server in it; else empty. */
function groupOf({ binding }: Way): string {
  // One that is down counts: only a server that is alone is always tried.
  const targets = (binding?.targets ?? []).filter(({ upstream }) => upstream !== null);
  return targets.length > 1 ? (targets[0]?.upstream ?? "") : "";
}

/** Whether one of the findings promised just this status, and its line is in a log. */
async function kept(said: readonly Finding[], { status }: Seen, running: Running): Promise<boolean> {
  const logged = (): boolean => {
    const { nginx, fpm } = logs(running);
    // The status that a location promises is what nginx gets, where it asks it only whether to go on.
    const asked = new Set(
      [...nginx.matchAll(/auth request unexpected status: (\d+)/g)].map(([, code]) => Number(code)),
    );
    return said.some(({ symptom }) => {
      if (symptom === null) return true;
      const right = symptom.status === null || symptom.status === status || status === null;
      const forAsking = status === 500 && asked.has(symptom.status ?? 0);
      return (right || forAsking) && (symptom.log === null || (nginx + fpm).includes(symptom.log));
    });
  };
  // PHP-FPM's master writes what its workers said only when it gets round to it.
  return waitFor(logged, 3000);
}

function shown({ rule, case: name, severity, message, symptom }: Finding): string {
  return `${severity} ${rule} (${name}, ${symptom?.when} ${symptom?.status ?? ""}): ${message}`;
}

function lines(running: Running): string {
  const { nginx, fpm } = logs(running);
  return `${tail(nginx)}\n${tail(fpm)}`;
}

function tail(text: string): string {
  return text.trim().split("\n").slice(-4).join("\n");
}
