import * as fs from "node:fs";
import * as http from "node:http";
import { join } from "node:path";
import { expect } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs } from "../daemons/available.js";
import { type Copy, copyFixture, type Running, start, walk } from "../daemons/bench.js";
import { runCommand } from "../support/run-command.js";
import { DEBIAN, withTree } from "../support/tree.js";

/**
 * `fpmlint trace` against the daemons: the same URL is traced and sent, and both must go the same way. Of the
 * way the locations are compared, as nginx names them in its debug log; of the end the status, the file or the
 * script, where a redirect leads, and every parameter that the script finds in `$_SERVER`.
 */

interface Sent {
  /** With the ports of the fixture. */
  readonly url: string;
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: number;
}

interface Way {
  readonly outcome: {
    readonly kind: string;
    readonly status?: number | null;
    readonly path?: string;
    readonly redirect?: string | null;
    readonly reason?: string;
    readonly cache?: {
      readonly key: string | null;
      readonly bypass: { readonly holds: boolean | null };
      readonly noCache: { readonly holds: boolean | null };
    } | null;
  };
  readonly rests: readonly unknown[];
  readonly steps: readonly { readonly kind: string; readonly text: string }[];
  readonly pools: readonly {
    readonly answer: {
      readonly kind: string;
      readonly status?: number;
      readonly script?: string;
      readonly server?: readonly { readonly name: string; readonly value: string | null }[];
    } | null;
  }[];
}

const SHOW = "<?php header('Content-Type: application/json'); echo json_encode($_SERVER);\n";

/**
 * Every script of the copy shows what PHP sees, nginx writes down which location it uses, and the accounts are
 * those that every machine has: this is about the way, not about who may go it.
 */
function prepare(root: string): void {
  for (const file of walk(root)) {
    if (!fs.lstatSync(file).isFile()) continue;
    if (/\/(?:index|body)\.php$/.test(file)) fs.writeFileSync(file, SHOW);
    if (/\/nginx\.conf$/.test(file))
      change(file, (text) =>
        text
          .replace(/^http \{/m, `http { error_log ${root}/var/log/nginx/debug.log debug;`)
          .replace(/^user .*;/m, "user www-data;"),
      );
    if (/\/(?:pool\.d|php-fpm\.d)\//.test(file))
      change(file, (text) =>
        text
          .replace(/^((?:user|group|listen\.(?:owner|group)) *=).*$/gm, "$1 www-data")
          .replace(/^listen\.acl_users *=.*$/gm, "listen.owner = www-data"),
      );
  }
}

function change(file: string, by: (text: string) => string): void {
  fs.writeFileSync(file, by(fs.readFileSync(file, "utf8")));
}

interface Got {
  readonly status: number;
  readonly location: string | null;
  readonly body: string;
  /** `$upstream_cache_status`, where the server sends it. */
  readonly cache: string | null;
}

function send(url: URL, { method = "GET", headers = [], body }: Sent): Promise<Got> {
  return new Promise((resolve, reject) => {
    const own = headers.map((one) => one.split(/: */) as [string, string]);
    const length = body === undefined ? {} : { "Content-Length": String(body) };
    const sent = http.request({
      host: "127.0.0.1",
      port: url.port === "" ? 80 : Number(url.port),
      method,
      path: url.pathname + url.search,
      agent: false,
      headers: { Host: url.host, ...length, ...Object.fromEntries(own) },
    });
    sent.on("error", reject);
    sent.once("response", (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        text += part;
      });
      response.once("close", () =>
        resolve({
          status: response.statusCode ?? 0,
          location: response.headers.location ?? null,
          body: text,
          cache: (response.headers["x-cache"] as string | undefined) ?? null,
        }),
      );
    });
    sent.end("x".repeat(body ?? 0));
  });
}

async function trace(root: string, url: string, { method, headers = [], body }: Sent): Promise<Way> {
  const words = [
    ...(method === undefined ? [] : ["--method", method]),
    ...headers.flatMap((one) => ["--header", one]),
    ...(body === undefined ? [] : ["--body-size", String(body)]),
  ];
  const { status, out, err } = await runCommand(
    ["trace", url, join(root, "etc"), "--from", "127.0.0.1", "--format", "json", ...words],
    { rules, validators, workingDirectory: root },
  );
  expect({ status, err }, url).toEqual({ status: 0, err: "" });
  const { ways } = JSON.parse(out) as { readonly ways: readonly Way[] };
  expect(ways, `${url} is certain`).toHaveLength(1);
  return ways[0] as Way;
}

