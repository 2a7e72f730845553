import { type Draft, defineRule } from "../../src/engine/define.js";
import { fpmDown } from "../../src/evidence/fpm-lines.js";
import { globalSetting, seconds, setting } from "../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { helpOf, remove } from "../../src/help/edit.js";
import { directoryOf, normalizePath } from "../../src/host/path.js";
import { fpmAddress } from "../../src/model/address/address.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { isLiveHost } from "../../src/model/machine/live.js";
import { fpmUnits, serviceSetting } from "../../src/model/machine/systemd.js";
import { jailOf } from "../../src/model/request/chroot.js";
import type { Effective, SetValue } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { looksFilledIn } from "../../src/source/template-names.js";

type Case =
  | "slowlog"
  | "access-log"
  | "error-log"
  | "pid"
  | "prefix"
  | "chroot"
  | "chdir"
  | "listen"
  | "not-in-tree";

/** A directory that a setting needs. */
interface Needed {
  readonly case: Exclude<Case, "not-in-tree">;
  readonly pool: Pool | null;
  readonly key: string;
  readonly value: SetValue<string>;
  /** As the host sees it. */
  readonly directory: string;
  /** The line without which PHP-FPM does not need the directory; `null`: the site may need it all the same. */
  readonly spare: Place | null;
}

const start = (log: string, summary: string) =>
  ({ severity: "error", symptom: { when: "start", status: null, log }, summary }) as const;

export const missingDirectory = defineRule({
  id: "fpm/missing-directory",
  about: "master",
  alike: true,
  asksDisk: true,
  cases: {
    slowlog: start("Unable to create or open slowlog", "the directory of a slowlog is missing"),
    "access-log": start("failed to open access log", "the directory of an access.log is missing"),
    "error-log": start("failed to open error_log", "the directory of PHP-FPM's error_log is missing"),
    pid: start("Unable to create the PID file", "the directory of PHP-FPM's pid file is missing"),
    prefix: start("does not exist or is not a directory", "the directory of a pool's prefix is missing"),
    chroot: start("the chroot path", "the directory of a chroot is missing"),
    chdir: start("the chdir path", "the directory of a chdir is missing"),
    listen: start("unable to bind listening socket", "the directory of a pool's socket is missing"),
    "not-in-tree": {
      severity: "info",
      symptom: null,
      summary: "a directory that PHP-FPM needs to start is not in a tree that holds its neighbours",
    },
  },
  docs: {
    title: "a directory that PHP-FPM needs to start is missing",
    fires: [
      markdown`
        on the live host, there is no directory for a pool's \`slowlog\` (with \`request_slowlog_timeout\`),
        \`access.log\`, \`prefix\`, \`chroot\`, \`chdir\` or socket, or for the master's \`error_log\` or \`pid\`
      `,
      markdown`
        a relative path is one below the pool's \`prefix\`, or below the one that PHP was built with (\`/usr\`);
        \`pid\` and \`error_log\` are below \`/var\`
      `,
      markdown`
        a copied tree holds the first directory of the path, as \`/var\`, and not the rest: then it is only worth
        knowing, because the rest may not have been copied
      `,
    ],
    silent: [
      "the tree lacks the first directory of the path, or is not a whole host",
      markdown`
        a package or the system makes the directory: \`/var/log\`, \`/var/log/php-fpm\`, all below \`/run\`,
        or the unit has \`LogsDirectory\` and its like
      `,
      "PHP-FPM runs in a container, or a template fills in the path",
      "the path is of a setting of PHP, such as `php_admin_value[error_log]`: without it PHP-FPM starts",
    ],
    why: markdown`
      PHP-FPM makes files, and no directories. It opens its logs, its sockets and its chroots when it starts, as
      root, and when one directory is missing it exits with status 78, with all pools of the master. On a reload it
      is the same: it stops.
    `,
    instead: "Create the directory, or write a path in one that exists.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  *check(master, host) {
    if (!host.whole || inContainer(host)) return;
    // Whoever makes a prefix or a chroot makes what is in it.
    const missing = new Map<Pool | null, Needed[]>();
    for (const one of needs(master)) {
      if (missing.get(one.pool)?.some((outer) => isWithin(one, outer)) === true) continue;
      if (looksFilledIn(one.value.value) || isMadeAtStart(host, master, one.directory)) continue;
      const live = isLiveHost(host);
      if (!(live ? isMissing(host, one.directory) : isLeftOut(host, one.directory))) continue;
      if (one.case === "prefix" || one.case === "chroot")
        missing.set(one.pool, [...(missing.get(one.pool) ?? []), one]);
      yield report(host, one, live);
    }
  },
});

function report(
  host: Host,
  { case: name, pool, key, value, directory, spare }: Needed,
  live: boolean,
): Draft<Case> {
  const of = pool === null ? "" : ` of pool [${pool.name}]`;
  return {
    case: live ? name : "not-in-tree",
    message: `${key}${of} is ${value.value}, and the directory ${directory} ${live ? "does not exist" : "is not in the tree"}`,
    at: value.place,
    label: live ? "PHP-FPM does not make directories" : "PHP-FPM does not start if the host also lacks it",
    effect: live ? fpmDown : `without ${directory} PHP-FPM does not start, with all pools of this master`,
    help: helpOf(
      spare === null ? [] : [[remove(host, spare)]],
      `create the directory: mkdir -p ${JSON.stringify(directory)}`,
    ),
    names: [pool?.name ?? "global", key],
  };
}

