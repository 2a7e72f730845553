import * as fs from "node:fs";
import * as path from "node:path";
import type { Finding } from "../../src/engine/finding.js";
import type { Proof, ProofRequest, Rule, Symptom, When } from "../../src/engine/rule.js";
import { groupBy } from "../../src/source/collect.js";
import { position } from "../../src/source/file.js";
import { olderThan } from "../../src/source/version.js";
import type { LintHost } from "../support/lint.js";
import { type Answer, type Copy, copyFixture, hostPaths, logs, type Running, start } from "./bench.js";
import { ask, shown } from "./observation.js";
import { observations } from "./observations.js";
import { waitFor } from "./processes.js";

type DaemonProof = Extract<Proof, { kind: "daemons" }>;

/** The part of a rule that a proof needs. */
export type Provable = Pick<Rule, "id" | "cases"> & { readonly proof: DaemonProof };

export interface Fixture {
  readonly name: string;
  readonly dir: string;
  readonly kind: "bad" | "ok";
  /** Why the daemons cannot show it, from the fixture's `no-proof.txt`; `null` when they can. */
  readonly unproved: string | null;
  /** Which daemons show it, from the fixture's `versions.txt`; `null`: all. */
  readonly versions: string | null;
}

/** The `bad-*` and `ok-*` directories of a rule. */
export function fixturesOf(ruleId: string, fixtures: string): readonly Fixture[] {
  const home = path.join(fixtures, ruleId);
  if (!fs.existsSync(home)) return [];
  return fs
    .readdirSync(home)
    .sort()
    .flatMap((name) => {
      const kind = /^(bad|ok)-/.exec(name)?.[1];
      if (kind !== "bad" && kind !== "ok") return [];
      const note = (file: string): string | null => {
        const full = path.join(home, name, file);
        return fs.existsSync(full) ? fs.readFileSync(full, "utf8").trim() : null;
      };
      const [unproved = null, versions = null] = ["no-proof.txt", "versions.txt"].map(note);
      return [{ name, dir: path.join(home, name), kind, unproved, versions }];
    });
}

/** A line of `versions.txt`: `nginx since 1.29.7`, `php before 8.5`. */
const VERSIONS = /^(nginx|php) (since|before) (\d+(?:\.\d+)*)$/;

/**
 * Why these daemons do not show the fixture: `it holds for nginx since 1.29.7, and this is 1.22.1`; `null`: they do.
 * Throws for a line that says nothing.
 */
export function otherVersion(
  { name, versions }: Pick<Fixture, "name" | "versions">,
  daemons: { readonly nginx: string | null; readonly php: string | null },
): string | null {
  for (const line of versions?.split("\n") ?? []) {
    const [, daemon, when, version = ""] = VERSIONS.exec(line) ?? [];
    if (daemon !== "nginx" && daemon !== "php")
      throw new Error(
        `${name}: ${JSON.stringify(line)} of versions.txt is not "nginx since 1.29.7" or its like`,
      );
    const there = daemons[daemon];
    if (there !== null && olderThan(there, version) === (when === "since"))
      return `it holds for ${line}, and this is ${there}`;
  }
  return null;
}

/** Rejects with what was seen instead when the daemons and the rule do not agree on the fixture. */
export async function proveFixture(rule: Provable, fixture: Fixture, lint: LintHost): Promise<void> {
  const hosts = hostPaths(fixture.dir);
  const findings = findingsOf(rule, lint(fixture.dir, hosts));
  if (fixture.kind === "bad" && findings.length === 0)
    throw new Error(`${rule.id} reports nothing in ${fixture.name}`);
  if (fixture.kind === "ok" && findings.length > 0) {
    throw new Error(`${rule.id} reports in ${fixture.name}: ${findings.map(summary).join(", ")}`);
  }
  if (hosts.nginx === null && hosts.masters.length === 0) {
    throw new Error(`${fixture.name} has no main file that a daemon could read: say so in its no-proof.txt`);
  }
  const copy = await copyFixture(fixture.dir);
  try {
    // Not as part of this machine: its accounts and its PHP would be taken for the host's. That the
    // files name each other by their places here is what the link in the copy is for.
    sameFindings(findings, findingsOf(rule, lint(copy.root, copy.hosts)));
    await withDaemons(copy, async (running) => {
      if (fixture.kind === "ok") await proveOk(rule, running);
      else
        for (const [finding] of groupBy(findings, (one) => `${one.case} ${one.symptom?.status ?? ""}`))
          await proveCase(rule, finding, running);
    });
  } finally {
    copy.remove();
  }
}

async function withDaemons(copy: Copy, work: (running: Running) => Promise<void>): Promise<void> {
  const running = await start(copy);
  try {
    await work(running);
  } finally {
    await running.stop();
  }
}

function findingsOf(rule: Provable, all: readonly Finding[]): readonly Finding[] {
  return all.filter((finding) => finding.rule === rule.id);
}

function summary(finding: Finding): string {
  const { file, start: offset } = finding.at.span;
  return `${finding.case} at ${path.posix.basename(file.path)}:${position(file, offset).line}`;
}

/** The substitution must not change what the rule says, or the proof would be of another host. */
function sameFindings(fixture: readonly Finding[], copy: readonly Finding[]): void {
  const [before, after] = [fixture, copy].map((list) => list.map(summary).sort().join(", ") || "nothing");
  if (before !== after) throw new Error(`in the fixture the rule reports ${before}, in its copy ${after}`);
}

const SLOW: ProofRequest = { path: "/slow.php?s=3" };

