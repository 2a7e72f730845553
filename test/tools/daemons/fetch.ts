import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";

/**
 * nginx and PHP-FPM of another suite of Debian, unpacked into a directory. apt-get gets lists, a state
 * and a cache of its own, so that nothing is installed and nothing of the machine's changes.
 */

/** What cannot be fetched, and why. */
export class Unreachable extends Error {}

/** nginx's modules for mail and streams come in packages of their own; their tables are read, too. */
const PACKAGES = ["base-files", "nginx", "libnginx-mod-mail", "libnginx-mod-stream", "php-fpm", "php-cli"];

/** Experimental has no more than what is new: the rest of its closure is sid's. */
const BELOW: ReadonlyMap<string, string> = new Map([
  ["experimental", "sid"],
  ["rc", "sid"],
]);

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/**
 * Fetches what changed, and answers the directory for `FPMLINT_DAEMONS`. What was unpacked before is used as it is
 * while the archive offers the same packages. Throws `Unreachable` when it cannot ask, and has nothing of before.
 * `php`: a version such as `8.5`, `null` for what the suite has.
 */
export function fetchSuite(
  suite: string,
  php: string | null,
  cache: string,
  say: (line: string) => void,
): string {
  const home = join(cache, php === null ? suite : `${suite}-${php}`);
  const apt = join(home, "apt");
  for (const directory of ["lists/partial", "cache/archives/partial"])
    fs.mkdirSync(join(apt, directory), { recursive: true });
  // An empty state makes everything that is needed a package to fetch.
  fs.writeFileSync(join(apt, "status"), "");
  const mirror = mirrorOf(fs.readdirSync("/etc/apt/sources.list.d", { encoding: "utf8" }));
  const suites = [suite, BELOW.get(suite) ?? []].flat();
  const lines = suites.map((one) => `deb [signed-by=${KEYRING}] ${mirror} ${one} main\n`);
  fs.writeFileSync(join(apt, "sources.list"), lines.join(""));

  const before = marker(home);
  const updated = aptGet(apt, ["update", "-o", "APT::Update::Error-Mode=any"]);
  if (updated !== null) {
    if (before === null) throw new Unreachable(`${mirror} has no ${suite} for us: ${updated}`);
    say(`${suite}: the archive cannot be reached, so these are the daemons of the last time`);
    return join(home, "daemons");
  }
  // Its own PHP may want libraries that no suite has together, so it is laid over the closure of another.
  const above = phpAbove(apt, suite, php);
  const plan = [
    planOf(apt, ["install", ...PACKAGES]),
    above.length === 0 ? "" : planOf(apt, ["download", ...above]),
  ].join("");
  if (plan === before) {
    // How they are started may have changed.
    wrap(home, php);
    return join(home, "daemons");
  }
  const fetched =
    aptGet(apt, ["-y", "--download-only", "install", ...PACKAGES]) ??
    (above.length === 0 ? null : aptGet(apt, ["download", ...above]));
  if (fetched !== null) throw new Unreachable(`${mirror} did not give the packages of ${suite}: ${fetched}`);
  unpack(home, apt);
  wrap(home, php);
  fs.writeFileSync(join(home, "plan"), plan);
  return join(home, "daemons");
}

function marker(home: string): string | null {
  const file = join(home, "plan");
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : null;
}

/** The mirror that this machine's own sources name. */
function mirrorOf(files: readonly string[]): string {
  const texts = ["/etc/apt/sources.list", ...files.map((file) => `/etc/apt/sources.list.d/${file}`)]
    .filter((file) => fs.existsSync(file))
    .map((file) => fs.readFileSync(file, "utf8"));
  const named = texts.flatMap((text) => [
    ...[...text.matchAll(/^URIs:[ \t]*(\S+)/gm)].map(([, uri = ""]) => uri),
    ...[...text.matchAll(/^deb[ \t]+(?:\[[^\]]*\][ \t]+)?(\S+)/gm)].map(([, uri = ""]) => uri),
  ]);
  const mirror = named.find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Unreachable("no source of this machine is a mirror of Debian");
  return mirror;
}

