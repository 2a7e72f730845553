import type { Answer } from "../../model/answer/types.js";
import type {
  CacheCondition,
  CacheUse,
  Outcome,
  Step,
  Value,
  Way,
} from "../../model/request/resolve/types.js";
import { headText } from "../../nginx/tree/nodes.js";
import { type Place, position } from "../../source/file.js";
import { type GivesUp, limitFacts, type TracedLimit } from "../../trace/limits.js";
import type { Traced, TracedPool } from "../../trace/trace.js";
import { stringify } from "../json.js";
import type {
  AnswerReport,
  At,
  CacheReport,
  GivesUpReport,
  LimitReport,
  OutcomeReport,
  RestReport,
  TracedPoolReport,
  TraceReport,
} from "./document.js";
import { noteText } from "./ends.js";
import { outcomeText } from "./outcomes.js";
import { assumptionText, stepText } from "./steps.js";

/** The document that programs read. */
export function traceJson(result: Traced): string {
  return stringify(traceReport(result));
}

/** The same as data. */
export function traceReport(result: Traced): TraceReport {
  const { host, request, ways, notes, presumed, supposed, picked } = result;
  const { method, target, protocol, headers, bodyLength, tls, to } = request;
  return {
    version: 1,
    host: host.name,
    request: {
      method,
      target,
      protocol,
      headers: headers.map(([name, value]) => ({ name, value })),
      bodyLength,
      tls,
      port: to.kind === "tcp" ? to.port : null,
    },
    notes: notes.map((note) => ({ ...note, text: noteText(note) })),
    presumed,
    supposed,
    picked,
    ways: ways.map(({ way, unlikely, pools }) => ({
      outcome: outcomeJson(way),
      unlikely,
      rests: way.rests.map(restJson),
      steps: way.steps.map(stepJson),
      pools: pools.map(poolJson),
    })),
  };
}

function at(place: Place | null): At {
  if (place === null) return { file: null, line: null, column: null };
  return { file: place.span.file.display, ...position(place.span.file, place.span.start) };
}

function stepJson(step: Step) {
  return { kind: step.kind, text: stepText(step), ...at(step.place) };
}

function restJson(rest: Way["rests"][number]): RestReport {
  const path = rest.kind === "auth" ? null : rest.path;
  return { kind: rest.kind, path, is: rest.is, text: assumptionText(rest) };
}

function outcomeJson({ outcome }: Way): OutcomeReport {
  const text = outcomeText(outcome);
  switch (outcome.kind) {
    case "file": {
      const { status, path, listing, mimeType } = outcome;
      return { kind: outcome.kind, text, status, path, listing, mimeType };
    }
    case "php": {
      const { address, location, method, uri, args, bodyLength, status, params, pass, cache } = outcome;
      return {
        kind: outcome.kind,
        text,
        status,
        address: address.text,
        location: headText(location),
        method,
        uri,
        args,
        bodyLength,
        params: params.map(({ name, text: value, reason, node }) => ({
          name,
          value,
          reason: value === null ? reason : null,
          header: node === null,
        })),
        cache: cache === null ? null : cacheJson(cache),
        ...at(placeOfNode(pass)),
      };
    }
    case "status":
      return {
        kind: outcome.kind,
        text,
        status: outcome.status,
        reason: outcome.reason,
        redirect: textOf(outcome.redirect),
        body: textOf(outcome.text),
        ...at(outcome.place),
      };
    case "proxy":
      return {
        kind: outcome.kind,
        text,
        address: outcome.address.text,
        target: outcome.target,
        method: outcome.method,
      };
    case "unknown":
      return { kind: outcome.kind, text, reason: outcome.reason, ...at(outcome.place) };
  }
}

function cacheJson({ zone, key, bypass, noCache, place }: CacheUse): CacheReport {
  const condition = (one: CacheCondition) => ({ holds: one.holds, word: one.word, ...at(one.place) });
  return {
    zone: zone.text,
    key: key.text,
    reason: zone.text === null ? zone.reason : key.text === null ? key.reason : null,
    bypass: condition(bypass),
    noCache: condition(noCache),
    ...at(place),
  };
}

function placeOfNode(node: Extract<Outcome, { kind: "php" }>["pass"]): Place {
  return { span: { file: node.file, start: node.directive.start, end: node.directive.end }, via: node.via };
}

function textOf(value: Value | null): string | null {
  return value === null ? null : value.text;
}

function poolJson({ pool, answer, rests, unlikely, instead, limits }: TracedPool): TracedPoolReport {
  return {
    pool: pool === null ? null : pool.name,
    ...at(pool?.section ?? null),
    answer: answer === null ? null : answerJson(answer),
    unlikely,
    rests: rests.map(restJson),
    instead: instead.map(outcomeJson),
    limits: limits.limits.map(limitJson),
    waiting: givesJson(limits.waiting),
    computing: givesJson(limits.computing),
    open: limits.open,
  };
}

function answerJson(answer: Answer): AnswerReport {
  switch (answer.kind) {
    case "runs":
      return {
        kind: answer.kind,
        script: answer.script,
        server: [...answer.server].map(([name, value]) => ({ name, value })),
      };
    case "refused":
      return {
        kind: answer.kind,
        status: answer.status,
        reason: answer.reason,
        path: answer.path,
        ...at(answer.place),
      };
    case "page":
      return { kind: answer.kind, page: answer.page, ...at(answer.place) };
    case "blank":
      return { kind: answer.kind };
    case "unknown":
      return { kind: answer.kind, reason: answer.reason, ...at(answer.place) };
  }
}

function limitJson(limit: TracedLimit): LimitReport {
  return { ...limitFacts(limit), ...at(limit.place) };
}

function givesJson(gives: GivesUp | null): GivesUpReport | null {
  if (gives === null) return null;
  return {
    daemon: gives.limit.daemon,
    setting: gives.limit.setting,
    after: gives.after,
    beyond: gives.limit.beyond,
  };
}
