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
import type { GivesUp, TracedLimit } from "../../trace/limits.js";
import type { Traced, TracedPool } from "../../trace/trace.js";
import { stringify } from "../json.js";
import { noteText } from "./ends.js";
import { outcomeText } from "./outcomes.js";
import { assumptionText, stepText } from "./steps.js";

/**
 * The document that programs read: bytes and seconds, `null` where something is unknown or there is none. Its
 * shape is a promise: keys are added, never changed.
 */
export function traceJson({ host, request, ways, notes, presumed, supposed, picked }: Traced): string {
  const { method, target, protocol, headers, bodyLength, tls, to } = request;
  return stringify({
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
      rests: way.rests.map((one) => ({ ...restJson(one), text: assumptionText(one) })),
      steps: way.steps.map(stepJson),
      pools: pools.map(poolJson),
    })),
  });
}

function at(place: Place | null) {
  if (place === null) return { file: null, line: null, column: null };
  return { file: place.span.file.display, ...position(place.span.file, place.span.start) };
}

function stepJson(step: Step) {
  return { kind: step.kind, text: stepText(step), ...at(step.place) };
}

function restJson(rest: Way["rests"][number]) {
  if (rest.kind === "path") return { kind: rest.kind, path: rest.path, is: rest.is };
  return { kind: rest.kind, path: rest.kind === "executable" ? rest.path : null, is: rest.is };
}

function outcomeJson({ outcome }: Way) {
  return { kind: outcome.kind, text: outcomeText(outcome), ...detail(outcome) };
}

function detail(outcome: Outcome) {
  switch (outcome.kind) {
    case "file": {
      const { status, path, listing, mimeType } = outcome;
      return { status, path, listing, mimeType };
    }
    case "php": {
      const { address, location, method, uri, args, bodyLength, status, params, pass, cache } = outcome;
      return {
        status,
        address: address.text,
        location: headText(location),
        method,
        uri,
        args,
        bodyLength,
        params: params.map(({ name, text, reason, node }) => ({
          name,
          value: text,
          reason: text === null ? reason : null,
          header: node === null,
        })),
        cache: cache === null ? null : cacheJson(cache),
        ...at(placeOfNode(pass)),
      };
    }
    case "status":
      return {
        status: outcome.status,
        reason: outcome.reason,
        redirect: textOf(outcome.redirect),
        body: textOf(outcome.text),
        ...at(outcome.place),
      };
    case "proxy":
      return { address: outcome.address.text, target: outcome.target, method: outcome.method };
    case "unknown":
      return { reason: outcome.reason, ...at(outcome.place) };
  }
}

function cacheJson({ zone, key, bypass, noCache, place }: CacheUse) {
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

function poolJson({ pool, answer, rests, unlikely, instead, limits }: TracedPool) {
  return {
    pool: pool === null ? null : pool.name,
    ...at(pool?.section ?? null),
    answer: answer === null ? null : answerJson(answer),
    unlikely,
    rests: rests.map((one) => ({ ...restJson(one), text: assumptionText(one) })),
    instead: instead.map(outcomeJson),
    limits: limits.limits.map(limitJson),
    waiting: givesJson(limits.waiting),
    computing: givesJson(limits.computing),
    open: limits.open,
  };
}

function answerJson(answer: Answer) {
  const { kind } = answer;
  switch (answer.kind) {
    case "runs":
      return {
        kind,
        script: answer.script,
        server: [...answer.server].map(([name, value]) => ({ name, value })),
      };
    case "refused":
      return { kind, status: answer.status, reason: answer.reason, path: answer.path, ...at(answer.place) };
    case "page":
      return { kind, page: answer.page, ...at(answer.place) };
    case "blank":
      return { kind };
    case "unknown":
      return { kind, reason: answer.reason, ...at(answer.place) };
  }
}

function limitJson({ daemon, setting, amount, unit, isDefault, reason, place, what, beyond }: TracedLimit) {
  const unlimited = amount === Number.POSITIVE_INFINITY;
  return {
    daemon,
    setting,
    value: unlimited ? null : amount,
    unlimited,
    unit,
    default: isDefault,
    reason,
    what,
    beyond,
    ...at(place),
  };
}

function givesJson(gives: GivesUp | null) {
  if (gives === null) return null;
  return {
    daemon: gives.limit.daemon,
    setting: gives.limit.setting,
    after: gives.after,
    beyond: gives.limit.beyond,
  };
}
