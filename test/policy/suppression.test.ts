import { describe, expect, test } from "vitest";
import type { LintResult } from "../../src/engine/finding.js";
import type { Config } from "../../src/engine/schemas.js";
import { tree } from "../support/tree.js";

/** Comments in the files of a host, as the command sees them. */

const NEXT = "fpmlint-disable-next-line";

interface Parts {
  readonly location?: string;
  readonly pool?: string;
  readonly main?: string;
  readonly config?: Config;
  readonly paths?: readonly string[];
  readonly today?: string | null;
}

const { put, lint: lintPaths } = tree();

function lint({
  location = "",
  pool = "",
  main = "",
  config = {},
  paths = ["etc"],
  today = null,
}: Parts): LintResult {
  put({
    "etc/nginx/nginx.conf": `${main}
events {}
http {
  server {
    location ~ \\.php$ {
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
${location}
      fastcgi_pass 127.0.0.1:9000;
    }
  }
}
`,
    "etc/php/8.2/fpm/php-fpm.conf": "include=/etc/php/8.2/fpm/pool.d/*.conf\n",
    "etc/php/8.2/fpm/pool.d/www.conf": `[www]
listen = 127.0.0.1:9000
pm = static
pm.max_children = 5
${pool}
`,
  });
  return lintPaths(paths, { config, today: () => today });
}

const RULE = "timeout/terminate-below-read";
const read = "fastcgi_read_timeout 300s;";
const kill = "request_terminate_timeout = 30s";

const has = (result: LintResult, rule = RULE): boolean => result.findings.some((one) => one.rule === rule);
const useless = ({ findings }: LintResult): readonly string[] =>
  findings.filter(({ rule }) => rule === "fpmlint/useless-suppression").map((one) => one.case);

test("the finding is there without a comment", () => {
  const result = lint({ location: read, pool: kill });
  expect(has(result)).toBe(true);
  expect(result.summary.suppressed).toBe(0);
});

describe("it is silenced", () => {
  test.each<readonly [string, Parts]>([
    ["at nginx's end", { location: `# ${NEXT} ${RULE} -- why\n${read}`, pool: kill }],
    ["at PHP-FPM's end", { location: read, pool: `; ${NEXT} ${RULE} -- why\n${kill}` }],
    ["on its own line", { location: `${read} # fpmlint-disable-line ${RULE} -- why`, pool: kill }],
    ["in the whole file", { main: `# fpmlint-disable-file ${RULE} -- why`, location: read, pool: kill }],
    ["by its group", { location: `# ${NEXT} timeout/* -- why\n${read}`, pool: kill }],
    [
      "until a day that has not passed",
      { location: `# ${NEXT} ${RULE} until 2027-01-31 -- why\n${read}`, pool: kill, today: "2027-01-31" },
    ],
    [
      "until a day, where nobody knows the date",
      { location: `# ${NEXT} ${RULE} until 2001-01-31 -- why\n${read}`, pool: kill },
    ],
    [
      "with one comment for each of two rules",
      {
        location: `# ${NEXT} ${RULE} -- why\n# ${NEXT} timeout/execution-limit-unreachable -- why\n${read}`,
        pool: kill,
      },
    ],
  ])("%s", (_, parts) => {
    const result = lint(parts);
    expect(has(result)).toBe(false);
    expect(result.summary.suppressed).toBeGreaterThan(0);
  });
});

describe("it is not silenced", () => {
  test.each<readonly [string, Parts, readonly string[]]>([
    [
      "on another line",
      { location: `# ${NEXT} ${RULE} -- why\nfastcgi_connect_timeout 5s;\n${read}`, pool: kill },
      ["useless"],
    ],
    [
      "for another rule",
      { location: `# ${NEXT} timeout/read-zero -- why\n${read}`, pool: kill },
      ["useless"],
    ],
    ["without a reason", { location: `# ${NEXT} ${RULE}\n${read}`, pool: kill }, ["no-reason"]],
    [
      "after its last day",
      { location: `# ${NEXT} ${RULE} until 2027-01-31 -- why\n${read}`, pool: kill, today: "2027-02-01" },
      ["expired"],
    ],
    [
      "with a date that is none",
      { location: `# ${NEXT} ${RULE} until 2027-02-30x -- why\n${read}`, pool: kill },
      ["expired"],
    ],
    [
      "by a name that is misspelt",
      { location: `# ${NEXT} timeout/terminate-below-reed -- why\n${read}`, pool: kill },
      ["unknown-rule"],
    ],
    [
      "by a comment of the other half's kind",
      { location: read, pool: `# ${NEXT} ${RULE} -- why\n${kill}` },
      [],
    ],
  ])("%s", (_, parts, cases) => {
    const result = lint(parts);
    expect(has(result)).toBe(true);
    expect(useless(result)).toEqual(cases);
  });
});

