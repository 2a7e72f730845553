import { type Draft, defineRule } from "../../src/engine/define.js";
import type { Edit, HelpDraft } from "../../src/engine/help.js";
import type { Known } from "../../src/evidence/grouping.js";
import { sourceOf } from "../../src/evidence/grouping.js";
import { pairs, showBytes } from "../../src/evidence/pairs.js";
import { phpValue } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import { parseIniBytes } from "../../src/php/ini.js";
import { groupBy } from "../../src/source/collect.js";
import { type Effective, placeOf, type SetValue } from "../../src/source/effective.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** PHP's three limits in one pool, in bytes; `null`: unknown, or not a size. */
interface Limits {
  readonly pool: Pool;
  /** For one file. */
  readonly upload: Size;
  /** For a whole form; `Infinity`: no limit. */
  readonly post: Size;
  /** For a request; `Infinity`: no limit. */
  readonly memory: Size;
}

type Size = Known<number> | null;
type Name = "upload_max_filesize" | "post_max_size" | "memory_limit";

type Case = "above-post" | "above-memory";

export const uploadLimits = defineRule({
  id: "php/upload-limits",
  about: "host",
  alike: true,
  cases: {
    "above-post": {
      severity: "warning",
      symptom: { when: "large-body", status: null, log: null },
      summary: "upload_max_filesize above post_max_size: a file that large never arrives",
    },
    "above-memory": {
      severity: "warning",
      symptom: { when: "large-body", status: 502, log: "Allowed memory size of" },
      summary: "post_max_size above memory_limit: a form that large ends the script",
    },
  },
  docs: {
    title: "PHP's upload limits contradict each other",
    fires: ["`upload_max_filesize` is above `post_max_size`", "`post_max_size` is above `memory_limit`"],
    silent: [
      "the two are equal",
      "the larger one is PHP's default, which nobody asked for",
      "`post_max_size` is 0 or `memory_limit` is -1, which means no limit",
      "a value is not a size (see `php/invalid-limit`)",
      markdown`
        \`post_max_size\` is above \`memory_limit\` and so is \`upload_max_filesize\`: forms of that size
        are meant to be files, and files need no memory
      `,
      "no php.ini is known",
    ],
    what: markdown`
      It compares the values that count in a pool: \`PHP_VALUE\`, the pool, php.ini, PHP's defaults.
    `,
    why: markdown`
      A file is a part of a form: if the form is above \`post_max_size\`, PHP drops all of it, and
      \`$_POST\` and \`$_FILES\` are empty with status 200, whatever \`upload_max_filesize\` allows. Files go
      to the disk, but the fields of a form are kept in memory: a text form above \`memory_limit\` is a
      fatal error before the script begins, and the worker breaks the connection: \`502 Bad Gateway\`, or
      the text of the error with status 200 if \`display_errors\` is on.
    `,
    instead: markdown`
      Keep \`upload_max_filesize\` < \`post_max_size\` < \`memory_limit\`, and nginx's
      \`client_max_body_size\` equal to \`post_max_size\`.
    `,
    references: [
      "https://www.php.net/manual/en/features.file-upload.common-pitfalls.php",
      "https://www.php.net/manual/en/ini.core.php#ini.post-max-size",
    ],
    twins: { bad: "bad-upload-above-post", ok: "ok-in-order" },
  },
  proof: {
    kind: "daemons",
    requests: [{ method: "POST", path: "/body.php", bodyBytes: 10_485_760 }],
    observe: { "above-post": "body-refused" },
  },
  *check(host) {
    const all = [...limits(host)];
    for (const [larger, smaller, name] of [
      ["upload", "post", "above-post"],
      ["post", "memory", "above-memory"],
    ] as const) {
      const found = all.flatMap(({ pool, upload, [larger]: high, [smaller]: low }) =>
        high?.kind !== "set" ||
        low === null ||
        high.value === Infinity ||
        high.value <= low.value ||
        (name === "above-memory" && isForFiles(upload, low))
          ? []
          : [{ pool, high, low }],
      );
      const key = ({ high, low, pool }: (typeof found)[number]): string =>
        `${sourceOf(high)} ${sourceOf(low)} ${pool.master.main?.path ?? ""}`;
      for (const group of groupBy(found, key)) yield* report(host, name, group);
    }
  },
});

/** In bytes: PHP allocates memory in pieces of this size, and accepts no lower limit. */
const LEAST_MEMORY = 2 * 1024 * 1024;

/** In bytes: more for each worker would be bad advice for a machine whose memory is unknown. */
const MOST_MEMORY = 512 * 1024 * 1024;

/** Whether forms above the memory limit are meant to be files, which go to the disk. */
function isForFiles(upload: Size, memory: Known<number>): boolean {
  return upload !== null && upload.value > memory.value;
}

interface Pair {
  readonly pool: Pool;
  readonly high: SetValue<number>;
  readonly low: Known<number>;
}

