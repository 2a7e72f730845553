import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft, Piece } from "../../src/engine/help.js";
import { pairs, showBytes } from "../../src/evidence/pairs.js";
import { phpValue } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, inWords, replace, replacePiece } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import { phpDefault } from "../../src/php/facts.js";
import { parseIniBytes } from "../../src/php/ini.js";
import { groupBy } from "../../src/source/collect.js";
import type { Effective } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A size of PHP as it is written for a location, for a pool, or for all pools of a master. */
interface Written {
  /** As written, maybe `memory limit`. */
  readonly key: string;
  readonly value: string;
  readonly place: Place;
  readonly pool: Pool;
}

const SIZES = ["memory_limit", "post_max_size", "upload_max_filesize"] as const;

/** The smallest unit of PHP's memory in bytes; a lower limit cannot be set, and the one before stays. */
const CHUNK = 2 * 1024 * 1024;

/** A number, with or without one of the units after it. */
const QUANTITY = /^[+-]?(?:0x[\da-f]+|0o[0-7]+|0b[01]+|\d+)\s*[kmg]?$/i;

type Case = "not-applied" | "misread" | "misspelt";

export const invalidLimit = defineRule({
  id: "php/invalid-limit",
  about: "host",
  alike: true,
  cases: {
    "not-applied": {
      severity: "warning",
      symptom: null,
      summary: "a memory_limit that PHP reads as less than 2M, so the one before stays",
    },
    misread: {
      severity: "warning",
      symptom: null,
      summary: "a size that PHP reads as something other than it says",
    },
    misspelt: {
      severity: "warning",
      symptom: null,
      summary: "the name of a limit with a space or a hyphen in it, which PHP does not know",
    },
  },
  docs: {
    title: "a PHP limit that does not do what it says",
    fires: [
      markdown`
        a value is not a quantity that PHP knows (\`128MB\`, \`1GB\`, \`unlimited\`, \`1.5G\`)
      `,
      "a `memory_limit` is below 2M",
      "the name is written with a space or a hyphen (`memory limit`)",
    ],
    silent: [
      "the value is `128M`, `128 M`, `1g`, a number of bytes, or `-1`",
      "`post_max_size` is `unlimited`, which PHP reads as 0 and so as no limit",
      "every pool overrides the value",
      "only the running host knows the value",
    ],
    what: markdown`
      It reads the \`memory_limit\`, \`post_max_size\` and \`upload_max_filesize\` that count: in php.ini,
      its scan directory, the \`php_value\` and \`php_admin_value\` of pools, and the \`PHP_VALUE\` and
      \`PHP_ADMIN_VALUE\` that nginx passes.
    `,
    why: markdown`
      PHP reads the leading digits and one letter at the end: K, M or G. \`128MB\` ends with a B, so it
      is 128 bytes, \`unlimited\` is 0, and \`1.5G\` is 1G. A memory limit that small cannot be set: the
      one that was in force before stays, most often the built-in 128M, and nothing says so except a
      warning at the start that few people see. PHP before 8.0 uses 2M instead, which is too little for
      most scripts. \`post_max_size = 64MB\` is 64 bytes, and PHP drops every form. A name that PHP does
      not know is not an error at all.
    `,
    instead: markdown`
      Write only K, M or G after a whole number: \`memory_limit = 1536M\`, and \`-1\` for no limit.
    `,
    references: [
      "https://www.php.net/manual/en/faq.using.php#faq.using.shorthandbytes",
      "https://www.php.net/manual/en/ini.core.php#ini.memory-limit",
    ],
    twins: { bad: "bad-megabytes", ok: "ok-number" },
  },
  proof: {
    kind: "daemons",
    requests: [{ method: "POST", path: "/body.php", bodyBytes: 20_000 }],
    observe: {
      "not-applied": "memory-limit-not-applied",
      misread: "body-dropped",
      misspelt: "memory-limit-not-applied",
    },
  },
  *check(host) {
    const key = ({ key, place: { span } }: Written): string => `${span.file.path}:${span.start} ${key}`;
    for (const group of groupBy(written(host), key)) {
      const found = problem(group[0]);
      if (found !== null) yield report(host, group, found);
    }
  },
});

/**
 * What counts in each pool, once for each location that passes values of its own, and the names that PHP
 * does not know.
 */
function* written(host: Host): Generator<Written> {
  const used = new Set<Pool>();
  const sizes = SIZES.map((key) => [key, requestValues(host, key)] as const);
  for (const { binding, pool } of pairs(host)) {
    used.add(pool);
    for (const [key, of] of sizes) yield* known(key, pool, of(binding, pool));
  }
  for (const pool of host.pools) {
    if (!used.has(pool)) for (const key of SIZES) yield* known(key, pool, phpValue(pool, key));
    for (const { key, index, value, place } of pool.settings)
      if (/^php_(?:admin_)?value$/.test(key) && value !== null && isMisspelt(index))
        yield { key: index, value, place, pool };
    for (const [key, { value, place }] of pool.master.ini.values)
      if (value !== null && isMisspelt(key)) yield { key, value, place, pool };
  }
}

function* known(key: string, pool: Pool, value: Effective<string | null>): Generator<Written> {
  if (value.kind === "set" && value.value !== null)
    yield { key, value: value.value, place: value.place, pool };
}

/** PHP's names are case-sensitive, so `Memory_Limit` is also another name. */
function isMisspelt(key: string | null): key is string {
  return key !== null && nameOf(key) !== null && nameOf(key) !== key.trim();
}

