import { glob } from "../host/glob.js";
import { nameOf } from "../host/path.js";
import { textOf } from "../host/text.js";
import type { Host } from "../model/host.js";
import { pidsOf } from "../model/machine/processes.js";
import { wordMap } from "../source/word-map.js";
import type { HostPlan } from "./result.js";

/** A database on the same host wants its part of the memory. */

interface Database {
  readonly name: string;
  /** For messages: the file that sets it up; `null`: its process runs. */
  readonly file: string | null;
}

/** What the processes of servers are called. */
const PROCESSES: ReadonlyMap<string, string> = wordMap({
  mysqld: "MySQL",
  mariadbd: "MariaDB",
  postgres: "PostgreSQL",
  mongod: "MongoDB",
  "redis-server": "Redis",
  "valkey-server": "Valkey",
  memcached: "memcached",
});

/** Where packages put the configuration of a server, which is not there with a client alone. */
const FILES: readonly (readonly [pattern: string, name: string])[] = [
  ["/etc/mysql/mariadb.conf.d/50-server.cnf", "MariaDB"],
  ["/etc/my.cnf.d/mariadb-server.cnf", "MariaDB"],
  ["/etc/mysql/mysql.conf.d/mysqld.cnf", "MySQL"],
  ["/etc/my.cnf.d/mysql-server.cnf", "MySQL"],
  ["/etc/postgresql/*/*/postgresql.conf", "PostgreSQL"],
  ["/var/lib/pgsql/data/postgresql.conf", "PostgreSQL"],
  ["/etc/mongod.conf", "MongoDB"],
  ["/etc/redis/redis.conf", "Redis"],
  ["/etc/valkey/valkey.conf", "Valkey"],
  ["/etc/memcached.conf", "memcached"],
];

/** Only where nobody stated what everything else needs. */
function isStated({ sources }: HostPlan): boolean {
  return sources.reserve === "--reserve" || sources.reserve === "fpmlint.json";
}

export function databaseWarnings(host: Host, found: HostPlan): readonly string[] {
  if (isStated(found)) return [];
  const running = found.live ? runningDatabases(host) : [];
  const configured = found.live && running.length > 0 ? [] : configuredDatabases(host);
  const names = [...new Set([...running, ...configured].map(({ name }) => name))].join(", ");
  if (names === "") return [];
  const [file] = configured.flatMap((one) => one.file ?? []);
  const where = file === undefined ? "runs on this host" : `is set up on this host (${file})`;
  const kept =
    found.sources.reserve === "the default"
      ? "the default reserve is for small servers"
      : "the reserve has what it uses now, and its caches may still grow";
  return [`${names} ${where}, and ${kept}: give what it needs at most, with everything else, as --reserve`];
}

/** What the files cannot tell is asked for. */
export function databaseNotes(host: Host, found: HostPlan): readonly string[] {
  if (isStated(found) || found.live || configuredDatabases(host).length > 0) return [];
  return ["if a database, a cache or a mail server runs on the same host, add what it needs to --reserve"];
}

function runningDatabases({ fs }: Host): readonly Database[] {
  return pidsOf(fs).flatMap((pid) => {
    // PostgreSQL writes a title over its command line; a program may be followed by a colon.
    const [command = ""] = textOf(fs, `/proc/${pid}/cmdline`).split("\0");
    const program = nameOf(command.split(/[ :]/, 1)[0] ?? "");
    const name = PROCESSES.get(program);
    return name === undefined ? [] : [{ name, file: null }];
  });
}

function configuredDatabases({ fs }: Host): readonly Database[] {
  return FILES.flatMap(([pattern, name]) =>
    glob(fs, pattern)
      .filter((path) => fs.entry(path).kind === "file")
      .slice(0, 1)
      .map((path) => ({ name, file: fs.display(path) })),
  );
}
