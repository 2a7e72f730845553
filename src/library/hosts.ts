import type { Incomplete } from "../engine/finding.js";
import { incompleteOf } from "../engine/incomplete.js";
import { everySetting } from "../fpm/settings/lookup.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { TREE } from "../host/find/given.js";
import { showAddress } from "../model/address/address.js";
import { allMasters, allPools, type Binding } from "../model/host.js";
import { type ReadHost, readHosts as read } from "../read-hosts.js";
import { type Place, position } from "../source/file.js";
import { checkOptions } from "./arguments.js";
import type { ReadOptions } from "./options.js";
import { READ_OPTIONS, readingOf } from "./reading.js";
import type { Refused } from "./refusal.js";

export type HostsAnswer =
  | {
      readonly kind: "read";
      readonly hosts: readonly HostInfo[];
      /** What could not be read of all of them. */
      readonly incomplete: readonly Incomplete[];
    }
  | Refused;

/** What one host is: both halves, and how they are joined. Places count from 1. */
export interface HostInfo {
  /** Its name in `config`, else its root relative to the path that was given; `.` for the path itself. */
  readonly name: string;
  /** The directory that is its `/`: absolute, or a path of `files`, where `.` is the top. */
  readonly root: string;
  /** The tree is a whole host (`/`, or with `etc/passwd`): what is missing in it is really missing. */
  readonly whole: boolean;
  /** `null`: the tree has no configuration of nginx. */
  readonly nginx: {
    /** `1.22.1`; `null`: unknown. */
    readonly version: string | null;
    /** `false`: only parts were found, as sites without the main file. */
    readonly hasMain: boolean;
    readonly files: readonly string[];
  } | null;
  readonly masters: readonly MasterInfo[];
  /** Of all masters, in order; also those of files that nothing is known to include. */
  readonly pools: readonly PoolInfo[];
  /** Every `fastcgi_pass` at work. */
  readonly passes: readonly PassInfo[];
}

/** What one php-fpm master reads. */
export interface MasterInfo {
  /** `8.2`; `null`: unknown. */
  readonly phpVersion: string | null;
  /** Main file first, in the order of PHP-FPM. */
  readonly files: readonly string[];
  readonly pools: readonly PoolInfo[];
}

export interface PoolInfo {
  readonly name: string;
  /** Where its section begins. */
  readonly file: string;
  readonly line: number;
  /** Where it listens, as written, with its name for `$pool`; `null`: nowhere, or unknown. */
  readonly listen: string | null;
  /** What the files set, by its key (`pm.max_children`, `env[PATH]`), as PHP-FPM takes it; `null`: a value that is unknown. */
  readonly settings: Readonly<Record<string, string | null>>;
  /** Something that could set more was not read. */
  readonly partial: boolean;
}

/** A location that hands requests over by FastCGI. */
export interface PassInfo {
  readonly file: string;
  readonly line: number;
  /** `location ~ \.php$ of shop.example.com`. */
  readonly location: string;
  /** `other`: an application that is not PHP, or one that nothing ties to PHP. */
  readonly serves: "php" | "other";
  /** Who may take the requests; empty: the address cannot be known. */
  readonly targets: readonly {
    readonly address: string;
    /** The group that it is a member of; `null`: it is in none. */
    readonly upstream: string | null;
    readonly down: boolean;
    readonly backup: boolean;
    /** Those of `pools` that listen there; empty: nobody, or not this host. */
    readonly pools: readonly PoolInfo[];
    /** The pool is the only one that may be meant, and that is not certain. */
    readonly assumed: boolean;
  }[];
}

/**
 * Reads every host that the paths or files mean and says what it is. Never throws for what it reads; throws TypeError
 * for wrong arguments.
 */
export function readHosts(options: ReadOptions = {}): HostsAnswer {
  checkOptions("readHosts", options, READ_OPTIONS);
  const answer = read(readingOf("readHosts", options));
  if (answer.kind === "refused") return answer;
  const incomplete = [...answer.failures, ...answer.hosts.flatMap(({ host }) => incompleteOf(host))];
  return { kind: "read", hosts: answer.hosts.map(reportOf), incomplete };
}

function reportOf({ host, spec }: ReadHost): HostInfo {
  const pools = new Map(allPools(host).map((pool) => [pool, poolOf(pool)] as const));
  const known: Known = (found) => found.flatMap((pool) => pools.get(pool) ?? []);
  return {
    name: host.name,
    root: rootOf(spec.root),
    whole: host.whole,
    nginx: host.nginx && {
      version: host.nginx.version,
      hasMain: host.nginx.hasMain,
      files: host.nginx.texts.map(({ file }) => file.display),
    },
    masters: allMasters(host).map((master) => masterOf(master, known)),
    pools: [...pools.values()],
    passes: host.bindings.map((binding) => passOf(binding, known)),
  };
}

function rootOf(root: string): string {
  if (root === TREE) return ".";
  return root.startsWith(`${TREE}/`) ? root.slice(TREE.length + 1) : root;
}

/** What is said of the pools. */
type Known = (pools: readonly Pool[]) => readonly PoolInfo[];

function masterOf({ phpVersion, files, pools }: FpmMaster, known: Known): MasterInfo {
  return { phpVersion, files: files.map(({ display }) => display), pools: known(pools) };
}

function poolOf(pool: Pool): PoolInfo {
  const { name, section, partial } = pool;
  const values = new Map(
    [...everySetting(pool)].map(
      ([key, value]) => [key, value.kind === "unknown" ? null : value.value] as const,
    ),
  );
  const listen = values.get("listen") ?? null;
  return { name, ...placeOf(section), listen, settings: Object.fromEntries(values), partial };
}

function passOf({ pass, label, serves, targets }: Binding, known: Known): PassInfo {
  return {
    file: pass.file.display,
    line: position(pass.file, pass.directive.start).line,
    location: label,
    serves,
    targets: targets.map(({ address, upstream, down, backup, pools, assumed }) => ({
      address: showAddress(address),
      upstream,
      down,
      backup,
      pools: known(pools),
      assumed,
    })),
  };
}

function placeOf({ span: { file, start } }: Place): { readonly file: string; readonly line: number } {
  return { file: file.display, line: position(file, start).line };
}
