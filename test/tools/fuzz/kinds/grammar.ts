import { fpmFacts } from "../../../../src/fpm/settings/facts.js";
import { factRows } from "../../../../src/nginx/facts/directives.js";
import { DIRECTIVE_ROWS } from "../../../../src/nginx/facts/facts.js";
import type { Random } from "../../reality/random.js";
import { type Draw, lintAll } from "../case.js";
import { mutateTokens } from "../tokens.js";
import { file, type TreeNode } from "../tree.js";
import { CONTROLS, HUGE_NUMBERS, PLACEHOLDERS, PROTOTYPE_NAMES } from "../words.js";

interface Row {
  readonly name: string;
  readonly contexts: string;
  readonly block: boolean;
  readonly least: number;
  readonly most: number;
  readonly type: string;
}

const ROWS: readonly Row[] = factRows(DIRECTIVE_ROWS).map(
  ([name = "", contexts = "", args = "", type = ""]) => {
    const counts = args.replace("{", "").match(/\d+/g)?.map(Number) ?? [1];
    const least = Math.min(...counts);
    const most = args.includes("+") ? least + 3 : Math.max(...counts);
    return { name, contexts, block: args.startsWith("{"), least, most, type };
  },
);

/** Those that the two halves meet in: drawn more often than chance would. */
const MEETING = ROWS.filter(({ name }) =>
  /^(fastcgi_|location$|server$|root$|try_files$|client_|include$|upstream$|keepalive|index$|rewrite$|set$|if$)/.test(
    name,
  ),
);

/** The letter of the context inside a block, by the block's name and the letter around it. */
function inside(name: string, around: string): string {
  if (name === "server") return { m: "m", M: "N", S: "T" }[around] ?? "s";
  const own: readonly (readonly [string, string])[] = [
    ...([
      ["events", "e"],
      ["http", "h"],
      ["mail", "M"],
      ["stream", "S"],
      ["location", "l"],
    ] as const),
    ...([
      ["limit_except", "x"],
      ["upstream", around === "S" ? "U" : "u"],
    ] as const),
    ["if", around === "l" ? "I" : "i"],
  ];
  return own.find(([block]) => block === name)?.[1] ?? "*";
}

const ADDRESSES = [
  ...[
    "unix:/run/php/www.sock",
    "127.0.0.1:9000",
    "[::1]:9000",
    "localhost:9000",
    "backend",
    "$backend",
    "php",
  ],
  ...["unix:/run/php/shop.sock;", "9000", "unix:", "127.0.0.1", "php:9000", "0.0.0.0:9001"],
];
const LISTENS = [
  "/run/php/www.sock",
  "127.0.0.1:9000",
  "9000",
  "[::]:9000",
  "/run/php/$pool.sock",
  "9001",
  "",
];
const STRINGS = [
  ...[
    "/",
    "/var/www/html",
    "a",
    "$document_root$fastcgi_script_name",
    "SCRIPT_FILENAME",
    "$uri",
    "=404",
    "any",
  ],
  ...[
    "~ \\.php$",
    "~* ^/(.+\\.php)(/.*)$",
    "@php",
    "index.php",
    "http_500",
    "error",
    "timeout",
    "max_size=1g",
  ],
  ...[
    "$request_uri",
    "conf.d/*.conf",
    "fastcgi_params",
    "zone=a:1m",
    "levels=1:2",
    "keys_zone=a:1m",
    "80",
    "''",
  ],
];

function worth(type: string, random: Random): string {
  if (random.chance(0.04))
    return random.pick([...PROTOTYPE_NAMES, ...HUGE_NUMBERS, ...PLACEHOLDERS, ...CONTROLS]);
  if (type === "flag" && random.chance(0.8)) return random.pick(["on", "off"]);
  if (/^(size|offset|number|complex-size)/.test(type))
    return `${random.int(0, 2000)}${random.pick(["", "k", "m", "M"])}`;
  if (/^(time|cache-valid)/.test(type))
    return `${random.int(0, 400)}${random.pick(["", "s", "ms", "m", "h", "d"])}`;
  if (random.chance(0.2)) return random.pick(ADDRESSES);
  if (random.chance(0.1)) return String(random.int(0, 100_000));
  return random.pick(STRINGS);
}

function lines(context: string, depth: number, random: Random): string {
  const fitting = (rows: readonly Row[]) =>
    random.chance(0.05)
      ? rows
      : rows.filter(({ contexts }) => contexts.includes(context) || contexts === "*");
  const [all, meeting] = [fitting(ROWS), fitting(MEETING)];
  const made: string[] = [];
  for (let left = random.int(1, depth === 0 ? 6 : 9); left > 0; left -= 1) {
    const pool = meeting.length > 0 && random.chance(0.6) ? meeting : all;
    if (pool.length > 0) made.push(directive(random.pick(pool), context, depth, random));
  }
  return made.join("\n");
}

