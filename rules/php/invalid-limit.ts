import { groupBy, showBytes } from "../../src/engine/evidence.js";
import { helpText, replace } from "../../src/engine/help.js";
import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import type { Pool } from "../../src/fpm/types.js";
import type { Host } from "../../src/model/host.js";
import { phpDefault } from "../../src/php/facts.js";
import { parseIniBytes } from "../../src/php/ini.js";
import type { Place } from "../../src/source/file.js";

/** A size of PHP's as it is written for a pool, or for all pools of a master. */
interface Written {
  /** As written, `memory limit` perhaps. */
  readonly key: string;
  readonly value: string;
  readonly place: Place;
  readonly pool: Pool;
}

const SIZES = ["memory_limit", "post_max_size", "upload_max_filesize"] as const;

/** What the smallest unit of PHP's memory is; a limit below it cannot be set, and the one before stays. */
const CHUNK = 2 * 1024 * 1024;

/** A number, and nothing else than one of the units behind it. */
const QUANTITY = /^\s*[+-]?(?:0x[\da-f]+|\d+)\s*[kmg]?\s*$/i;

export const invalidLimit: Rule = {
  id: "php/invalid-limit",
  cases: {
    "not-applied": {
      severity: "warning",
      symptom: null,
      summary: "a memory_limit that PHP reads as less than 2M, so that the one before stays",
    },
    misread: {
      severity: "warning",
      symptom: null,
      summary: "a size that PHP reads as something else than it says",
    },
    misspelt: {
      severity: "warning",
      symptom: null,
      summary: "the name of a limit with a blank or a hyphen in it, which PHP does not know",
    },
  },
  docs: {
    title: "a limit of PHP that does not say what it does",
    what: "Fires on `memory_limit`, `post_max_size` and `upload_max_filesize` in php.ini, its scan directory and the `php_value` and `php_admin_value` of pools: when a value is no quantity of PHP's (`128MB`, `1GB`, `unlimited`, `1.5G`), when a `memory_limit` is below 2M, and when the name is written with a blank or a hyphen (`memory limit`).\n\nSilent about `128M`, `128 M`, `1g`, numbers of bytes, `-1`, and what only the running host knows.",
    why: "PHP reads the digits in front and one letter at the end, K, M or G. `128MB` ends in a B, so it is 128 bytes, `unlimited` is 0, and `1.5G` is 1G. A limit on memory that small cannot be set: the one that was in force before, most often the built-in 128M, stays, and nothing says so but a warning at the start that few see. `post_max_size = 64MB` is 64 bytes, and PHP drops every form. A name that PHP does not know is no error at all.",
    instead: "Write K, M or G alone behind a whole number: `memory_limit = 1536M`, and `-1` for no limit.",
    references: [
      "https://www.php.net/manual/en/faq.using.php#faq.using.shorthandbytes",
      "https://www.php.net/manual/en/ini.core.php#ini.memory-limit",
    ],
    twins: { bad: "bad-megabytes", ok: "ok-number" },
  },
  options: noOptions,
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
    const key = ({ place: { span } }: Written): string => `${span.file.path}:${span.start}`;
    for (const group of groupBy(written(host), key)) {
      const found = problem(group[0]);
      if (found !== null) yield report(host, group, found);
    }
  },
};

/** Of several lines for one limit only the one that counts: the first of a pool, the last of php.ini. */
function* written(host: Host): Generator<Written> {
  for (const pool of host.pools) {
    const seen = new Set<string>();
    for (const { key, index, value, place } of pool.settings) {
      if (index === null || !/^php_(?:admin_)?value$/.test(key) || seen.has(`${key} ${index}`)) continue;
      seen.add(`${key} ${index}`);
      if (value !== null) yield { key: index, value, place, pool };
    }
    for (const [key, { value, place }] of pool.master.ini.values)
      if (value !== null) yield { key, value, place, pool };
  }
}

interface Problem {
  readonly case: "not-applied" | "misread" | "misspelt";
  readonly says: string;
  readonly effect: string;
  readonly line: string | null;
}

function problem({ key, value }: Written): Problem | null {
  const name = key
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, "_");
  if (!SIZES.some((one) => one === name)) return null;
  const meant = meaning(value);
  if (key.trim() !== name) {
    // PHP's names are case-sensitive, so `Memory_Limit` is another name, too.
    return {
      case: "misspelt",
      says: `PHP has no setting "${key.trim()}", so it takes no notice of ${value}; the name is ${name}`,
      effect: `${name} is what it would be without this line, ${phpDefault(name) ?? "unknown"} by default`,
      line: `${name} = ${meant ?? value}`,
    };
  }
  const size = parseIniBytes(value);
  if (value.trim() === "" || size < 0) return null;
  const reads = size === 0 ? "0" : size === 1 ? "1 byte" : showBytes(size);
  if (name === "memory_limit" && tooSmall(value)) {
    return {
      case: "not-applied",
      says: `PHP reads memory_limit = ${value} as ${reads}, which is too little to be set`,
      effect: `the limit before it stays in force, ${phpDefault(name) ?? ""} if no other line sets one`,
      line: meant === null || tooSmall(meant) ? null : `memory_limit = ${meant}`,
    };
  }
  if (QUANTITY.test(value)) return null;
  return {
    case: "misread",
    says: `PHP reads ${name} = ${value} as ${reads}`,
    effect:
      name === "memory_limit"
        ? `scripts may use ${reads}, not what the line says`
        : size === 0
          ? "0 is without limit for post_max_size, and no upload at all for upload_max_filesize"
          : `a form or file above ${reads} is dropped by PHP`,
    line: meant === null ? null : `${name} = ${meant}`,
  };
}

function tooSmall(value: string): boolean {
  const size = parseIniBytes(value);
  return size >= 0 && size < CHUNK;
}

/** What the value was meant to be, in PHP's words: `128MB` → `128M`, `1.5G` → `1536M`, `unlimited` → `-1`. */
function meaning(value: string): string | null {
  if (/^\s*(?:unlimited|none|no|off)\s*$/i.test(value)) return "-1";
  const [, digits = "", fraction = "", unit = ""] =
    /^\s*(\d+)(?:[.,](\d+))?\s*([kmgt])?(?:i?b|o)?\s*$/i.exec(value) ?? [];
  if (digits === "") return null;
  const letter = unit.toUpperCase();
  if (fraction === "") return letter === "" || letter === "T" ? null : `${digits}${letter}`;
  const smaller: Readonly<Record<string, string>> = { G: "M", M: "K" };
  const whole = Math.round(Number(`${digits}.${fraction}`) * 1024);
  return smaller[letter] === undefined ? null : `${whole}${smaller[letter]}`;
}

function report(host: Host, group: readonly [Written, ...Written[]], found: Problem): Report {
  const [{ place, pool, key }] = group;
  const own = pool.settings.find((one) => one.place.span === place.span);
  const line =
    found.line === null
      ? null
      : own === undefined
        ? found.line
        : found.line.replace(/^(\w+) =/, (_, name: string) => `${own.key}[${name}] =`);
  return {
    case: found.case,
    certain: true,
    settle: null,
    message: found.says,
    at: place,
    label: null,
    link: [],
    related: [],
    effect: found.effect,
    help: helpText(
      [line === null ? null : [replace(host, place, line)]],
      line === null ? "write a whole number with K, M or G behind it, at least 2M for memory_limit" : null,
    ),
    names: [key, own === undefined ? "" : pool.name],
  };
}
