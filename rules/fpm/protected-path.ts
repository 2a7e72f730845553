import { type Draft, defineRule } from "../../src/engine/define.js";
import { alsoPools, andMore, type PoolValue } from "../../src/evidence/alike.js";
import { globalSetting, phpValue, seconds, setting } from "../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { addAfter, helpOf, inPlace } from "../../src/help/edit.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { directoryOf, isWithin, normalizePath } from "../../src/host/path.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import {
  type FpmUnit,
  lastOf,
  madeBelow,
  SERVICE_DIRECTORIES,
  unitOf,
  wordsOf,
} from "../../src/model/machine/fpm-unit.js";
import { isLiveHost } from "../../src/model/machine/live.js";
import { isOn } from "../../src/model/machine/systemd.js";
import type { Assignment } from "../../src/model/machine/unit-file.js";
import { groupBy } from "../../src/source/collect.js";
import type { Effective, SetValue } from "../../src/source/effective.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { looksFilledIn } from "../../src/source/template-names.js";

type Case = "php" | "fpm";

/** A path that PHP or PHP-FPM writes. */
interface Written {
  readonly case: Case;
  readonly key: string;
  /** `null`: the master's. */
  readonly pool: Pool | null;
  readonly value: SetValue<string>;
  readonly path: string;
  /** Whether the path is a directory in which files are made, rather than a file. */
  readonly directory: boolean;
  readonly effect: string;
}

/** What a line of the unit keeps the service from writing to. */
interface Guard {
  readonly line: Assignment;
  readonly directories: readonly string[];
  readonly except: readonly string[];
  /** `hidden`: the service does not see what is there, and ReadWritePaths does not help. */
  readonly how: "read-only" | "hidden";
}

export const protectedPath = defineRule({
  id: "fpm/protected-path",
  about: "master",
  asksDisk: true,
  cases: {
    php: {
      severity: "warning",
      symptom: null,
      summary: "a path that PHP writes, and that the systemd unit makes read-only or hides",
    },
    fpm: {
      severity: "warning",
      symptom: { when: "start", status: null, log: "Read-only file system (30)" },
      summary: "a log of PHP-FPM below a directory that the systemd unit makes read-only or hides",
    },
  },
  docs: {
    title: "a path to write to that the systemd unit protects",
    fires: [
      markdown`
        the unit that starts this PHP-FPM has \`ProtectSystem\` or \`ProtectHome\`, and below what it protects is
        \`session.save_path\`, \`upload_tmp_dir\`, \`sys_temp_dir\` or \`error_log\` of PHP, or PHP-FPM's own
        \`error_log\`, \`slowlog\` (with \`request_slowlog_timeout\`) or \`access.log\`
      `,
      markdown`
        \`ProtectSystem=true\` protects \`/usr\`, \`/boot\` and \`/efi\`, \`full\` also \`/etc\`, \`strict\` all but
        \`/dev\`, \`/proc\` and \`/sys\`; \`ProtectHome\` protects \`/home\`, \`/root\` and \`/run/user\`
      `,
      markdown`
        the tree holds neither the path nor the directory above it, so that a link may lead elsewhere: then
        it is a guess
      `,
    ],
    silent: [
      markdown`
        \`ReadWritePaths\`, \`StateDirectory\`, \`LogsDirectory\` or their like name the path or a directory above it,
        or it is below \`/tmp\` and the unit has \`PrivateTmp\`
      `,
      "the path leads through a link to a directory that may be written to",
      "sessions are not kept in files, or the pool has a chroot",
      "the tree does not hold the one unit that starts this PHP-FPM, or the unit mounts directories of its own",
      "PHP-FPM runs in a container",
    ],
    why: markdown`
      systemd mounts what is protected read-only for this service, whatever the permissions of the files say. PHP
      gets \`Read-only file system (30)\`, while the same path can be written to from a shell. Sessions are then
      lost without an error page, and messages are not in the log where somebody looks for them. PHP-FPM does not
      start when it cannot open one of its own logs.
    `,
    instead: markdown`
      Write below \`/var/lib\` or \`/var/log\`, or let the service write there: \`systemctl edit php8.2-fpm\`, with
      \`ReadWritePaths=/usr/share/app/data\` below \`[Service]\`.
    `,
    references: [
      "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#ProtectSystem=",
      "https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#ReadWritePaths=",
    ],
  },
  proof: {
    kind: "none",
    reason:
      "systemd, which mounts directories read-only for a service, does not run where the tests do; systemd.exec(5) documents it.",
  },
  *check(master, host) {
    if (inContainer(host)) return;
    const unit = unitOf(host, master);
    const guards = unit === null ? [] : guardsOf(unit);
    const free = unit === null || guards.length === 0 ? null : writableIn(unit, host.fs);
    if (unit === null || free === null) return;
    const found = [...writtenBy(master)].filter(({ value }) => !looksFilledIn(value.value));
    for (const group of groupBy(found, ({ value }) => placeKey(value.place))) {
      const [first, ...others] = group;
      const seen = realPath(host.fs, first.path);
      const guard = guards.find((one) => seen !== null && covers(one, seen.path));
      if (seen === null || guard === undefined) continue;
      if ([seen.path, first.path].some((path) => free.some((one) => isWithin(one, path)))) continue;
      yield report(
        host,
        unit,
        { ...first, path: seen.path },
        guard,
        others,
        seen.certain || isLiveHost(host),
      );
    }
  },
});