function aptArguments(apt: string): readonly string[] {
  return [
    `Dir::Etc::sourcelist=${apt}/sources.list`,
    "Dir::Etc::sourceparts=-",
    `Dir::State::lists=${apt}/lists`,
    `Dir::State::status=${apt}/status`,
    `Dir::Cache=${apt}/cache`,
    "APT::Install-Recommends=false",
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
    "Acquire::Retries=1",
    "Acquire::http::Timeout=20",
  ].flatMap((one) => ["-o", one]);
}

/** `null`, or the last line of what it complains of. */
function aptGet(apt: string, words: readonly string[]): string | null {
  const options = { encoding: "utf8", cwd: join(apt, "cache/archives") } as const;
  const run = spawnSync("apt-get", ["-q", ...aptArguments(apt), ...words], options);
  if (run.status === 0) return null;
  return run.error?.message ?? run.stderr.trim().split("\n").at(-1) ?? "apt-get failed";
}

/** The packages of the PHP that was asked for, else, in a suite that is built on another, of the newest that it has. */
function phpAbove(apt: string, suite: string, php: string | null): readonly string[] {
  if (php === null && !BELOW.has(suite)) return [];
  const run = spawnSync("apt-cache", [...aptArguments(apt), "pkgnames", "php"], { encoding: "utf8" });
  const versions = [...run.stdout.matchAll(/^php(\d+\.\d+)-fpm$/gm)].map(([, version = ""]) => version);
  versions.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  if (php !== null && !versions.includes(php))
    throw new Unreachable(`there is no PHP ${php}, but ${versions.join(", ")}`);
  const wanted = php ?? versions.at(-1);
  if (wanted === undefined) return [];
  return ["fpm", "cli", "common", "readline"].map((part) => `php${wanted}-${part}/${suite}`);
}

/** The names of everything that would be fetched. */
function planOf(apt: string, asked: readonly string[]): string {
  const words = ["-q", ...aptArguments(apt), "-y", "--print-uris", ...asked];
  const run = spawnSync("apt-get", words, { encoding: "utf8" });
  const files = [...run.stdout.matchAll(/^'\S+' (\S+)/gm)].map(([, file = ""]) => file);
  return `${[...new Set(files)].sort().join("\n")}\n`;
}

function unpack(home: string, apt: string): void {
  const root = join(home, "root");
  fs.rmSync(root, { recursive: true, force: true });
  fs.mkdirSync(root, { recursive: true });
  const archives = join(apt, "cache/archives");
  const packages = fs.readdirSync(archives).filter((name) => name.endsWith(".deb"));
  // base-files first: it makes /lib a link where the suite has that.
  packages.sort((a, b) => Number(b.startsWith("base-files")) - Number(a.startsWith("base-files")));
  for (const name of packages) {
    const command = 'dpkg-deb --fsys-tarfile "$0" | tar -C "$1" --keep-directory-symlink -xf -';
    const run = spawnSync("sh", ["-c", command, join(archives, name), root], { encoding: "utf8" });
    if (run.status !== 0) throw new Error(`${name} cannot be unpacked: ${run.stderr}`);
  }
  fs.rmSync(archives, { recursive: true });
}

/**
 * Commands that start the daemons with the libraries of their suite: `daemons/bin` has the commands,
 * `daemons/binaries` the programs themselves under the same names.
 */
