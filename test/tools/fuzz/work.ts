import * as fs from "node:fs";
import { fixtures } from "../../build/fixtures.js";
import type { FuzzCase, Sources } from "./case.js";
import { SLOW } from "./judge.js";
import { KINDS } from "./kinds/index.js";
import { minimised } from "./minimise.js";
import { drawCase, runFuzzCase } from "./run-case.js";
import { corpusSeeds, fixtureSeeds } from "./seeds.js";
import { shownCase } from "./show.js";

/** What one process is to do. Places count all cases of all kinds: kind after kind, then the next number of each. */
export interface Work {
  readonly seed: number;
  readonly kinds: readonly string[];
  /** Of each kind the first and the last number. */
  readonly first: number;
  readonly last: number;
  /** The first place, and how far it is to the next. */
  readonly from: number;
  readonly step: number;
  /** Milliseconds since the epoch. */
  readonly end: number | null;
  readonly scratch: string;
  readonly corpus: string;
}

/** What a process says, one line of JSON each. */
export type Message =
  | { readonly say: "begin"; readonly place: number }
  | {
      readonly say: "done";
      readonly kind: string;
      readonly rules: readonly string[];
      readonly slow: string | null;
    }
  | {
      readonly say: "failed";
      readonly kind: string;
      readonly number: number;
      readonly failure: string;
      readonly input: string;
    };

/** The kind and number at a place. */
export function caseAt(
  place: number,
  kinds: readonly string[],
  first: number,
): { kind: string; number: number } {
  return { kind: kinds[place % kinds.length] ?? "", number: first + Math.floor(place / kinds.length) };
}

/** Runs all cases of its share and says how each ended. */
export async function work(job: Work, say: (message: Message) => void): Promise<void> {
  fs.mkdirSync(job.scratch, { recursive: true });
  fs.chmodSync(job.scratch, 0o755);
  const sources = { fixtures: fixtureSeeds(fixtures()), corpus: corpusSeeds(job.corpus) };
  const known = new Set<string>();
  for (let place = job.from; job.end === null || Date.now() < job.end; place += job.step) {
    const { kind, number } = caseAt(place, job.kinds, job.first);
    if (number > job.last) return;
    say({ say: "begin", place });
    for (const message of await tried(job, kind, number, sources, known)) say(message);
  }
}

async function tried(
  { seed, scratch }: Work,
  kind: string,
  number: number,
  sources: Sources,
  known: Set<string>,
): Promise<readonly Message[]> {
  const draw = KINDS.get(kind);
  if (draw === undefined || (kind === "corpus" && sources.corpus.count === 0)) return [];
  const one = drawCase(draw, kind, seed, number, sources);
  const { failure, rules, cpu } = await runFuzzCase(one, scratch);
  const fresh = [...new Set(rules)].filter((rule) => !known.has(rule));
  for (const rule of fresh) known.add(rule);
  const slow = cpu > SLOW ? `${kind} ${number} takes ${cpu.toFixed(1)} s of CPU in one step` : null;
  const done: Message = { say: "done", kind, rules: fresh, slow };
  if (failure === null) return [done];
  // One of a sort is made small; the others only say how they are made again.
  const sort = oracleOf(failure);
  const small = minimisedSorts.has(sort) ? null : await smaller(one, failure, scratch);
  minimisedSorts.add(sort);
  const input = small === null ? "" : shownCase(small.small);
  return [{ say: "failed", kind, number, failure: small?.said ?? failure, input }, done];
}

/** The oracle, and where it looked. */
function oracleOf(failure: string): string {
  return /^[\w-]+:[^:]{0,60}/.exec(failure)?.[0] ?? failure;
}

const minimisedSorts = new Set<string>();

async function smaller(
  one: FuzzCase,
  failure: string,
  scratch: string,
): Promise<{ readonly small: FuzzCase; readonly said: string }> {
  let said = failure;
  const small = await minimised(
    one,
    async (candidate) => {
      const found = (await runFuzzCase(candidate, scratch)).failure;
      if (found === null || oracleOf(found) !== oracleOf(failure)) return false;
      said = found;
      return true;
    },
    // A case that takes seconds is tried less often.
    failure.startsWith("slow:") ? 12 : 150,
  );
  return { small, said };
}