function report(
  host: Host,
  unit: FpmUnit,
  { case: name, key, pool, value, path, directory, effect }: Written,
  { line, directories, how }: Guard,
  others: readonly Written[],
  certain: boolean,
): Draft<Case> {
  const also = others.flatMap((one): readonly PoolValue[] =>
    one.pool === null ? [] : [{ ...one, pool: one.pool }],
  );
  const of = pool === null ? "" : ` of pool [${pool.name}]${andMore(also)}`;
  const kept = directories.find((one) => isWithin(one, path)) ?? "/";
  return {
    case: name,
    // Where all is protected, a link leads to no other place.
    settle: certain || kept === "/" ? null : `\`readlink -f ${path}\` would settle it.`,
    message: `${key}${of} is ${path}, and ${line.key}=${line.value} of ${unit.name} ${how === "hidden" ? `hides ${kept}` : `makes ${kept} read-only`} for PHP-FPM`,
    at: value.place,
    label: how === "hidden" ? "PHP-FPM does not see it" : "cannot be written to",
    related: [
      { place: line.place, message: how === "hidden" ? `hides ${kept}` : `${kept} is read-only` },
      ...alsoPools(also),
    ],
    effect,
    help:
      how === "hidden"
        ? helpOf([], "write a path outside the home directories, for instance below /var/lib or /var/log")
        : helpOf([[allow(host, unit, line, directory ? path : directoryOf(path))]]),
    names: [pool?.name ?? "global", key],
  };
}

function allow(host: Host, unit: FpmUnit, line: Assignment, path: string) {
  const text = `ReadWritePaths=${path}`;
  return line.place.span.file.path.startsWith("/etc/")
    ? addAfter(host, line.place, text)
    : inPlace(`a drop-in (systemctl edit ${unit.name})`, "[Service]", text);
}

/** What the unit protects; nothing where it mounts directories of its own, which nobody can follow from here. */
function guardsOf(unit: FpmUnit): readonly Guard[] {
  const mounts = ["RootDirectory", "RootImage", "MountImages", "ExtensionImages", "ExtensionDirectories"];
  if (mounts.some((key) => lastOf(unit, key) !== null)) return [];
  const system = lastOf(unit, "ProtectSystem");
  const home = lastOf(unit, "ProtectHome");
  const found: Guard[] = [];
  if (home !== null) {
    const directories = ["/home", "/root", "/run/user"];
    if (isOn(home) || home.value === "tmpfs")
      found.push({ line: home, directories, except: [], how: "hidden" });
    if (home.value === "read-only") found.push({ line: home, directories, except: [], how: "read-only" });
  }
  if (system === null) return found;
  const guard = { line: system, except: [], how: "read-only" } as const;
  if (system.value === "strict") {
    const tmp = lastOf(unit, "PrivateTmp");
    // Values that later versions have also give the service a directory of its own.
    const own = tmp === null || /^(?:0|no|n|false|f|off)$/i.test(tmp.value) ? [] : ["/tmp", "/var/tmp"];
    found.push({ ...guard, directories: ["/"], except: ["/dev", "/proc", "/sys", ...own] });
  } else if (isOn(system)) found.push({ ...guard, directories: SYSTEM });
  else if (system.value === "full") found.push({ ...guard, directories: [...SYSTEM, "/etc"] });
  return found;
}

const SYSTEM = ["/usr", "/boot", "/efi"];

function covers({ directories, except }: Guard, path: string): boolean {
  return directories.some((one) => isWithin(one, path)) && !except.some((one) => isWithin(one, path));
}

