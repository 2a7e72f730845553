import type { FpmMaster, Pool } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import type { ContainerFacts, MachineSpec, UnreadPath } from "../host/spec.js";
import type { NginxFault, NginxInclude, NginxText, Node } from "../nginx/types.js";
import type { Place, Span } from "../source/file.js";
import type { Accounts } from "./accounts.js";
import type { Address } from "./address/address.js";
import type { HostMemory } from "./machine/memory.js";

/** One machine (or container pair): everything both daemons would read, joined. */
export interface Host {
  /** Its name in `fpmlint.json`, else its root relative to the path that was given; `.` for the path itself. */
  readonly name: string;
  readonly fs: HostFilesystem;
  /** `null` when the tree holds no nginx configuration. */
  readonly nginx: NginxHost | null;
  readonly masters: readonly FpmMaster[];
  /** All pools of all masters, in order. */
  readonly pools: readonly Pool[];
  /** The machine beside nginx's that a master runs on; those of nginx's own are not in it. */
  readonly machines: ReadonlyMap<FpmMaster, MachineSpec>;
  /** The container that nginx's half runs in; `null`: none, or nothing describes it. */
  readonly container: ContainerFacts | null;
  /** Whether a command line of the tree has `-R`, and it is unknown for which of its masters. */
  readonly allowsRoot: () => boolean;
  /**
   * Masters of pools that nothing is known to include. Their pools are not among `pools`: they take no part in
   * sums and comparisons, but a location whose address they have passes to them.
   */
  readonly asideMasters: readonly FpmMaster[];
  /** Files that nothing is known to include, by `SourceFile.path`; what touches one is not certain. */
  readonly aside: ReadonlySet<string>;
  /** Files that the package of a distribution brings, by `SourceFile.path`; what touches one is not certain. */
  readonly packaged: ReadonlySet<string>;
  /** Sites that are there and not enabled; 0 where the tree is no whole host. */
  readonly notEnabled: number;
  /** Those of nginx's machine, which masters have too that run on no other; of others: `accountsOf`. */
  readonly accounts: Accounts;
  /** The tree is a whole host (root `/`, or it has `etc/passwd`): what is missing in it is really missing. */
  readonly whole: boolean;
  /** Every location that hands requests to FastCGI, with the pools behind it. */
  readonly bindings: readonly Binding[];
  /** The pools that some location passes FastCGI requests to. */
  readonly used: ReadonlySet<Pool>;
  /** Every location that hands requests over by another protocol, with the pools that would have to speak it. */
  readonly otherPasses: readonly OtherPass[];
  /** `null`: nobody said how much, and this is not the live host; or each container has some of its own. */
  readonly memory: HostMemory | null;
  /** What limits the containers of masters, where they run in several and nobody stated the memory; else empty. */
  readonly ownMemory: ReadonlyMap<FpmMaster, HostMemory>;
  /** Bytes that one worker needs, as somebody measured it; `null`: nobody said. */
  readonly workerSize: number | null;
  /** What is there and could not be read, apart from what an include names; what it would say is unknown. */
  readonly unread: readonly UnreadPath[];
}

/** The masters of a host, with those of pools that nothing is known to include. */
export function allMasters({ masters, asideMasters }: Host): readonly FpmMaster[] {
  return [...masters, ...asideMasters];
}

/** The pools of all of them. */
export function allPools({ pools, asideMasters }: Host): readonly Pool[] {
  return [...pools, ...asideMasters.flatMap((master) => master.pools)];
}

export interface NginxHost {
  /** The root of the tree: its children are the main context. */
  readonly root: Node;
  readonly texts: readonly NginxText[];
  /** The `include` chain that first led to each file; none for the main file and for what nginx ships. */
  readonly ways: ReadonlyMap<NginxText, readonly Span[]>;
  /** `template`: the fault may vanish when the file, a template, is rendered. */
  readonly faults: readonly {
    readonly fault: NginxFault;
    readonly place: Place;
    readonly template: boolean;
  }[];
  readonly includes: readonly NginxInclude[];
  /** `false`: only fragments were found; what the main file could set is unknown. */
  readonly hasMain: boolean;
  /** `1.22.1`; `null`: unknown, and only what holds for every version is judged. */
  readonly version: string | null;
}

/** One `fastcgi_pass` at work: the location (or `if` in it) and everybody who may take its requests. */
export interface Binding {
  /** The `fastcgi_pass` directive. */
  readonly pass: Node;
  /** The block it stands in: a `location`, an `if` in one, or `limit_except`. */
  readonly block: Node;
  /** The nearest `location` around; the block itself for most. */
  readonly location: Node;
  readonly server: Node | null;
  /**
   * Whether requests for PHP scripts can reach it. `other`: a FastCGI application that is not PHP
   * (fcgiwrap and the like), or one that nothing ties to PHP.
   */
  readonly serves: "php" | "other";
  /** The members of the upstream group, or the one address; empty when the address is not knowable. */
  readonly targets: readonly Target[];
  /** Words for reports: `location ~ \.php$ of shop.example.com`. */
  readonly label: string;
}

/** A `proxy_pass`, `uwsgi_pass` or `scgi_pass` at work. */
export interface OtherPass extends Pick<Binding, "pass" | "location" | "server" | "targets" | "label"> {}

export interface Target {
  readonly address: Address;
  /** The words that name it: the argument of `fastcgi_pass`, or of `server` in the upstream, or the value in `map`/`set`. */
  readonly place: Place;
  /** The `fastcgi_pass` argument when `place` is elsewhere (upstream, map, set), else `null`. */
  readonly through: Place | null;
  /** The name of the upstream group it is a member of; `null` outside a group. */
  readonly upstream: string | null;
  readonly down: boolean;
  readonly backup: boolean;
  /** Pools that listen there; several when masters share an address. Empty: nobody, or not this host. */
  readonly pools: readonly Pool[];
  /**
   * The address is a name that may be another container, and the pool is the only one of the tree
   * that could be behind it. What rests on it is not certain.
   */
  readonly assumed: boolean;
  /**
   * The name is that of a container in which PHP-FPM runs, all of whose pools are known, and none of them
   * answers there. Absent: it is not.
   */
  readonly closed?: MachineSpec;
}
