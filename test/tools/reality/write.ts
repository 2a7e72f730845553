import * as fs from "node:fs";
import * as path from "node:path";
import type { Block, Entry, HostDraft, PoolDraft, SiteDraft } from "./draft.js";
import type { Random } from "./random.js";

/** The files and links of a host by their paths in it. */
export interface Tree {
  readonly files: Map<string, string>;
  readonly links: Map<string, string>;
}

export function treeOf(host: HostDraft, random: Random): Tree {
  const tree: Tree = { files: new Map(host.files), links: new Map(host.links) };
  tree.files.set("/etc/passwd", PASSWD);
  tree.files.set("/etc/group", GROUP);
  // What `localhost` is, the daemons ask the machine.
  tree.files.set("/etc/hosts", fs.readFileSync("/etc/hosts", "utf8"));
  // Directories that packages and people have made.
  for (const directory of ["/srv/run", "/srv/link"]) tree.files.set(`${directory}/.keep`, "");
  writeNginx(tree, host, random);
  for (const version of new Set(host.pools.map((pool) => pool.version)))
    writeFpm(tree, host, version, random);
  for (const { directory } of host.sites.filter((site) => site.directory !== "")) {
    for (const place of [directory, `${directory}/app`, "/srv/tool"])
      tree.files.set(`${place}/index.php`, SCRIPT);
    tree.files.set(`${directory}/asked.php`, "<?php http_response_code(204);\n");
    tree.files.set(`${directory}/page.phtml`, "<?php echo PHP_SAPI;\n");
    tree.files.set(`${directory}/style.css`, "body {}\n");
    for (const page of ["404.html", "50x.html"])
      tree.files.set(`${directory}/${page}`, "<p>a page of nginx\n");
  }
  return tree;
}

export function writeTree({ files, links }: Tree, to: string): void {
  for (const [name, text] of files) {
    fs.mkdirSync(path.dirname(to + name), { recursive: true });
    fs.writeFileSync(to + name, text);
  }
  for (const [name, target] of links) {
    fs.mkdirSync(path.dirname(to + name), { recursive: true });
    fs.symlinkSync(target, to + name);
  }
}

function writeNginx(tree: Tree, host: HostDraft, random: Random): void {
  const scattered = scatter(tree, random);
  const way = random.pick(["inline", "glob", "links"]);
  host.drawn.add(`sites ${way}`);
  const sites = host.sites.map((site) => ({ site, text: server(site, scattered) }));
  const at = way === "links" ? "/etc/nginx/sites-available" : "/etc/nginx/sites-enabled";
  for (const { site, text } of way === "inline" ? [] : sites) {
    const file = `${site.directory === "" ? "front-" : ""}${site.name}.conf`;
    tree.files.set(`${at}/${file}`, `${text}\n`);
    if (way === "links")
      tree.links.set(`/etc/nginx/sites-enabled/${file}`, `/etc/nginx/sites-available/${file}`);
  }
  const groups = host.upstreams.map(({ name, lines }) => block(`upstream ${name}`, lines));
  const http = [
    ...scattered(host.http),
    ...(random.chance(0.5) ? scattered([...host.maps, ...groups]) : [...host.maps, ...groups]),
    ...(way === "inline" ? sites.map(({ text }) => text) : ["include /etc/nginx/sites-enabled/*.conf;"]),
  ];
  const main = [
    ...(host.user === null ? [] : [`user ${host.user};`]),
    ...host.main,
    "error_log /var/log/nginx/error.log;",
    "pid /run/nginx.pid;",
    block("events", ["worker_connections 512;"]),
    block("http", http),
  ];
  tree.files.set("/etc/nginx/nginx.conf", `${main.join("\n")}\n`);
}

function server(site: SiteDraft, scattered: Scatter): string {
  const root = site.root === "" ? [] : [`root ${site.root};`];
  const lines = [
    `listen ${site.listen};`,
    `server_name ${site.serverName};`,
    ...root,
    ...scattered(site.lines),
  ];
  const hops = site.hops.map((hop) => nested([hop], scattered));
  return block("server", [
    ...lines,
    ...scattered([...site.others, ...hops, ...locations(site.entries, scattered)]),
  ]);
}

/** Entries whose outermost locations are the same stand in one. */
function locations(entries: readonly Entry[], scattered: Scatter): readonly string[] {
  return entries.map((entry) => nested(entry.blocks, scattered));
}