test("the misspelt name is answered with the right one", () => {
  const { findings } = lint({
    location: `# ${NEXT} timeout/terminate-below-reed -- why\n${read}`,
    pool: kill,
  });
  const said = findings.find(({ rule }) => rule === "fpmlint/useless-suppression");
  expect(said?.help.notes).toEqual([`did you mean ${RULE}?`]);
});

test("nothing is said of a rule that is off, nor where only a part was asked for", () => {
  const location = `# ${NEXT} timeout/read-zero -- why\n`;
  expect(useless(lint({ location }))).toEqual(["useless"]);
  expect(useless(lint({ location, config: { rules: { "timeout/read-zero": "off" } } }))).toEqual([]);
  expect(useless(lint({ location, config: { rules: { "fpmlint/useless-suppression": "off" } } }))).toEqual(
    [],
  );
  expect(useless(lint({ location, paths: ["etc/nginx/nginx.conf"] }))).toEqual([]);
});

test.each([
  ["pool/no-recycling", "pm.max_requests = 0"],
  ["pool/memory-limit-overcommit", "php_admin_value[memory_limit] = -1"],
])("one report of %s about several pools is silenced only where each of them is", (rule, setting) => {
  const pool = (name: string, port: number, comment: string): string =>
    `[${name}]\nlisten = 127.0.0.1:${port}\npm = static\npm.max_children = 5\n${comment}${setting}\n`;
  const silent = `; ${NEXT} ${rule} -- why\n`;
  const both = (first: string, second: string): boolean => {
    put({
      "etc/php/8.2/fpm/php-fpm.conf": pool("www", 9000, first) + pool("more", 9001, second),
    });
    return has(lintPaths(["etc"], { config: { memory: "1G" } }), rule);
  };
  expect([both("", ""), both(silent, ""), both("", silent), both(silent, silent)]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test("a file that two hosts share has one comment, which is of use where one of them needs it", () => {
  const site = (address: string) =>
    `location ~ \\.php$ {\n  # ${NEXT} timeout/read-zero -- why\n  fastcgi_read_timeout 0;\n  fastcgi_pass ${address};\n}\n`;
  put({
    "a/etc/nginx/nginx.conf": "events {}\nhttp {\n  server {\n    include /etc/nginx/php.conf;\n  }\n}\n",
    "a/etc/nginx/php.conf": site("127.0.0.1:9000"),
    "b/etc/nginx/nginx.conf": "events {}\nhttp {\n  server {\n    include /etc/nginx/php.conf;\n  }\n}\n",
    "b/etc/nginx/php.conf": site("127.0.0.1:9000"),
  });
  const result = lintPaths(["."]);
  expect(result.summary.suppressed).toBe(2);
  expect(useless(result)).toEqual([]);
});

test("a pool file that nothing includes takes comments like any other", () => {
  const pool = (comment: string): string =>
    `${comment}[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\npm.max_requests = 0\n`;
  const found = (comment: string): boolean => {
    put({
      "etc/nginx/nginx.conf":
        "events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      fastcgi_pass 127.0.0.1:9000;\n    }\n  }\n}\n",
      "etc/php/fpm/shop.conf.d/base.conf": pool(comment),
    });
    return has(lintPaths(["etc"]), "pool/no-recycling");
  };
  expect(found("")).toBe(true);
  expect(found("; fpmlint-disable-file pool/no-recycling -- why\n")).toBe(false);
});

test("a file may hold more comments than a call takes arguments", () => {
  const comment = "# fpmlint-disable-file timeout/read-zero -- why\n";
  const result = lint({ main: comment.repeat(150_000) });
  expect(useless(result)).toHaveLength(1000);
});