function directive(
  { name, block, least, most, type }: Row,
  context: string,
  depth: number,
  random: Random,
): string {
  const count = random.chance(0.95) ? random.int(least, most) : random.int(0, 6);
  const address = /_pass$|^server$/.test(name) && !block;
  const values = Array.from({ length: count }, () =>
    address ? random.pick(ADDRESSES) : worth(type, random),
  );
  const head = [name, ...values.map((word) => (random.chance(0.1) ? JSON.stringify(word) : word))].join(" ");
  if (!block) return `${head};`;
  if (depth > 5) return `${head} {}`;
  return `${head} {\n${lines(inside(name, context), depth + 1, random)}\n}`;
}

function nginxText(random: Random): string {
  const servers = Array.from(
    { length: random.int(1, 3) },
    () => `server {\n${lines("s", 2, random)}\n${location(random)}\n}`,
  );
  const http = `http {\n${lines("h", 1, random)}\n${servers.join("\n")}\n}`;
  return `${lines("m", 4, random)}\nevents {\n${lines("e", 4, random)}\n}\n${http}\n`;
}

/** One that passes to PHP, so that there is a join to judge. */
function location(random: Random): string {
  const pass = `fastcgi_pass ${random.pick(ADDRESSES)};`;
  const file = random.chance(0.7) ? "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;" : "";
  return `location ~ \\.php$ {\n${pass}\n${file}\n${lines("l", 4, random)}\n}`;
}

function fpmValue(type: string, allowed: readonly string[], random: Random): string {
  if (random.chance(0.05))
    return random.pick([...PROTOTYPE_NAMES, ...HUGE_NUMBERS, ...PLACEHOLDERS, ...CONTROLS]);
  if (allowed.length > 0 && random.chance(0.9)) return random.pick(allowed);
  const made: Readonly<Record<string, readonly string[]>> = {
    integer: ["0", "1", "5", "50", "500", "-1"],
    time: ["0", "10", "30s", "5m", "1h", "2d"],
    boolean: ["yes", "no", "1", "0", "on", "off"],
    address: LISTENS,
    mode: ["0660", "0666", "660", "0600", "0999"],
    user: ["www-data", "root", "nobody", "1000", `\${USER}`],
    group: ["www-data", "root", "33"],
  };
  return random.pick(
    made[type] ?? ["/var/log/php.log", "/status", "a b", '"a', "$pool", "127.0.0.1,::1", "512M", "120"],
  );
}

function fpmText(random: Random): string {
  const rows = (section: "global" | "pool", most: number): string =>
    Array.from({ length: random.int(1, most) }, () => {
      const fact = random.pick(
        fpmFacts.filter((one) => random.chance(0.05) || one.section === section || one.section === "both"),
      );
      const key =
        fact.type === "array"
          ? `${fact.name}[${random.pick(["memory_limit", "PATH", "max_execution_time", ...PROTOTYPE_NAMES])}]`
          : fact.name;
      return `${key} ${random.chance(0.95) ? "=" : ""} ${fpmValue(fact.type, fact.allowed ?? [], random)}`;
    }).join("\n");
  const pools = Array.from({ length: random.int(1, 4) }, () => {
    const name = random.pick(["www", "shop", "blog", "a.b", ...PROTOTYPE_NAMES.slice(0, 2)]);
    const basis = random.chance(0.7)
      ? `user = www-data\nlisten = ${random.pick(LISTENS)}\npm = ${random.pick(["static", "dynamic", "ondemand"])}\npm.max_children = ${random.int(0, 300)}\n`
      : "";
    return `[${name}]\n${basis}${rows("pool", 12)}\n`;
  });
  return `[global]\n${rows("global", 5)}\n${pools.join("\n")}`;
}

/** Configurations made from the tables of directives and settings: right in form, of any meaning. */
export const grammar: Draw = (random) => {
  const tree = new Map<string, TreeNode>();
  const changed = (text: string) => file(random.chance(0.3) ? mutateTokens(text, random) : text);
  tree.set("etc/nginx/nginx.conf", changed(nginxText(random)));
  tree.set("etc/php/8.2/fpm/php-fpm.conf", changed(fpmText(random)));
  if (random.chance(0.3)) tree.set("etc/nginx/conf.d/a.conf", changed(lines("h", 1, random)));
  if (random.chance(0.3)) tree.set("etc/nginx/fastcgi_params", changed(lines("l", 4, random)));
  if (random.chance(0.3))
    tree.set("etc/passwd", file("root:x:0:0::/:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n"));
  return lintAll(tree, random);
};
