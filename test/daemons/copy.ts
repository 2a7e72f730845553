import * as fs from "node:fs";
import * as path from "node:path";
import { freePort } from "../build/ports.js";
import { bare, directives } from "../nginx/support/words.js";
import { onExit } from "../support/exit.js";
import { scripts } from "./scripts.js";
import type { Listen, Table } from "./substitution.js";
import * as substitution from "./substitution.js";

/** The main files of a host, as paths of that host: `/etc/nginx/nginx.conf`. */
export interface HostPaths {
  readonly nginx: string | null;
  readonly masters: readonly MasterPaths[];
}

export interface MasterPaths {
  readonly main: string;
  /** `null`: the host brings no `php.ini` for it. */
  readonly ini: string | null;
  /** Directory of further `*.ini` files. */
  readonly scan: string | null;
}

export interface Copy {
  /** `/tmp/fl-XXXXXX`. */
  readonly dir: string;
  /** The copied host: `<dir>/root`. */
  readonly root: string;
  readonly hosts: HostPaths;
  /** Port in the fixture → port in the copy. */
  readonly ports: ReadonlyMap<number, number>;
  readonly listens: readonly Listen[];
  /** Takes the substitution back in what a daemon printed. */
  restore(text: string): string;
  remove(): void;
}

/** Ports as daemons print them; a bare number of five digits may be a process. */
const PRINTED_PORT = /(?<=[:'"]|port )\d{5}\b/g;

const NGINX_MAINS = ["/etc/nginx/nginx.conf", "/usr/local/etc/nginx/nginx.conf", "/etc/openresty/nginx.conf"];

/** Found the way the packages lay them out; the pool files next to them have other names. */
export function hostPaths(root: string): HostPaths {
  const files = [...walk(root)].map((file) => `/${path.relative(root, file)}`).sort();
  const mains = files.filter((file) => /\/php-fpm[\d.]*\.conf$/.test(file) && !/\.d\/|\/nginx\//.test(file));
  return {
    nginx: NGINX_MAINS.find((main) => files.includes(main)) ?? null,
    masters: mains.map((main) => masterPaths(main, files)),
  };
}

function masterPaths(main: string, files: readonly string[]): MasterPaths {
  const directory = path.posix.dirname(main);
  const homes = [directory, `${directory}/php`];
  const scan = [...homes.map((home) => `${home}/conf.d`), `${directory}/php.d`];
  return {
    main,
    ini: homes.map((home) => `${home}/php.ini`).find((file) => files.includes(file)) ?? null,
    scan: scan.find((home) => files.some((file) => file.startsWith(`${home}/`))) ?? null,
  };
}

export function* walk(directory: string): Generator<string> {
  const entries = fs.readdirSync(directory, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) yield* walk(full);
    else yield full;
  }
}

export async function copyFixture(fixture: string): Promise<Copy> {
  const dir = fs.mkdtempSync("/tmp/fl-");
  const remove = onExit(() => fs.rmSync(dir, { recursive: true, force: true }));
  try {
    return await fill(fixture, dir, remove);
  } catch (error) {
    remove();
    throw error;
  }
}

async function fill(fixture: string, dir: string, remove: () => void): Promise<Copy> {
  const root = `${dir}/root`;
  // mkdtemp makes it private; the workers of both daemons run as other users.
  fs.chmodSync(dir, 0o755);
  fs.cpSync(fixture, root, { recursive: true, verbatimSymlinks: true });
  copyStockFiles(root);
  const table = await portTable(root);
  rewrite(root, table.table);
  provideDirectories(root);
  provideScripts(root);
  // Paths in the copy begin with the copy's root. With this link they mean the same to a reader
  // that takes the copy for a host of its own.
  fs.mkdirSync(path.join(root, dir), { recursive: true });
  fs.symlinkSync("../..", path.join(root, root));
  for (const entry of [root, ...directoriesOf(root)]) if (entry !== `${root}/tmp`) fs.chmodSync(entry, 0o755);
  const back = new Map([...table.ports].map(([from, to]) => [String(to), String(from)]));
  return {
    dir,
    root,
    hosts: hostPaths(fixture),
    ports: table.ports,
    listens: [...nginxFiles(root)].flatMap((file) => substitution.listens(fs.readFileSync(file, "utf8"))),
    restore: (text) =>
      text.replaceAll(root, "").replace(PRINTED_PORT, (number) => back.get(number) ?? number),
    remove,
  };
}

function* nginxFiles(root: string): Generator<string> {
  for (const file of walk(root)) {
    if (substitution.isNginx(path.relative(root, file)) && fs.lstatSync(file).isFile()) yield file;
  }
}

function* directoriesOf(directory: string): Generator<string> {
  for (const entry of fs.readdirSync(directory, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    yield path.join(directory, entry.name);
    yield* directoriesOf(path.join(directory, entry.name));
  }
}

/** Files of the nginx package: fixtures include them as every host does, and need not carry them. */
const STOCK = ["mime.types", "fastcgi_params", "fastcgi.conf", "snippets/fastcgi-php.conf", "proxy_params"];

function copyStockFiles(root: string): void {
  // Twice, because a stock snippet includes another stock file. Only what is included: a glob of
  // the fixture must not meet more files than it would on its host.
  for (let pass = 0; pass < 2; pass += 1) {
    const wanted = [...nginxFiles(root)].flatMap((file) =>
      directives(fs.readFileSync(file, "utf8")).flatMap((d) =>
        bare(d.name) === "include" ? [bare(d.args[0])] : [],
      ),
    );
    for (const name of STOCK) {
      const target = `${root}/etc/nginx/${name}`;
      const named = wanted.some((include) => include === name || include === `/etc/nginx/${name}`);
      if (!named || fs.existsSync(target) || !fs.existsSync(`/etc/nginx/${name}`)) continue;
      fs.mkdirSync(path.dirname(target), { recursive: true });
      fs.copyFileSync(`/etc/nginx/${name}`, target);
    }
  }
}

async function portTable(root: string): Promise<{ table: Table; ports: ReadonlyMap<number, number> }> {
  const originals = new Set<number>();
  const note = (port: number): number => {
    originals.add(port);
    return port;
  };
  for (const file of walk(root)) substituted(root, file, { root, port: note, isPort: () => false });
  const ports = new Map<number, number>();
  for (const port of [...originals].sort((a, b) => a - b)) ports.set(port, await freePort());
  return {
    ports,
    table: { root, port: (port) => ports.get(port) ?? port, isPort: (number) => ports.has(number) },
  };
}

function substituted(root: string, file: string, table: Table): string | null {
  const name = path.relative(root, file);
  if (!fs.lstatSync(file).isFile()) return null;
  if (substitution.isIni(name)) return substitution.substituteIni(fs.readFileSync(file, "utf8"), table);
  if (substitution.isNginx(name)) return substitution.substituteNginx(fs.readFileSync(file, "utf8"), table);
  return null;
}

function rewrite(root: string, table: Table): void {
  for (const file of [...walk(root)]) {
    if (fs.lstatSync(file).isSymbolicLink()) {
      const target = fs.readlinkSync(file);
      fs.unlinkSync(file);
      fs.symlinkSync(substitution.substitutePaths(target, root), file);
      continue;
    }
    const text = substituted(root, file, table);
    if (text !== null) fs.writeFileSync(file, text);
    fs.chmodSync(file, 0o644);
  }
}

/** What packages, units and people have made on a host before the daemons start. */
function provideDirectories(root: string): void {
  const usual = [
    "run/php",
    "run/php-fpm",
    "run/nginx",
    "run/lock",
    "var/log/nginx",
    "var/log/php-fpm",
    "var/lib/nginx",
  ];
  const relative = ["usr/share/nginx/html", "usr/share/nginx/logs", "usr/local/var/log", "usr/local/var/run"];
  const prefixes = ["usr/run", "usr/log", "usr/local/run", "usr/local/log"];
  const wanted = [...usual, ...relative, ...prefixes].map((name) => `${root}/${name}`);
  // A fixture of a running machine has all of its directories.
  const live = fs.existsSync(`${root}/proc/meminfo`);
  for (const file of live ? [] : walk(root)) {
    if (!substitution.isNginx(file) && !substitution.isIni(file)) continue;
    if (!fs.lstatSync(file).isFile()) continue;
    const text = fs.readFileSync(file, "utf8");
    for (const [, key = "", value = ""] of text.matchAll(PATH_SETTING)) {
      if (!value.startsWith(`${root}/`) || value.includes("$")) continue;
      wanted.push(/^(chroot|chdir)$/.test(key) ? value : path.dirname(value));
    }
  }
  for (const directory of wanted) fs.mkdirSync(directory, { recursive: true });
  fs.mkdirSync(`${root}/tmp`, { recursive: true });
  fs.chmodSync(`${root}/tmp`, 0o1777);
}

const PATH_SETTING =
  /^[ \t]*(error_log|access_log|pid|slowlog|access\.log|listen|chroot|chdir)[ \t]*=?[ \t]*["']?([^\s;"']+)/gm;

function provideScripts(root: string): void {
  const roots = [`${root}/var/www/html`];
  for (const file of nginxFiles(root)) {
    for (const directive of directives(fs.readFileSync(file, "utf8"))) {
      const target = bare(directive.args[0]);
      const named = /^(root|alias)$/.test(bare(directive.name)) && target.startsWith(`${root}/`);
      if (named && !target.includes("$") && path.extname(target) === "") roots.push(target);
    }
  }
  for (const directory of roots) {
    fs.mkdirSync(directory, { recursive: true });
    for (const [name, text] of Object.entries(scripts)) {
      const file = path.join(directory, name);
      if (!fs.existsSync(file)) fs.writeFileSync(file, text.replaceAll("@MARKS@", `${root}/tmp`));
    }
    for (const name of fs.readdirSync(directory))
      if (name.endsWith(".php")) makeOld(path.join(directory, name));
  }
}

/** OPcache keeps no script that was changed less than two seconds ago. */
function makeOld(file: string): void {
  const minuteAgo = Date.now() / 1000 - 60;
  fs.utimesSync(file, minuteAgo, minuteAgo);
}
