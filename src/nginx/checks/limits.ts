import { wordMap } from "../../source/word-map.js";
import { count, size } from "../syntax/numbers.js";
import {
  anything,
  bare,
  isPositive,
  must,
  named,
  type Parameters,
  parameter,
  parameterRefusal,
} from "./parameters.js";
import {
  args,
  type Check,
  type Checked,
  firstOf,
  notTaken,
  quoted,
  type Refusal,
  refused,
  text,
  word,
} from "./refusal.js";
import { SMALLEST_ZONE, sharedZones } from "./zones.js";

/** `limit_req`, `limit_conn` and the zones they use. */

/** `zone=name:size`, which both zone directives have. */
function zoneSize(one: Checked): Refusal | null {
  for (const at of args(one).slice(1)) {
    if (!at.text.startsWith("zone=")) continue;
    const rest = at.text.slice(5);
    const colon = rest.indexOf(":");
    const bytes = colon === -1 ? null : size(rest.slice(colon + 1));
    if (bytes === null) {
      const message = `${quoted(at.text)} of ${one.node.name} has no size that nginx accepts: a colon, then digits and k or m`;
      return refused("zone", `invalid zone size "${at.text}"`, at, message, "zone=NAME:10m");
    }
    if (colon === 0) return null;
    if (bytes < SMALLEST_ZONE) return tooSmall(one, `zone "${at.text}" is too small`, at);
  }
  return null;
}

export function tooSmall(one: Checked, log: string, at: ReturnType<typeof word>): Refusal {
  const message = `${quoted(at.text)} of ${one.node.name} is smaller than ${Number(SMALLEST_ZONE) / 1024}k, the least that a zone needs`;
  return refused("zone", log, at, message, `write ${Number(SMALLEST_ZONE) / 1024}k or more, such as 10m`);
}

function zoneNamed(one: Checked): Refusal | null {
  const log = `"${one.node.name}" must have "zone" parameter`;
  const rate = one.node.name === "limit_req_zone" ? " rate=10r/s" : "";
  const example = `${one.node.name} ${text(one, 0)} zone=NAME:10m${rate};`;
  const empty = args(one).find((at) => /^zone=:/.test(at.text));
  if (empty === undefined) return must(one, "zone", log, example);
  return refused("other", log, empty, `${one.node.name} has a zone without a name`, example);
}

const RATE = /^\d+(?:r\/[sm])?$/;
const rate = parameter(
  (value) => RATE.test(value) && Number.parseInt(value, 10) > 0,
  "a whole number of requests followed by r/s or r/m, such as 10r/s or 30r/m",
  (at) => `invalid rate "${at}"`,
  "other",
);
/** zoneSize checks it before these, because nginx reads the words in order. */
const zoned = parameter(anything, "");

const REQ_ZONE: Parameters = wordMap({ zone: zoned, rate, sync: bare });

export const reqZone: Check = (one) =>
  firstOf(one, [
    zoneSize,
    // `sync` is for the commercial build.
    (it) => parameterRefusal(it, args(it).slice(1), REQ_ZONE),
    zoneNamed,
    sharedZones,
  ]);

const CONN_ZONE: Parameters = wordMap({ zone: zoned });

export const connZone: Check = (one) =>
  firstOf(one, [
    zoneSize,
    (it) => parameterRefusal(it, args(it).slice(1), CONN_ZONE),
    zoneNamed,
    sharedZones,
  ]);

const REQ: Parameters = wordMap({
  zone: zoned,
  burst: named("burst", isPositive, "a number above 0"),
  delay: named("delay", isPositive, "a number above 0"),
  nodelay: bare,
});

export const limitReq: Check = (one) =>
  firstOf(one, [
    (it) => parameterRefusal(it, args(it), REQ),
    (it) => must(it, "zone", '"limit_req" must have "zone" parameter', "limit_req zone=NAME burst=20;"),
    sharedZones,
  ]);

export const limitConn: Check = (one) => {
  const at = word(one, 1);
  const value = count(at.text) ?? 0;
  if (value === 0) {
    const log = `invalid number of connections "${at.text}"`;
    return notTaken(one, at, "other", log, "a zone and a number of connections above 0");
  }
  if (value <= 65535) return sharedZones(one);
  return notTaken(one, at, "other", "connection limit must be less 65536", "at most 65535 connections");
};