/** What the service may write to, whatever is protected; `null`: unknown. */
function writableIn(unit: FpmUnit, fs: HostFilesystem): readonly string[] | null {
  const words = wordsOf(unit, ["ReadWritePaths", "ReadWriteDirectories"]);
  const mounted = wordsOf(unit, ["BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem"]);
  const made = SERVICE_DIRECTORIES.map(([key, base]) => madeBelow(unit, key, base));
  if (words === null || mounted === null || made.includes(null)) return null;
  const paths = [...words, ...mounted.map(mountPoint)]
    .map((word) => word.replace(/^[-+]+/, ""))
    .filter((word) => word.startsWith("/"))
    .map(normalizePath);
  const real = paths.map((path) => realPath(fs, path)?.path ?? path);
  return [...paths, ...real, ...made.flatMap((one) => one ?? [])];
}

/** Of `source:target:options` the target, of `target:options` likewise. */
function mountPoint(word: string): string {
  const [first = "", second = ""] = word.split(":");
  return second.startsWith("/") ? second : first;
}

/** Directories that hold something of everybody: that the tree has them tells nothing of an application below. */
const SHARED: readonly string[] = [
  ...["/usr", "/usr/lib", "/usr/share", "/usr/local", "/usr/local/lib", "/usr/local/share"],
  ...["/boot", "/home", "/run", "/var", "/var/lib", "/var/www", "/opt", "/srv"],
];

/**
 * The path with the links of the tree followed; `null`: they lead out of the tree. It is certain where the tree
 * holds a directory of the application above it: what was not copied may be a link.
 */
function realPath(
  fs: HostFilesystem,
  path: string,
): { readonly path: string; readonly certain: boolean } | null {
  let rest = "";
  for (let at = path; at !== "/"; at = directoryOf(at)) {
    const entry = fs.entry(at);
    if (entry.kind === "directory" || entry.kind === "file" || entry.kind === "special")
      return {
        path: `${entry.path === "/" ? "" : entry.path}${rest}`,
        certain: rest === "" || !SHARED.includes(at),
      };
    if (entry.kind === "outside" || entry.kind === "unreadable") return null;
    if (entry.kind === "missing" && entry.dangling)
      return { path: normalizePath(`${entry.path}${rest}`), certain: false };
    rest = at.slice(at.lastIndexOf("/")) + rest;
  }
  return { path, certain: false };
}

function* writtenBy(master: FpmMaster): Generator<Written> {
  yield* file("fpm", "error_log", null, globalSetting(master, "error_log"), NO_START);
  for (const pool of master.pools) {
    const slow = seconds(pool, "request_slowlog_timeout");
    if (slow.kind === "set" && (slow.value ?? 0) > 0)
      yield* file("fpm", "slowlog", pool, setting(pool, "slowlog"), NO_START);
    yield* file("fpm", "access.log", pool, setting(pool, "access.log"), NO_START);
    const chroot = setting(pool, "chroot");
    if (chroot.kind === "default") yield* writtenByPhp(pool);
  }
}

const NO_START = "PHP-FPM cannot open the file and does not start, with all pools of this master";

function* writtenByPhp(pool: Pool): Generator<Written> {
  const handler = phpValue(pool, "session.save_handler");
  if (handler.kind !== "unknown" && (handler.value ?? "files") === "files") {
    const save = phpValue(pool, "session.save_path");
    const directory = save.kind === "set" ? save.value?.replace(/^(?:\d+;){0,2}(?=\/)/, "") : undefined;
    yield* directoryOfPhp(
      "session.save_path",
      pool,
      save,
      "sessions are not kept: users are logged out",
      directory,
    );
  }
  const lost = "uploads and temporary files fail";
  yield* directoryOfPhp("upload_tmp_dir", pool, phpValue(pool, "upload_tmp_dir"), lost);
  yield* directoryOfPhp("sys_temp_dir", pool, phpValue(pool, "sys_temp_dir"), lost);
  yield* file(
    "php",
    "error_log",
    pool,
    phpValue(pool, "error_log"),
    "the messages of PHP are not in that file",
  );
}

function* directoryOfPhp(
  key: string,
  pool: Pool,
  value: Effective<string | null>,
  effect: string,
  path: string | undefined | null = value.kind === "set" ? value.value : null,
): Generator<Written> {
  if (value.kind === "set" && value.value !== null && path?.startsWith("/"))
    yield {
      case: "php",
      key,
      pool,
      value: { ...value, value: value.value },
      path: normalizePath(path),
      directory: true,
      effect,
    };
}

function* file(
  name: Case,
  key: string,
  pool: Pool | null,
  value: Effective<string | null>,
  effect: string,
): Generator<Written> {
  if (value.kind === "set" && value.value?.startsWith("/"))
    yield {
      case: name,
      key,
      pool,
      value: { ...value, value: value.value },
      path: normalizePath(value.value),
      directory: false,
      effect,
    };
}