function wrap(home: string, php: string | null): void {
  const root = join(home, "root");
  const loader = loaderOf(root);
  const named = spawnSync(loader, ["--help"], { encoding: "utf8" }).stdout?.includes("--argv0") === true;
  const libraries = [...new Set(["usr/lib", "lib"].flatMap((lib) => multiarch(join(root, lib))))].join(":");
  const programs = [
    ...in_(root, "usr/sbin").filter((path) => /\/(?:nginx|php-fpm\d+\.\d+)$/.test(path)),
    ...in_(root, "usr/bin").filter((path) => /\/php\d+\.\d+$/.test(path)),
  ];
  for (const directory of ["bin", "binaries"]) {
    fs.rmSync(join(home, "daemons", directory), { recursive: true, force: true });
    fs.mkdirSync(join(home, "daemons", directory), { recursive: true });
  }
  const kind = (path: string): string => path.replace(/[\d.]+$/, "");
  // The closure brought another PHP, which may be newer than the one that was asked for.
  const meant = programs.filter((path) => path.endsWith("nginx") || php === null || path.endsWith(php));
  meant.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
  const chosen = new Map(meant.map((one) => [kind(one), one]));
  for (const program of chosen.values()) {
    const name = program.slice(program.lastIndexOf("/") + 1);
    const isPhp = name.startsWith("php");
    // PHP-FPM writes the names of its pools over its arguments, which have to be in one piece for that.
    const argv0 = named && !isPhp ? `--argv0 ${name} ` : "";
    const extensions = isPhp ? extensionsOf(root, program) : "";
    const start = `'${loader}' --library-path '${libraries}' ${argv0}'${program}' ${extensions}`;
    const text =
      name === "nginx" && !fs.readFileSync(program, "latin1").includes("-e filename")
        ? withoutLogOption(start)
        : `#!/bin/sh\nexec ${start}"$@"\n`;
    fs.writeFileSync(join(home, "daemons/bin", name), text, { mode: 0o755 });
    fs.symlinkSync(program, join(home, "daemons/binaries", name));
  }
}

/**
 * nginx takes `-e FILE` from 1.19.5 on. An older one writes what it says before it has read the configuration
 * where it would be installed, so it gets a directory there that nobody else sees; on standard error it says the same.
 */
function withoutLogOption(start: string): string {
  const own = "mount -t tmpfs none /var/log && mkdir /var/log/nginx";
  return `#!/bin/sh
skip=
for word do
  shift
  case "$skip:$word" in
    :-e) skip=yes ;;
    yes:*) skip= ;;
    *) set -- "$@" "$word" ;;
  esac
done
exec unshare -m sh -c '${own} && exec "$@"' sh ${start}"$@"
`;
}

/** opcache is a file of its own before 8.5, json before 8.0; PHP looks for it where it would be installed. */
function extensionsOf(root: string, program: string): string {
  const inside = fs.readFileSync(program, "latin1");
  const api = in_(root, "usr/lib/php").find((path) => {
    const number = path.slice(path.lastIndexOf("/") + 1);
    return /^\d{8}$/.test(number) && inside.includes(`/usr/lib/php/${number}`);
  });
  if (api === undefined) return "";
  // Before PHP 8 it is a package of its own, which nothing turns on where it is not installed.
  const json = fs.existsSync(join(api, "json.so")) ? "-d extension=json " : "";
  return `-d extension_dir='${api}' ${json}`;
}

function in_(root: string, directory: string): readonly string[] {
  const full = join(root, directory);
  return fs.existsSync(full) ? fs.readdirSync(full).map((name) => join(full, name)) : [];
}

function multiarch(directory: string): readonly string[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory)
    .filter((name) => name.endsWith("-linux-gnu"))
    .map((name) => join(directory, name));
}

/** The file itself: the link to it is absolute in older suites, and leads out of the directory. */
function loaderOf(root: string): string {
  const [loader] = ["lib", "usr/lib"]
    .flatMap((lib) => [join(root, lib), ...multiarch(join(root, lib))])
    .filter((directory) => fs.existsSync(directory))
    .flatMap((directory) => fs.readdirSync(directory).map((name) => join(directory, name)))
    .filter((path) => /\/ld-(?:linux-[\w-]+\.so\.\d+|\d[\d.]*\.so)$/.test(path))
    .filter((path) => fs.lstatSync(path).isFile());
  if (loader === undefined) throw new Error(`${root} has no program that loads libraries`);
  return loader;
}