/** What provokes a symptom when the proof names no requests. */
const DEFAULT_REQUESTS: Readonly<Record<When, readonly ProofRequest[]>> = {
  start: [],
  always: [{}],
  "slow-request": [SLOW],
  "large-header": [{ path: "/header.php?n=6000" }],
  "large-body": [{ method: "POST", path: "/body.php", bodyBytes: 2_097_152 }],
  "large-response": [{}],
  saturation: [{ path: "/slow.php?s=1", times: 12 }],
  reload: [{}],
  attack: [{}],
};

async function proveCase(
  rule: Provable,
  { case: name, symptom }: Pick<Finding, "case" | "symptom">,
  running: Running,
): Promise<void> {
  const observe = rule.proof.observe?.[name];
  const problem =
    observe !== undefined
      ? await notObserved(rule, observe, running)
      : symptom === null || symptom.when === "attack"
        ? "nothing in answers or logs can show this case: its proof must name an observation"
        : symptom.when === "start"
          ? notRefused(symptom, running)
          : await notAnswered(rule, symptom, running);
  if (problem !== null) throw new Error(`case ${name} of ${rule.id} was not seen: ${problem}`);
}

function notRefused(symptom: Symptom, running: Running): string | null {
  if (running.started) return `the daemons started${said(running)}`;
  const log = symptom.log;
  return log === null || `${running.output}${everything(running)}`.includes(log)
    ? null
    : `a daemon refused, but did not say ${JSON.stringify(log)}${said(running)}`;
}

async function notObserved(rule: Provable, observe: string, running: Running): Promise<string | null> {
  if (!running.started) return `the daemons did not start${said(running)}`;
  const { seen, saw } = await look(rule, observe, running);
  return seen ? null : `${observe}: ${saw}${said(running)}`;
}

function look(rule: Provable, observe: string, running: Running): Promise<{ seen: boolean; saw: string }> {
  const observation = observations[observe];
  if (observation === undefined)
    throw new Error(`${rule.id} names an observation that is not there: ${observe}`);
  return observation(running, rule.proof.requests ?? []);
}

async function notAnswered(rule: Provable, symptom: Symptom, running: Running): Promise<string | null> {
  if (!running.started) return `the daemons did not start${said(running)}`;
  const { status, log } = symptom;
  if (log === null && (status === null || status === 200)) {
    return "a healthy host answers so too: the proof must name an observation";
  }
  const answers = await sendAll(rule.proof.requests ?? DEFAULT_REQUESTS[symptom.when], running);
  const seen = answers.map(shown).join("; ");
  if (status !== null && !answers.some((answer) => answer.status === status)) {
    return `wanted status ${status}, got ${seen}${said(running)}`;
  }
  // PHP-FPM's master writes what its workers said only when it gets round to it.
  const logged = log === null || (await waitFor(() => everything(running).includes(log), 10_000));
  return logged ? null : `wanted ${JSON.stringify(log)} in a log, got ${seen}${said(running)}`;
}

async function proveOk(rule: Provable, running: Running): Promise<void> {
  if (!running.started) throw new Error(`the daemons did not start${said(running)}`);
  const hosts = running.copy.hosts;
  const observed = Object.values(rule.proof.observe ?? {});
  if (hosts.nginx !== null && hosts.masters.length > 0) {
    const plain = requestsOfCases(rule);
    for (const answer of await sendAll(plain, running)) {
      if (answer.status !== 200) throw new Error(`wanted status 200, got ${shown(answer)}${said(running)}`);
    }
    // Observed requests may rightly be refused, but somebody must be there to refuse them.
    const [alive] = plain.length === 0 ? await sendAll(rule.proof.requests ?? [{}], running) : [];
    if (alive !== undefined && (alive.status === null || alive.status >= 500)) {
      throw new Error(`wanted an answer, got ${shown(alive)}${said(running)}`);
    }
  }
  for (const name of new Set(observed)) {
    const { seen, saw } = await look(rule, name, running);
    if (seen) throw new Error(`${name} is seen although nothing is wrong: ${saw}`);
  }
  const text = everything(running);
  for (const { symptom } of Object.values(rule.cases)) {
    const log = symptom?.log ?? null;
    if (log !== null && text.includes(log))
      throw new Error(`${JSON.stringify(log)} is logged${said(running)}`);
  }
}

/** The requests whose answers tell a healthy host: those of every case that shows in answers. */
function requestsOfCases(rule: Provable): readonly ProofRequest[] {
  const whens = Object.entries(rule.cases).flatMap(([name, { symptom }]) =>
    symptom === null || rule.proof.observe?.[name] !== undefined ? [] : [symptom.when],
  );
  const answered = [...new Set(whens)].filter((when) => when !== "start" && when !== "attack");
  if (answered.length === 0 && rule.proof.observe !== undefined) return [];
  return (
    rule.proof.requests ?? (answered.length === 0 ? [{}] : answered.flatMap((when) => DEFAULT_REQUESTS[when]))
  );
}

async function sendAll(requests: readonly ProofRequest[], running: Running): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const wanted of requests) {
    const copies = Array.from({ length: wanted.times ?? 1 }, () => ask(running, wanted));
    answers.push(...(await Promise.all(copies)));
  }
  return answers;
}

function everything(running: Running): string {
  const { nginx, fpm } = logs(running);
  return nginx + fpm;
}

function said(running: Running): string {
  const { nginx, fpm } = logs(running);
  const last = (text: string): string => text.trim().split("\n").slice(-12).join("\n  ") || "(nothing)";
  return `\nnginx:\n  ${last(nginx)}\nphp-fpm:\n  ${last(fpm)}`;
}