/** The locations that nginx used, in order, those with a name among them; `""` is the server itself. */
function used(log: string): readonly string[] {
  const found = log.matchAll(/using configuration "=?([^"\n]*)"|using location: (@\S+) /g);
  return [...found].map(([, written, named]) => named ?? written ?? "");
}

/** The same of a trace. A location that is internal refuses before nginx writes that it uses it. */
function chosen({ steps }: Way): readonly string[] {
  return steps.flatMap(({ kind, text }, index) => {
    if (kind !== "location" || steps[index + 1]?.text.includes("the location is internal") === true)
      return [];
    return [/^location (?:(?:=|~\*?|\^~) )?(\S+) takes /.exec(text)?.[1] ?? ""];
  });
}

/** What the kernel and the connection give, and nobody can tell beforehand. */
const BEYOND =
  /^(?:REMOTE_PORT|REMOTE_ADDR|SERVER_ADDR|REQUEST_TIME\w*|argv|argc|USER|HOME|FCGI_ROLE|PHP_SELF|HTTP_CONNECTION)$/;

async function same(running: Running, sent: Sent): Promise<void> {
  const { root, ports } = running.copy;
  const given = new URL(sent.url);
  const port = Number(given.port === "" ? 80 : given.port);
  given.port = String(ports.get(port) ?? port);
  const log = `${root}/var/log/nginx/debug.log`;
  const before = fs.readFileSync(log, "utf8").length;
  const got = await send(given, sent);
  const way = await trace(root, given.href, sent);
  const what = `${sent.url} on ${root}`;
  const inside = (path: string) => (path.startsWith(root) ? path : root + path);
  const written = fs.readFileSync(log, "utf8").slice(before);
  expect(written, what).not.toBe("");
  expect(chosen(way), what).toEqual(used(written));
  const { outcome } = way;
  if (outcome.kind === "status") {
    expect([outcome.status, outcome.redirect], what).toEqual([got.status, got.location]);
  } else if (outcome.kind === "file") {
    expect(outcome.status, what).toBe(got.status);
    const file = fs.readFileSync(inside(outcome.path ?? ""), "utf8");
    expect(got.body, what).toBe(file);
  } else {
    expect(outcome.kind, what).toBe("php");
    const stored = cached(outcome.cache ?? null, root);
    expect([what, stored]).toEqual([what, got.cache]);
    expect(outcome.cache?.key ?? null, what).toBe(/http cache key: "(.*)"/.exec(written)?.[1] ?? null);
    if (stored === "HIT") return;
    const [pool] = way.pools;
    if (pool?.answer?.kind === "runs") {
      expect(got.status, what).toBe(outcome.status ?? 200);
      const server = JSON.parse(got.body) as Readonly<Record<string, string>>;
      for (const { name, value } of pool.answer.server ?? [])
        if (value !== null && !BEYOND.test(name))
          expect([name, server[name] ?? ""], what).toEqual([name, value]);
    } else if (pool?.answer?.kind === "refused") expect(pool.answer.status, what).toBe(got.status);
    else expect([pool?.answer?.kind, got.status, got.body], what).toEqual(["blank", 200, ""]);
  }
}

/** The keys under which each server has stored an answer, by its root. */
const storedIn = new Map<string, Set<string>>();

/** What nginx says of its cache; `null`: it has none. */
function cached(use: Way["outcome"]["cache"] | null, root: string): string | null {
  if (use == null) return null;
  const keys = storedIn.get(root) ?? new Set();
  storedIn.set(root, keys);
  const key = use.key ?? "";
  const found = use.bypass.holds === true ? "BYPASS" : keys.has(key) ? "HIT" : "MISS";
  if (use.noCache.holds === false) keys.add(key);
  return found;
}

async function copied(from: string | Readonly<Record<string, string>>): Promise<Copy> {
  if (typeof from === "string") return copyFixture(join(fixtures(), from));
  let copy: Copy | null = null;
  await withTree(async ({ top, put: fill }) => {
    fill(from);
    copy = await copyFixture(top());
  });
  if (copy === null) throw new Error("no copy was made");
  return copy;
}

function onTree(
  from: string | Readonly<Record<string, string>>,
  sent: readonly Sent[],
  add: (root: string) => void = () => {},
) {
  return async () => {
    const copy = await copied(from);
    prepare(copy.root);
    add(copy.root);
    const running = await start(copy);
    try {
      expect(running.started, running.output).toBe(true);
      for (const one of sent) await same(running, one);
    } finally {
      await running.stop();
    }
  };
}

function put(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    fs.mkdirSync(join(root, path, ".."), { recursive: true });
    fs.writeFileSync(join(root, path), text);
  }
}