function* report(
  host: Host,
  name: "above-post" | "above-memory",
  group: readonly [Pair, ...Pair[]],
): Generator<Draft<Case>> {
  const [first] = group;
  const { pool, high, low } = first;
  const others = new Set(group.flatMap((one) => (one.pool === pool ? [] : [one.pool])));
  const above: Name = name === "above-post" ? "upload_max_filesize" : "post_max_size";
  const below: Name = name === "above-post" ? "post_max_size" : "memory_limit";
  const [at, other] = [high.place, placeOf(low)];
  const [more, less] = [words(above, high), words(below, low)];
  yield {
    case: name,
    message: `${more} is above ${less}`,
    at,
    label: name === "above-post" ? "more than ever gets through" : "a text form this large does not fit",
    related: [
      ...(other === null ? [] : [{ place: other, message: less }]),
      ...[...others].map((one) => ({ place: one.section, message: `also pool [${one.name}]` })),
    ],
    effect:
      name === "above-post"
        ? `a file between ${showBytes(low.value)} and ${showBytes(high.value)} never arrives: the whole form is dropped, and $_FILES is empty`
        : `a form with more than ${showBytes(low.value)} of text ends as 502 Bad Gateway`,
    help: help(host, first, below),
    names: [pool.name, above],
  };
}

function words(name: Name, { kind, value }: Known<number>): string {
  return `${name} ${showBytes(value)}${kind === "default" ? " (the default)" : ""}`;
}

/**
 * Raises the lower of the two: for the form to the size of the other, for the memory to twice that,
 * within reason.
 */
function help(host: Host, pair: Pair, name: Name): HelpDraft {
  const { pool, low, high } = pair;
  const memory = name === "memory_limit";
  if (memory && high.value * 2 > MOST_MEMORY) return lowered(host, pair);
  const size = inWords(memory ? high.value * 2 : high.value);
  const raised =
    low.kind === "default"
      ? addInto(host, pool.section, `php_admin_value[${name}] = ${size}`)
      : rewritten(host, pool, low.place, name, size);
  return helpOf(
    [raised === null ? null : [raised]],
    raised === null ? `write ${name} = ${size} in the parameter that nginx passes` : null,
    memory
      ? "or lower post_max_size, and nginx's client_max_body_size with it: only files need no memory"
      : null,
  );
}

function lowered(host: Host, { pool, low, high }: Pair): HelpDraft {
  const size = inWords(low.value);
  const edit = rewritten(host, pool, high.place, "post_max_size", size);
  return helpOf(
    [edit === null ? null : [edit]],
    edit === null ? `write post_max_size = ${size} in the parameter that nginx passes` : null,
    "and also lower nginx's client_max_body_size",
  );
}

/** `null`: the value is one of several in a parameter that nginx passes. */
function rewritten(host: Host, pool: Pool, place: Place, name: Name, size: string): Edit | null {
  const own = pool.settings.find((one) => samePlace(one.place, place));
  if (own === undefined && !place.span.file.path.endsWith(".ini")) return null;
  return replace(host, place, `${own === undefined ? name : `${own.key}[${name}]`} = ${size}`);
}

function inWords(bytes: number): string {
  return showBytes(bytes).replace(" bytes", "").toUpperCase();
}

/** The limits of every pool, once for each location that passes values of its own. */
function* limits(host: Host): Generator<Limits> {
  const values = (["upload_max_filesize", "post_max_size", "memory_limit"] as const).map(
    (name) => [name, requestValues(host, name)] as const,
  );
  const used = new Set<Pool>();
  for (const { binding, pool } of pairs(host)) {
    used.add(pool);
    const [upload = null, post = null, memory = null] = values.map(([name, of]) =>
      size(host, pool, name, of(binding, pool)),
    );
    yield { pool, upload, post, memory };
  }
  for (const pool of host.pools) {
    if (used.has(pool)) continue;
    const [upload = null, post = null, memory = null] = values.map(([name]) =>
      size(host, pool, name, phpValue(pool, name)),
    );
    yield { pool, upload, post, memory };
  }
}

/** `null`: unknown, or not a size. */
function size(host: Host, pool: Pool, name: Name, value: Effective<string | null>): Size {
  if (value.kind === "unknown" || !/^-?\d+\s*[kmg]?$/i.test((value.value ?? "").trim())) return null;
  // Without a php.ini in the tree, the default is only known where a php.ini would be in the tree.
  if (value.kind === "default" && pool.master.ini.files.length === 0 && !host.whole) return null;
  const bytes = parseIniBytes(value.value ?? "");
  if (name === "upload_max_filesize") return { ...value, value: bytes };
  // Too small to set, so another one is in force: php/invalid-limit reports that.
  if (name === "memory_limit" && bytes >= 0 && bytes < LEAST_MEMORY) return null;
  return { ...value, value: bytes <= 0 ? Infinity : bytes };
}