function* needs(master: FpmMaster): Generator<Needed> {
  for (const key of ["error_log", "pid"] as const) {
    const found = globalSetting(master, key);
    if (found.kind !== "set" || !found.value || (key === "error_log" && found.value === SYSLOG)) continue;
    if (master.state === null && !found.value.startsWith("/")) continue;
    const value = { ...found, value: absolute(master.state ?? "/", found.value) };
    yield file(GLOBAL[key], null, key, value, key === "pid" ? found.place : null);
  }
  for (const pool of master.pools) yield* needsOf(pool);
}

const GLOBAL = { error_log: "error-log", pid: "pid" } as const;

/** What `error_log` may say in the place of a path. */
const SYSLOG = "syslog";

function* needsOf(pool: Pool): Generator<Needed> {
  const prefix = setting(pool, "prefix");
  const own = prefix.kind === "set" && prefix.value?.startsWith("/") === true ? prefix.value : null;
  if (prefix.kind === "set" && own !== null) {
    const value = { ...prefix, value: own };
    yield { case: "prefix", pool, key: "prefix", value, directory: normalizePath(own), spare: prefix.place };
  }
  const base = own ?? (prefix.kind === "default" ? pool.master.prefix : null);
  const path = (key: string): SetValue<string> | null => {
    const found = setting(pool, key);
    if (found.kind !== "set" || !found.value) return null;
    if (base === null && !found.value.startsWith("/")) return null;
    return { ...found, value: absolute(base ?? "/", found.value) };
  };
  const slow = seconds(pool, "request_slowlog_timeout");
  const isUsed = slow.kind === "set" && slow.value !== null && slow.value > 0;
  const slowlog = path("slowlog");
  if (isUsed && slowlog !== null) yield file("slowlog", pool, "slowlog", slowlog, slow.place);
  const access = path("access.log");
  if (access !== null) yield file("access-log", pool, "access.log", access, access.place);
  yield* directories(pool, path);
  const listen = setting(pool, "listen");
  const address =
    listen.kind === "set" && listen.value && base !== null ? fpmAddress(listen.value, base) : null;
  if (listen.kind === "set" && listen.value && address?.kind === "unix") {
    const value = { ...listen, value: absolute(base ?? "/", listen.value) };
    yield file("listen", pool, "listen", value);
  }
}

/** A path as PHP-FPM opens it. */
function absolute(base: string, path: string): string {
  return path.startsWith("/") ? path : `${base}/${path}`;
}

function* directories(pool: Pool, path: (key: string) => SetValue<string> | null): Generator<Needed> {
  const written = setting(pool, "chroot");
  const jail = jailOf(pool) ?? outside(written, path("chroot"));
  if (jail !== null)
    yield { case: "chroot", pool, key: "chroot", value: jail, directory: jail.value, spare: null };
  const chdir = setting(pool, "chdir");
  if (chdir.kind !== "set" || !chdir.value) return;
  // Inside a chroot that cannot be told, its place is unknown.
  if (jail === null && (written.kind !== "default" || pool.partial)) return;
  const inside =
    jail === null ? path("chdir")?.value : chdir.value.startsWith("/") && `${jail.value}${chdir.value}`;
  if (!inside) return;
  const directory = normalizePath(inside);
  if (directory === jail?.value) return;
  const value = { ...chdir, value: chdir.value };
  yield { case: "chdir", pool, key: "chdir", value, directory, spare: chdir.place };
}

/** A relative chroot; `null`: it begins with a variable. */
function outside(written: Effective<string | null>, path: SetValue<string> | null): SetValue<string> | null {
  if (written.kind !== "set" || path === null || written.value?.startsWith("$") === true) return null;
  return { ...path, value: normalizePath(path.value) };
}

function file(
  name: Needed["case"],
  pool: Pool | null,
  key: string,
  value: SetValue<string>,
  spare: Place | null = null,
): Needed {
  return { case: name, pool, key, value, directory: directoryOf(normalizePath(value.value)), spare };
}

function isWithin({ directory }: Needed, outer: Needed): boolean {
  return directory.startsWith(`${outer.directory}/`);
}

function isMissing(host: Host, directory: string): boolean {
  return host.fs.entry(directory).kind === "missing";
}

/** Whether systemd, tmpfiles.d or the kernel makes the directory, perhaps only when PHP-FPM starts. */
function isMadeAtStart(host: Host, master: FpmMaster, directory: string): boolean {
  if (/^\/(?:run|dev|proc|var\/run)(?:\/|$)/.test(directory)) return true;
  return ["LogsDirectory", "StateDirectory", "CacheDirectory"].some(
    (key) => serviceSetting(host, fpmUnits(master), key) !== null,
  );
}

/** Whether a copied tree holds what is around the directory, and not the directory. */
function isLeftOut(host: Host, directory: string): boolean {
  const [top = ""] = directory.split("/").filter((part) => part !== "");
  return (
    !BY_SYSTEM.test(directory) && isMissing(host, directory) && host.fs.entry(`/${top}`).kind === "directory"
  );
}

/** Directories that the system or the packages of PHP and nginx make. */
const BY_SYSTEM =
  /^\/(?:var(?:\/(?:log(?:\/(?:php-fpm|nginx))?|www(?:\/html)?|lib(?:\/php)?|cache|spool|opt))?|srv|home|opt|usr(?:\/local)?(?:\/(?:var|var\/log|var\/run|share|lib))?)$/;
