import { wordMap } from "../../source/word-map.js";
import { type Limit, limitOf, wordsOf } from "../facts/directives.js";
import { TAKEN_SINCE } from "../facts/facts-values.js";
import { isOlder } from "../facts/version.js";
import { isIpv4Literal, isIpv6Literal } from "../syntax/literals.js";
import { count, offset, size, time } from "../syntax/numbers.js";
import type { Word } from "../types.js";
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
import { nameRefusal } from "./variables.js";

/** Values that nginx's general argument types refuse; facts.ts says which directive has which type. */

const NUMBER = "only digits";
const SIZE = "digits and k or m";
const TIME = "a time such as 60s, 1m30s or 500ms, with the larger units first";
const SECONDS = "a time such as 60s or 1h, without ms";

const invalid = (one: Checked): string => `"${one.node.name}" directive invalid value`;

const flag: Check = (one) => {
  const at = word(one, 0);
  if (/^(?:on|off)$/i.test(at.text)) return null;
  const log = `invalid value "${at.text}" in "${one.node.name}" directive, it must be "on" or "off"`;
  return {
    ...notTaken(one, at, "flag", log, "on or off", `${one.node.name} on;`),
    choices: ["on", "off"],
  };
};

const number: Check = (one) => {
  const at = word(one, 0);
  const value = count(at.text);
  if (value === null)
    return notTaken(one, at, "number", "invalid number", NUMBER, example(one, at.text, /\d+/));
  return withinLimit(one, at, BigInt(value));
};

/** The directive's line with the number that was probably meant. */
function example({ node }: Checked, written: string, pattern: RegExp): string | null {
  const found = pattern.exec(written)?.[0];
  return found === undefined ? null : `${node.name} ${found};`;
}

function withinLimit(one: Checked, at: Word, value: bigint): Refusal | null {
  const limit = limitOf(one.node.name);
  const wrong = limit !== null && (value < limit.least || (limit.most !== null && value > limit.most));
  if (limit !== null && wrong) return outside(one, at, limit);
  const step = STEPS.get(one.node.name);
  if (step === undefined || step.fits(value)) return null;
  const log = step.log(one.node.name);
  return notTaken(one, at, "range", log, step.wants);
}

function outside(one: Checked, at: Word, { least, most, log }: Limit): Refusal {
  const wants = most === null ? `at least ${least}` : `${least} to ${most}`;
  return notTaken(one, at, log.includes("must be") ? "range" : "other", log, wants);
}

interface Step {
  readonly fits: (value: bigint) => boolean;
  readonly log: (name: string) => string;
  readonly wants: string;
}

const powerOfTwo = (value: bigint): boolean => value > 0n && (value & (value - 1n)) === 0n;
const pool: Step = {
  fits: (value) => value % 16n === 0n,
  log: () => "the pool size must be a multiple of 16",
  wants: "a multiple of 16",
};
const power = (log: string): Step => ({ fits: powerOfTwo, log: () => log, wants: "a power of two" });

const STEPS: ReadonlyMap<string, Step> = wordMap({
  connection_pool_size: pool,
  request_pool_size: pool,
  http2_pool_size: pool,
  http2_streams_index_size: power('"http2_streams_index_size" directive must be a power of two'),
  gzip_window: power('"gzip_window" directive must be'),
  gzip_hash: power('"gzip_hash" directive must be'),
});

const sized: Check = (one) => {
  const at = word(one, 0);
  const value = size(at.text);
  return value === null ? noSize(one, at, SIZE) : withinLimit(one, at, value);
};

function noSize(one: Checked, at: Word, wants: string): Refusal {
  const bytes = /^(\d+)\s*(?:([kmg])i?b?|b)$/i.exec(at.text);
  const unit = bytes?.[2]?.toLowerCase() ?? "";
  const gigabytes = unit === "g" && wants === SIZE;
  const meant = gigabytes ? `${Number(bytes?.[1]) * 1024}m` : `${bytes?.[1]}${unit}`;
  const found = notTaken(one, at, "slot", invalid(one), wants);
  return bytes === null ? found : { ...found, meant };
}

const offsetSlot: Check = (one) =>
  offset(text(one, 0)) === null ? noSize(one, word(one, 0), "digits and k, m or g") : null;

const milliseconds: Check = (one) =>
  time(text(one, 0), "ms") === null ? notTaken(one, word(one, 0), "slot", invalid(one), TIME) : null;

const seconds: Check = (one) =>
  time(text(one, 0), "s") === null ? notTaken(one, word(one, 0), "slot", invalid(one), SECONDS) : null;

const complexSize: Check = (one) => {
  const at = word(one, 0);
  const variables = at.text.includes("$");
  // Two directives took variables from early on, the others since 1.27.0.
  const taken = /^limit_rate/.test(one.node.name) || !isOlder(one.scope.version, "1.27.0");
  if (variables && taken) return nameRefusal(at);
  return size(at.text) !== null ? null : noSize(one, at, SIZE);
};

const buffers: Check = (one) => {
  const [number, bytes] = args(one);
  const counted = count(number?.text ?? "");
  if (number !== undefined && (counted === null || counted === 0))
    return notTaken(one, number, "slot", invalid(one), "a number of buffers, 1 or more");
  const value = size(bytes?.text ?? "");
  return bytes !== undefined && (value === null || value === 0n)
    ? notTaken(one, bytes, "slot", invalid(one), `the size of one buffer: ${SIZE}, more than 0`)
    : null;
};