function nameOf(key: string): string | null {
  const name = key
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");
  return SIZES.some((one) => one === name) ? name : null;
}

interface Problem {
  readonly case: "not-applied" | "misread" | "misspelt";
  readonly says: string;
  readonly effect: string;
  readonly line: string | null;
}

function problem({ key, value, pool, place }: Written): Problem | null {
  const name = nameOf(key);
  if (name === null) return null;
  const meant = meaning(value);
  if (isMisspelt(key)) {
    return {
      case: "misspelt",
      says: `PHP has no setting "${key.trim()}", so it ignores ${value}; the name is ${name}`,
      effect: `${name} is the same as without this line, ${phpDefault(name) ?? "unknown"} by default`,
      line: `${name} = ${meant ?? value}`,
    };
  }
  const size = parseIniBytes(value);
  if (value.trim() === "" || size < 0) return null;
  const reads = size === 0 ? "0" : size === 1 ? "1 byte" : showBytes(size);
  if (name === "memory_limit" && tooSmall(value)) {
    return {
      case: "not-applied",
      says: QUANTITY.test(value.trim())
        ? `memory_limit is ${value}, which is too small for PHP to set`
        : `PHP reads memory_limit = ${value} as ${reads}, which is too small to set`,
      effect: before(pool, place),
      line: meant === null || tooSmall(meant) ? null : `memory_limit = ${meant}`,
    };
  }
  // PHP reads 0 there, which means no limit, as intended.
  if (QUANTITY.test(value.trim()) || (size === 0 && meant === "-1")) return null;
  return {
    case: "misread",
    says: `PHP reads ${name} = ${value} as ${reads}`,
    effect:
      name === "memory_limit"
        ? `scripts may use ${reads}, not what the line says`
        : size === 0
          ? "0 means no limit"
          : `a ${name === "post_max_size" ? "form" : "file"} above ${reads} is dropped by PHP`,
    line: meant === null ? null : `${name} = ${meant}`,
  };
}

/** The limit that is in force if PHP could not set a `memory_limit`. */
function before({ master }: Pool, place: Place): string {
  if (Number(master.phpVersion ?? 8) < 8) return "scripts may use 2M, the least that PHP before 8.0 accepts";
  const main = master.ini.values.get("memory_limit") ?? null;
  const other = main === null || main.value === null || samePlace(main.place, place) ? null : main.value;
  return `the limit before it stays in force, ${
    other === null || tooSmall(other)
      ? `${phpDefault("memory_limit") ?? ""} if no other line sets one`
      : `${other} of php.ini`
  }`;
}

function tooSmall(value: string): boolean {
  const size = parseIniBytes(value);
  return size >= 0 && size < CHUNK;
}

/**
 * The value as PHP would write what was meant: `128MB` → `128M`, `1.5G` → `1536M`, `unlimited` → `-1`;
 * `null`: unknown.
 */
function meaning(value: string): string | null {
  if (/^\s*(?:unlimited|none|no|off)\s*$/i.test(value)) return "-1";
  const [, digits = "", fraction = "", unit = ""] =
    /^(\d+)(?:[.,](\d+))?\s*([kmgt])?(?:i?b|o)?$/i.exec(value.trim()) ?? [];
  if (digits === "") return null;
  const letter = unit.toUpperCase();
  if (fraction === "") return letter === "" || letter === "T" ? null : `${digits}${letter}`;
  const whole = Math.round(Number(`${digits}.${fraction}`) * 1024);
  const smaller = letter === "G" ? "M" : letter === "M" ? "K" : null;
  return smaller === null ? null : `${whole}${smaller}`;
}

function report(host: Host, group: readonly [Written, ...Written[]], found: Problem): Draft<Case> {
  const [{ place, pool, key }] = group;
  const own = pool.settings.find((one) => samePlace(one.place, place));
  return {
    case: found.case,
    message: found.says,
    at: place,
    effect: found.effect,
    help:
      found.line === null
        ? inWords("write a whole number followed by K, M or G, at least 2M for memory_limit")
        : help(host, group[0], found.line),
    names: [key, own === undefined ? "" : pool.name],
  };
}

function help(host: Host, { key, value, place, pool }: Written, line: string): HelpDraft {
  const own = pool.settings.find((one) => samePlace(one.place, place));
  if (own !== undefined) {
    const indexed = line.replace(/^(\w+) =/, (_, name: string) => `${own.key}[${name}] =`);
    return helpOf([[replace(host, place, indexed)]]);
  }
  if (place.span.file.path.endsWith(".ini")) return helpOf([[replace(host, place, line)]]);
  const piece = pieceOf(place, key, value);
  // The parameter is a word of nginx, which a space would end.
  const short = line.replace(" = ", "=");
  return piece === null
    ? inWords(`write "${short}" in the parameter that nginx passes`)
    : helpOf([[replacePiece(piece, short)]]);
}

/** One line in a parameter of nginx; `null`: it is not found there. */
function pieceOf({ span: { file, start, end } }: Place, key: string, value: string): Piece | null {
  const text = file.text.slice(start, end);
  for (let from = text.indexOf(key); from >= 0; from = text.indexOf(key, from + 1)) {
    const sign = /^\s*=\s*/.exec(text.slice(from + key.length))?.[0] ?? null;
    const after = from + key.length + (sign?.length ?? 0);
    if (sign !== null && text.startsWith(value, after))
      return { file, start: start + from, end: start + after + value.length };
  }
  return null;
}
