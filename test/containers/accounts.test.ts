import { expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { POOL, SITE } from "./support/stack.js";

/** Users and groups of containers: one name may have two numbers, and the kernel goes by numbers. */

const { put, lint } = tree();

interface Stack {
  readonly web: string;
  readonly php: string;
  readonly user?: string;
  readonly pool?: string;
}

const OPEN_TO_WWW_DATA = "listen.owner = www-data\nlisten.group = www-data\nlisten.mode = 0660";

/** The errors and warnings about accounts, with the words that tell them apart. */
function said({ web, php, user = "www-data", pool = OPEN_TO_WWW_DATA }: Stack): readonly string[] {
  put({
    "nginx.conf": `user ${user};\nevents {}\nhttp {\n  server {\n    root /var/www/html;\n    location ~ \\.php$ {\n      include fastcgi_params;\n      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n      fastcgi_pass unix:/run/php/www.sock;\n    }\n  }\n}\n`,
    "www.conf": `[www]\nlisten = /run/php/www.sock\n${pool}\n`,
    "compose.yaml": `services:
  web:
${web}
    volumes: ['./nginx.conf:/etc/nginx/nginx.conf', 'run:/run/php']
  php:
${php}
    volumes: ['./www.conf:/usr/local/etc/php-fpm.d/zzz.conf', 'run:/run/php']
volumes:
  run:
`,
  });
  return lint(["."])
    .findings.filter(({ rule }) => /permission-denied|invalid-value/.test(rule))
    .map(({ severity, rule, message }) => `${severity} ${rule}: ${message}`);
}

const image = (name: string): string => `    image: ${name}`;

test("www-data is one account in two images of Debian, and another one on Alpine", () => {
  expect(said({ web: image("nginx:1.27"), php: image("php:8.3-fpm") })).toEqual([]);
  expect(said({ web: image("nginx:1.27"), php: image("php:8.3-fpm-alpine") })).toEqual([
    "error socket/permission-denied: nginx's workers run as www-data (33) and may not write to the socket of pool [www]: www-data:www-data 0660 (82:82)",
  ]);
});

test("the help gives the group's number where the other image does not have its name", () => {
  const stack = { web: image("nginx:1.27"), php: image("php:8.3-fpm"), user: "nginx" };
  expect(said(stack)).toHaveLength(1);
  const ways = (): readonly string[] =>
    lint(["."]).findings.flatMap(({ rule, help }) =>
      rule === "socket/permission-denied"
        ? help.ways.flatMap(({ edits }) => edits.flatMap((edit) => (edit.kind === "text" ? edit.lines : [])))
        : [],
    );
  expect(ways().join("\n")).toContain("listen.group = 101");
  expect(said({ ...stack, pool: `${OPEN_TO_WWW_DATA}\nlisten.group = 101` })).toEqual([]);
});

test("an account that an image does not have stops the daemon", () => {
  expect(said({ web: image("nginx:alpine"), php: image("php:8.3-fpm-alpine") })).toEqual([
    `error nginx/invalid-value: the user "www-data" is not in the image nginx:alpine's etc/passwd`,
  ]);
  expect(
    said({
      web: image("nginx:1.27"),
      php: image("php:8.3-fpm"),
      user: "nginx",
      pool: "listen.owner = nginx",
    }),
  ).toEqual(["error fpm/invalid-value: listen.owner is nginx, and the host has no such user"]);
});

test.each<readonly [string, Partial<Stack>]>([
  ["a command that makes accounts", { php: "    build: ./php" }],
  [
    "a command of its own",
    { php: `${image("php:8.3-fpm-alpine")}\n    command: sh -c 'adduser nginx && php-fpm'` },
  ],
  ["another image", { php: image("example/php:8") }],
])("nothing is said after %s", (_, stack) => {
  put({ "php/Dockerfile": "FROM php:8.3-fpm-alpine\nRUN usermod -u 33 www-data\n" });
  expect(said({ web: image("nginx:1.27"), php: image("php:8.3-fpm-alpine"), ...stack })).toEqual([]);
});

test.each([
  ["user:", `${image("php:8.3-fpm-alpine")}\n    user: '1000:1000'`, ""],
  ["USER", "    build: ./php", "FROM php:8.3-fpm-alpine\nUSER 1000\n"],
])("whose socket it is is not known where %s says who starts PHP-FPM", (_, php, dockerfile) => {
  put({ "php/Dockerfile": dockerfile });
  expect(said({ web: image("nginx:1.27"), php })).toEqual([]);
});

test("the accounts of nginx's image say nothing of a pool that runs elsewhere", () => {
  put({
    "etc/default.conf": SITE("127.0.0.1:9000"),
    "etc/php-fpm.d/www.conf": `${POOL("9000")}user = shop\ngroup = shop\n`,
    "compose.yaml": `services:
  web:
    image: nginx:1.27
    volumes: ['./etc:/etc/nginx/conf.d']
  php:
    image: example/fpm
    network_mode: service:web
    volumes: ['./etc/php-fpm.d/www.conf:/usr/local/etc/php-fpm.d/www.conf']
`,
  });
  expect(lint(["."]).findings.filter(({ rule }) => rule === "fpm/invalid-value")).toEqual([]);
});

test("root is no other account", () => {
  expect(
    said({ web: image("nginx:1.27"), php: `${image("php:8.3-fpm-alpine")}\n    user: root` }),
  ).toHaveLength(1);
});