const path: Check = (one) => {
  const bad = args(one)
    .slice(1)
    .find((level) => (count(level.text) ?? 0) === 0);
  return bad === undefined
    ? null
    : notTaken(one, bad, "slot", invalid(one), "numbers after the path, each above 0");
};

const access: Check = (one) => {
  const bad = args(one).find((at) => !/^(?:user|group|all):(?:r|rw)$/.test(at.text));
  return bad === undefined
    ? null
    : notTaken(one, bad, "word", `invalid value "${bad.text}"`, "user, group or all with :r or :rw");
};

const enumerated: Check = (one) => {
  const words = wordsOf(one.node.name, one.scope.version);
  const bad = words === null ? undefined : args(one).find((at) => !includes(words, at.text));
  if (bad === undefined || words === null) return null;
  // A commercial build takes any text there.
  if (one.node.name === "server_tokens" && bad.text.includes("$") && nameRefusal(bad) === null) return null;
  const log = `invalid value "${bad.text}"`;
  const help = one.node.name.endsWith("_ignore_headers") ? withoutWord(one, bad) : null;
  return { ...notTaken(one, bad, "word", log, words.join(", "), help), choices: words };
};

/** Never a list of all that is taken: who ignores `Set-Cookie` as well stores the pages of one client for all. */
function withoutWord(one: Checked, bad: Word): string {
  const { name } = one.node;
  const rest = args(one).filter((at) => at !== bad);
  if (rest.length === 0) return `remove the line: nginx pays no attention to ${quoted(bad.text)} as it is`;
  return `${name} ${rest.map((at) => at.text).join(" ")};`;
}

function includes(words: readonly string[], text: string): boolean {
  return words.some((one) => one.toLowerCase() === text.toLowerCase());
}

const parameter: Check = (one) => {
  const third = args(one)[2];
  if (third === undefined || third.text === "if_not_empty") return null;
  const log = `invalid parameter "${third.text}"`;
  const wants = "only if_not_empty after the value";
  const written = args(one)
    .slice(1)
    .map(({ text: part }) => part)
    .join(" ");
  return notTaken(one, third, "parameter", log, wants, `${one.node.name} ${text(one, 0)} "${written}";`);
};

const bind: Check = (one) => {
  const [address, option] = args(one);
  if (address === undefined) return null;
  if (address.text.includes("$")) return nameRefusal(address) ?? optionOf(one, option);
  if (address.text === "off" && option === undefined) return null;
  const bare = !isOlder(one.scope.version, TAKEN_SINCE.bracketsWithoutPort);
  if (!isAddress(address.text, bare)) {
    const log = `invalid address "${address.text}"`;
    return notTaken(one, address, "other", log, "an address of this machine in digits, or just off");
  }
  return optionOf(one, option);
};

function optionOf(one: Checked, option: Word | undefined): Refusal | null {
  if (option === undefined || option.text === "transparent") return null;
  const log = `invalid parameter "${option.text}"`;
  return notTaken(one, option, "parameter", log, "only transparent after the address");
}

/** In digits, with or without a port. `bare`: whether brackets need no port. */
function isAddress(text: string, bare: boolean): boolean {
  if (bare && text.startsWith("[") && text.endsWith("]")) return isIpv6Literal(text.slice(1, -1));
  const [, host = "", port] = /^(\[[^\]]*\](?=:)|[^:]*)(?::(\d+))?$/.exec(text) ?? [];
  if (isIpv6Literal(text)) return true;
  const known = host.startsWith("[") ? isIpv6Literal(host.slice(1, -1)) : isIpv4Literal(host);
  return known && (port === undefined || (Number(port) > 0 && Number(port) <= 65535));
}

const cacheValid: Check = (one) => {
  const all = args(one);
  const last = all[all.length - 1];
  if (last !== undefined && time(last.text, "s") === null) {
    const log = `invalid time value "${last.text}"`;
    return notTaken(one, last, "other", log, `${SECONDS} as its last argument`);
  }
  const bad = all.slice(0, -1).find((at) => at.text !== "any" && !within(at.text, 100, 599));
  if (bad === undefined) return null;
  return refused(
    "other",
    `invalid status "${bad.text}"`,
    bad,
    `${one.node.name} takes any or a status from 100 to 599, not "${bad.text}"`,
    `${one.node.name} 200 302 10m;`,
  );
};

export function within(value: string, least: number, most: number): boolean {
  const digits = count(value);
  return digits !== null && digits >= least && digits <= most;
}

/** The checks by the type of argument in facts.ts. */
export const SLOTS: ReadonlyMap<string, Check> = wordMap({
  flag,
  number,
  "size(k,m)": sized,
  "offset(k,m,g)": offsetSlot,
  "time-msec": milliseconds,
  "time-sec": seconds,
  "complex-size": complexSize,
  "number+size": buffers,
  "path+levels": path,
  "name+value[if_not_empty]": parameter,
  "cache-valid": cacheValid,
  access,
  bind,
  enum: enumerated,
  bitmask: enumerated,
});
