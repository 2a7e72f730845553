import type { Answer } from "../../doctor/check.js";
import { poolFills } from "../../doctor/fill.js";
import { masterName } from "../../doctor/seen.js";
import { incompleteAt } from "../../engine/incomplete.js";
import type { Host } from "../../model/host.js";
import { type Place, rangeOf } from "../../source/file.js";
import { stringify } from "../json.js";
import { type Examined, needsYou, verdict } from "./text.js";

/** One row a check, for programs. Keys are added, never changed. */
export function doctorJson(
  { checked, facts, unread }: Examined,
  host: Host,
  meta: { readonly version: string; readonly facts: boolean },
): string {
  return stringify({
    version: 1,
    tool: { name: "fpmlint", version: meta.version },
    verdict: verdict(checked),
    need: checked.filter(needsYou).length,
    looked: checked.filter(({ status }) => status !== "skipped").length,
    source: facts.source,
    at: new Date(facts.now * 1000).toISOString(),
    root: facts.root,
    container: facts.container,
    checks: checked.map(({ check, status, answers }) => ({
      id: check.id,
      title: check.title,
      status,
      answers: answers.map(answerJson),
    })),
    pools: poolFills({ host, facts }).map(({ pool, most, workers, busy, status }) => ({
      name: pool.name,
      master: masterName(pool.master),
      maxChildren: most,
      workers,
      busy,
      full: status?.full ?? null,
    })),
    programs: facts.programs,
    notRead: unread.map((one) => ({ file: incompleteAt(one), reason: one.reason })),
    ...(meta.facts ? { facts } : {}),
  });
}

function answerJson(answer: Answer): unknown {
  switch (answer.kind) {
    case "fine":
      return { kind: "fine", said: answer.said };
    case "unknown":
      return { kind: "unknown", why: answer.why };
    case "wrong": {
      const { severity, said, evidence, place, fix } = answer;
      return { kind: "wrong", severity, said, evidence, place: placeJson(place), fix };
    }
  }
}

function placeJson(at: Place | null): unknown {
  return at === null ? null : { file: at.span.file.display, ...rangeOf(at.span) };
}