const FILES = { "srv/files/a.txt": "a text\n", "srv/app/run.php": SHOW, "srv/a/index.php": SHOW };

const TURNS = `map $http_user_agent $phone { default 0; Phone 1; }
server {
  listen 80;
  server_name a.example.com;
  root /srv/a;
  index index.php;
  error_page 404 /index.php?missing=1;
  rewrite ^/old/(.*)$ /new/$1 last;
  location = /moved { return 301 /old/moved; }
  location / { try_files $uri $uri/ @front; }
  location @front { rewrite ^ /index.php?from=$uri last; }
  location ~* \\.css$ { }
  location ~ \\.php$ {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_param PHONE $phone;
    fastcgi_pass unix:/run/php/www.sock;
  }
  location /files/ { alias /srv/files/; }
  location /app/ {
    alias /srv/app/;
    location ~ ^/app/(.+\\.php)$ {
      alias /srv/app/$1;
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $request_filename;
      fastcgi_pass unix:/run/php/www.sock;
    }
  }
  location /closed/ { deny all; error_page 403 =200 /index.php; }
  location /inside { internal; }
  location /mobile {
    if ($phone) { return 302 http://m.example.com$request_uri; }
    rewrite ^ /index.php break;
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_pass unix:/run/php/www.sock;
  }
  location /round { rewrite ^ /round2 last; }
  location /round2 { rewrite ^ /round last; }
  location /api/ {
    limit_except GET { deny all; }
    proxy_set_header Host b.example.com;
    proxy_pass http://127.0.0.1:8080/inner/;
  }
  location /post { client_max_body_size 1k; try_files $uri /index.php; }
}
server {
  listen 8080;
  listen 80;
  server_name .b.example.com;
  root /srv/a;
  location / {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root/index.php;
    fastcgi_pass unix:/run/php/www.sock;
  }
}
`;

const VARIABLES = `server {
  listen 80;
  server_name v.example.com;
  set $TREE /srv/a;
  set $backend unix:/run/php/www.sock;
  root $TREE;
  location ~ /files/.*(?<!\\.txt)$ { return 410; }
  location / { try_files $uri $uri/ /index.php?q=$uri&$args; }
  location ~ \\.php$ {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_pass $backend;
  }
}
`;

const CACHED = `fastcgi_cache_path /var/log/nginx/cache keys_zone=pages:1m;
map $http_cookie $skip { default ""; ~session 1; }
server {
  listen 80;
  server_name shop.example.com;
  root /srv/a;
  add_header X-Cache $upstream_cache_status always;
  fastcgi_cache_valid 200 1m;
  fastcgi_cache_key $scheme$request_method$host$request_uri;
  location / {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root/index.php;
    fastcgi_cache pages;
    fastcgi_cache_bypass $skip $arg_fresh;
    fastcgi_no_cache $skip;
    fastcgi_pass unix:/run/php/www.sock;
  }
  location /one/ {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root/index.php;
    fastcgi_cache pages;
    fastcgi_cache_key one;
    fastcgi_no_cache "" $arg_keep;
    fastcgi_pass unix:/run/php/www.sock;
  }
}
`;