function nested([outer, ...rest]: readonly Block[], scattered: Scatter): string {
  if (outer === undefined) return "";
  return block(outer.head, [
    ...scattered(outer.lines),
    ...(rest.length === 0 ? [] : [nested(rest, scattered)]),
  ]);
}

function block(head: string, lines: readonly string[]): string {
  const indented = lines.flatMap((line) => line.split("\n")).map((line) => `  ${line}`);
  return [`${head} {`, ...indented, "}"].join("\n");
}

type Scatter = (lines: readonly string[]) => readonly string[];

/** Moves runs of lines into files of their own, up to three includes away; equal runs share a file. */
function scatter(tree: Tree, { int, chance, pick }: Random): Scatter {
  const known = new Map<string, string>();
  const moved = (lines: readonly string[], depth: number): readonly string[] => {
    if (lines.length === 0 || depth === 3 || !chance(0.3)) return lines;
    const from = int(0, lines.length - 1);
    const to = int(from + 1, lines.length);
    const text = `${moved(lines.slice(from, to), depth + 1).join("\n")}\n`;
    const name = known.get(text) ?? `snippets/part${known.size}.conf`;
    known.set(text, name);
    tree.files.set(`/etc/nginx/${name}`, text);
    return [
      ...lines.slice(0, from),
      pick([`include ${name};`, `include /etc/nginx/${name};`]),
      ...lines.slice(to),
    ];
  };
  return (lines) => moved(lines, 0);
}

function writeFpm(tree: Tree, host: HostDraft, version: string, { int, chance }: Random): void {
  const home = `/etc/php/${version}/fpm`;
  const main = ["[global]", `error_log = /var/log/php${version}-fpm.log`, ...host.global];
  tree.files.set(`${home}/php-fpm.conf`, `${[...main, `include=${home}/pool.d/*.conf`].join("\n")}\n`);
  if (host.ini !== null) tree.files.set(`${home}/php.ini`, `${host.ini.join("\n")}\n`);
  const write = (file: string, { name }: PoolDraft, lines: readonly string[]): void => {
    const at = `${home}/pool.d/${file}`;
    const before = tree.files.get(at);
    tree.files.set(at, `${before === undefined ? "" : `${before}\n`}[${name}]\n${lines.join("\n")}\n`);
  };
  for (const pool of host.pools.filter((one) => one.version === version)) {
    const lines = [...(pool.listen === "" ? [] : [`listen = ${pool.listen}`]), ...pool.lines];
    const rest = chance(0.2) ? lines.splice(int(1, lines.length)) : [];
    write(pool.file, pool, lines);
    if (rest.length > 0) write(`zz-${pool.name}.conf`, pool, rest);
    if (rest.length > 0) host.drawn.add("pool in two files");
  }
}

/** As on every Debian; the daemons look accounts up on the machine. */
const PASSWD = [
  "root:x:0:0:root:/root:/bin/bash",
  "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin",
  "www-data:x:33:33:www-data:/var/www:/usr/sbin/nologin",
  "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
  "",
].join("\n");
const GROUP = ["root:x:0:", "daemon:x:1:", "www-data:x:33:", "nogroup:x:65534:", ""].join("\n");

/** One script for all requests; `do` says what is wanted of it. */
const SCRIPT = `<?php
$marks = (preg_match('#^/tmp/fl-[^/]+/root#', __DIR__, $root) ? $root[0] : '') . '/tmp/';
switch ($_GET['do'] ?? '') {
  case 'slow':
    $name = $marks . basename($_GET['mark'] ?? 'none');
    $begun = microtime(true);
    while (($ran = microtime(true) - $begun) < (float) $_GET['s']) {
      if (isset($_GET['mark'])) file_put_contents($name . '.ran', (string) $ran);
      usleep(20000);
    }
    if (isset($_GET['mark'])) touch($name . '.end');
    break;
  case 'error':
    http_response_code(404);
    break;
  case 'header':
    header('X-Fill: ' . str_repeat('x', (int) $_GET['n']));
    break;
}
header('Content-Type: application/json');
echo json_encode(['sapi' => PHP_SAPI, 'get' => isset($_GET['a']) ? count($_GET) : 0, 'odd' => str_starts_with((string) array_key_first($_GET), '?'), 'post' => count($_POST), 'post_max' => ini_get('post_max_size'), 'info' => $_SERVER['PATH_INFO'] ?? null]);
`;
