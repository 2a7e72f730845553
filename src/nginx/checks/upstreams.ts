import { wordMap } from "../../source/word-map.js";
import { isOlder } from "../facts/version.js";
import { count, size } from "../syntax/numbers.js";
import { childrenNamed } from "../tree/nodes.js";
import type { Word } from "../types.js";
import { tooSmall } from "./limits.js";
import {
  anything,
  bare,
  isCount,
  isPositive,
  isSeconds,
  type Parameter,
  type Parameters,
  parameter,
  parameterRefusal,
} from "./parameters.js";
import {
  args,
  type Check,
  type Checked,
  notTaken,
  quoted,
  type Refusal,
  refused,
  text,
  word,
} from "./refusal.js";
import { SMALLEST_ZONE, sharedZones } from "./zones.js";

/** Groups of servers. Their addresses are checked in address/faults.ts. */

const NUMBER = "a number";
const SERVER: Parameters = wordMap({
  weight: parameter(isPositive, "a number above 0"),
  max_conns: parameter(isCount, NUMBER),
  max_fails: parameter(isCount, NUMBER),
  fail_timeout: parameter(isSeconds, "a time without ms, such as 10s"),
  backup: bare,
  down: bare,
});

/** Parameters that were added later, each with its version. */
const LATER: readonly (readonly [name: string, since: string, takes: Parameter])[] = [
  ["resolve", "1.27.3", bare],
  ["service", "1.27.3", parameter(anything, "")],
  ["route", "1.29.6", parameter(anything, "")],
  ["drain", "1.29.6", bare],
];
/** Those of the commercial build, and of modules that patch groups. */
const COMMERCIAL = /^(?:slow_start|id|route|drain|no_slow_start|srun_id|uid)(?:=|$)/;

export const upstreamServer: Check = (one) => {
  const words = args(one).slice(1);
  const later = LATER.filter(([, since]) => !isOlder(one.scope.version, since));
  const known = new Map([...SERVER, ...later.map(([name, , takes]) => [name, takes] as const)]);
  const taken = words.filter(({ text: value }) => one.scope.version !== null || !COMMERCIAL.test(value));
  return parameterRefusal(one, taken, known) ?? service(one, words) ?? backup(one, words);
};

/** A name of a service is looked up while nginx runs, and never at its start. */
function service(one: Checked, words: readonly Word[]): Refusal | null {
  const at = words.find(({ text: value }) => /^service=./.test(value));
  if (at === undefined || words.some(({ text: value }) => value === "resolve")) return null;
  const log = `service upstream "${text(one, 0)}" requires "resolve" parameter`;
  const message = `${quoted(at.text)} without resolve`;
  return refused("parameter", log, at, message, `${at.text} resolve`);
}

const NO_BACKUP = ["ip_hash", "hash", "random"];

function backup(one: Checked, words: readonly Word[]): Refusal | null {
  const at = words.find(({ text: value }) => value === "backup");
  const siblings = one.node.parent?.children ?? [];
  const before = siblings.slice(0, siblings.indexOf(one.node));
  const method = before.findLast(({ name }) => [...NO_BACKUP, "least_conn", "least_time"].includes(name));
  if (at === undefined || method === undefined || !NO_BACKUP.includes(method.name)) return null;
  const log = 'balancing method does not support parameter "backup"';
  const message = `a group with ${method.name} cannot have a backup`;
  const other = { node: method, message: "the balancing method" };
  return refused("backup", log, at, message, `remove backup, or ${method.name}`, { other });
}

export const upstream: Check = ({ node }) => {
  if (node.partial || node.children.some((child) => child.branch !== null)) return null;
  const servers = childrenNamed(node, "server");
  const [name] = node.directive.args;
  if (name === undefined) return null;
  // A module may bring servers from elsewhere.
  if (servers.length === 0 && node.children.length === 0) {
    const log = "no servers are inside upstream";
    return refused("no-servers", log, name, `upstream ${quoted(name.text)} is empty`, "add a server to it");
  }
  if (servers.length === 0)
    return emptied(
      node.children.map((child) => child.name),
      name,
    );
  const primary = servers.some(
    ({ directive }) => !directive.args.some(({ text: value }) => value === "backup"),
  );
  if (primary) return null;
  const message = `every server of upstream ${quoted(name.text)} is a backup`;
  return refused(
    "no-servers",
    `no servers in upstream "${name.text}"`,
    name,
    message,
    "remove backup from one of them",
  );
};

/** Refused only if everything in it is nginx's own: a module may bring servers from elsewhere. */
const OWN = /^(?:ip_hash|least_conn|hash|random|keepalive\w*|zone)$/;

function emptied(names: readonly string[], at: Word): Refusal | null {
  if (!names.every((name) => OWN.test(name))) return null;
  const log = "no servers are inside upstream";
  return refused("no-servers", log, at, `upstream ${quoted(at.text)} has no server`, "add a server to it");
}

export const keepalive: Check = (one) => {
  const at = word(one, 0);
  const value = count(at.text);
  // 0 turns it off since 1.29.7.
  const zero = one.scope.version === null || !isOlder(one.scope.version, "1.29.7");
  if (value !== null && (value > 0 || zero)) return null;
  const log = `invalid value "${at.text}" in "keepalive" directive`;
  return notTaken(
    one,
    at,
    "word",
    log,
    zero ? "a number of connections" : "a number above 0",
    "keepalive 16;",
  );
};

export const hash: Check = (one) => {
  const second = args(one)[1];
  if (second === undefined || second.text === "consistent") return null;
  return notTaken(one, second, "parameter", `invalid parameter "${second.text}"`, "consistent after the key");
};

export const random: Check = (one) => {
  const [first, method] = args(one);
  const least = method === undefined || /^least_(?:conn|time=(?:header|last_byte))$/.test(method.text);
  const bad = first !== undefined && first.text !== "two" ? first : least ? undefined : method;
  if (bad === undefined) return null;
  return notTaken(
    one,
    bad,
    "parameter",
    `invalid parameter "${bad.text}"`,
    "two and a method",
    "random two least_conn;",
  );
};

export const zone: Check = (one) => {
  const [name, bytes] = args(one);
  if (name?.text === "")
    return refused("zone", 'invalid zone name ""', name, "the zone has no name", "zone NAME 64k;");
  if (bytes === undefined || name === undefined) return sharedZones(one);
  const value = size(bytes.text);
  if (value === null)
    return notTaken(
      one,
      bytes,
      "zone",
      `invalid zone size "${bytes.text}"`,
      "a size with k or m",
      `zone ${text(one, 0)} 64k;`,
    );
  return value < SMALLEST_ZONE ? tooSmall(one, `zone "${name.text}" is too small`, bytes) : sharedZones(one);
};