describeProofs("the way that real nginx and PHP-FPM go", (proof) => {
  proof(
    "a host with three pools",
    onTree(
      "hosts/three-pools",
      [
        { url: "http://blog.example.com/" },
        { url: "http://blog.example.com/a/b?x=1&y=%20" },
        { url: "http://shop.example.com/index.php?x=1" },
        { url: "http://shop.example.com/nothing.php" },
        { url: "http://wiki.example.com/style.css" },
        { url: "http://wiki.example.com/pictures" },
        { url: "http://wiki.example.com/pictures/" },
        { url: "http://nobody.example.com/a%2Fb//c/../d" },
        { url: "http://shop.example.com/body.php", body: 5000, method: "POST" },
        { url: "http://shop.example.com/body.php", body: 9_000_000, method: "POST" },
        { url: "http://shop.example.com/index.php/a/b" },
        { url: "http://blog.example.com/x", headers: ["X-Forwarded-Proto: https", "Cookie: a=b"] },
        { url: "http://blog.example.com/style.css", method: "POST", body: 0 },
      ],
      (root) =>
        put(root, { "var/www/wiki/public/style.css": "b {}\n", "var/www/wiki/public/pictures/a.png": "" }),
    ),
  );
  proof(
    "Debian's files",
    onTree("hosts/debian", [
      { url: "http://localhost/" },
      { url: "http://localhost/index.php/a/b?c" },
      { url: "http://localhost/nothing" },
      { url: "http://localhost/nothing.php" },
      { url: "http://localhost/index.php", method: "DELETE" },
    ]),
  );
  proof(
    "a host with faults",
    onTree("hosts/example", [
      { url: "http://blog.example.com/" },
      { url: "http://blog.example.com/cart?id=3" },
      { url: "http://shop.example.com/" },
      { url: "http://shop.example.com/cart?id=3" },
    ]),
  );
  proof(
    "Alpine's files",
    onTree("hosts/alpine", [{ url: "http://localhost/" }, { url: "http://localhost/index.php?a" }]),
  );
  proof(
    "the files of a Fedora",
    onTree("hosts/rhel", [
      { url: "http://localhost/index.php/a" },
      { url: "http://localhost/" },
      { url: "http://localhost/nothing.php" },
    ]),
  );
  proof(
    "a host with twenty faults",
    onTree("hosts/twenty-faults", [
      { url: "http://a01-shop.example.com/index.php?x" },
      { url: "http://a01-shop.example.com/nothing" },
      { url: "http://a02-shop.example.com/index.php?x" },
    ]),
  );
  proof(
    "an error page that a location with a name answers",
    onTree("fastcgi/missing-named-location/bad-error-page", [
      { url: "http://localhost/nothing" },
      { url: "http://localhost/index.php" },
    ]),
  );
  proof(
    "an alias with a location in it",
    onTree("fastcgi/alias-script/bad-nested", [
      { url: "http://localhost/" },
      { url: "http://localhost/index.php" },
    ]),
  );
  proof(
    "everything that turns a request aside",
    onTree({ ...DEBIAN, "etc/nginx/sites-enabled/a": TURNS, ...FILES }, [
      { url: "http://a.example.com/" },
      { url: "http://a.example.com/old/page?x=1" },
      { url: "http://a.example.com/moved" },
      { url: "http://a.example.com/nothing.css" },
      { url: "http://a.example.com/nothing.css", method: "POST", body: 10 },
      { url: "http://a.example.com/files/a.txt" },
      { url: "http://a.example.com/files" },
      { url: "http://a.example.com/files/" },
      { url: "http://a.example.com/app/run.php?a=b" },
      { url: "http://a.example.com/closed/" },
      { url: "http://a.example.com/inside" },
      { url: "http://a.example.com/mobile", headers: ["User-Agent: Phone"] },
      { url: "http://a.example.com/mobile" },
      { url: "http://a.example.com/round" },
      { url: "http://a.example.com/api/list?x", headers: ["X-A: 1"] },
      { url: "http://a.example.com/api/list", method: "DELETE" },
      { url: "http://a.example.com/post", method: "POST", body: 5000 },
      { url: "http://b.example.com/any" },
      { url: "http://x.b.example.com/any" },
    ]),
  );
  proof(
    "a root, a socket and a pattern that have to be worked out",
    onTree({ ...DEBIAN, "etc/nginx/sites-enabled/a": VARIABLES, ...FILES }, [
      { url: "http://v.example.com/cat/a?x=1" },
      { url: "http://v.example.com/files/a.pdf" },
      { url: "http://v.example.com/files/a.txt?x=1" },
    ]),
  );
  proof(
    "a cache, with its key and what keeps requests out of it",
    onTree({ ...DEBIAN, "etc/nginx/sites-enabled/a": CACHED, ...FILES }, [
      { url: "http://shop.example.com/a" },
      { url: "http://shop.example.com/a" },
      { url: "http://shop.example.com/a?fresh=0" },
      { url: "http://shop.example.com/a?fresh=0" },
      { url: "http://shop.example.com/b?fresh=1" },
      { url: "http://shop.example.com/b?fresh=1" },
      { url: "http://shop.example.com/a", headers: ["Cookie: session=1"] },
      { url: "http://shop.example.com/c", headers: ["Cookie: session=1"] },
      { url: "http://shop.example.com/c" },
      { url: "http://shop.example.com/c", headers: ["Cookie: other=1"] },
      { url: "http://shop.example.com/a", method: "POST", body: 10 },
      { url: "http://shop.example.com/one/a?keep=1" },
      { url: "http://shop.example.com/one/b?keep=0" },
      { url: "http://shop.example.com/one/c?keep=1" },
      { url: "http://shop.example.com/one/d" },
    ]),
  );
  proof(
    "an error page in the place of PHP-FPM's answer",
    onTree("fastcgi/extension-denied/ok-error-page-answers", [
      { url: "http://localhost/" },
      { url: "http://localhost/index.php" },
      { url: "http://localhost/nothing.php" },
    ]),
  );
});
