import type { Address } from "../model/address/address.js";
import type { PoolStatus } from "./status-page.js";

/**
 * What a machine says of itself, as plain data: the running machine, or what a script collected on another
 * one, fill the same structure. Times are seconds since 1970, sizes bytes, paths those of the machine.
 */
export interface MachineFacts {
  readonly version: 1;
  readonly source: "live" | "snapshot";
  /** When it was read. */
  readonly now: number;
  /** Whether root read it. */
  readonly root: boolean;
  /** Whether there is a `/proc` that shows processes. */
  readonly proc: boolean;
  /** Whether it hides the processes of other users, as its option `hidepid` does from who is not root. */
  readonly hidden: boolean;
  /** Whether only a container was seen, and not the machine around it; `null`: it cannot be told. */
  readonly container: boolean | null;
  /** Masters of nginx that root or the caller runs, with their workers. */
  readonly nginx: readonly NginxFacts[];
  /** Masters of PHP-FPM whose main file is one of the host's. */
  readonly fpm: readonly FpmFacts[];
  /** Main files of further masters of PHP-FPM that root or the caller runs; empty: unknown. */
  readonly otherFpm: readonly string[];
  /** Whether the network of nginx's workers, else of the reader, was seen. */
  readonly network: boolean;
  readonly listeners: readonly ListenerFacts[];
  readonly paths: readonly PathFacts[];
  readonly spaces: readonly SpaceFacts[];
  readonly memory: MemoryFacts;
  /** `net.core.somaxconn`; `null`: unknown. */
  readonly somaxconn: number | null;
  /** Of the configured addresses; without an entry where nobody asked. */
  readonly answers: readonly AnswerFacts[];
  readonly pages: readonly PageFacts[];
  readonly names: readonly NameFacts[];
  readonly certificates: readonly CertificateFacts[];
  /** Services of systemd that start the daemons; empty: there are none, or systemd was not asked. */
  readonly units: readonly UnitFacts[];
  /** Lines of the kernel about processes of nginx and PHP-FPM that were killed or crashed; `null`: not read. */
  readonly kernelLines: readonly string[] | null;
  /** What `nginx -V` says of how it was built, by option; `null`: it was not asked. */
  readonly built: readonly (readonly [option: string, value: string])[] | null;
  /** Programs that may be run, and why one was not; `null`: it was. */
  readonly programs: readonly { readonly command: string; readonly problem: string | null }[];
}

/** The account that a process has. */
export interface Identity {
  readonly user: number;
  readonly group: number;
  /** Further groups. */
  readonly groups: readonly number[];
}

export interface ProcessFacts {
  readonly pid: number;
  /** `null`: it changes users, or is gone. */
  readonly identity: Identity | null;
  /** `null`: unknown. */
  readonly started: number | null;
  /** Whether the file of its program was removed or replaced; `null`: the reader may not know. */
  readonly replaced: boolean | null;
  /**
   * Libraries that it runs and that were removed or replaced; `null`: the reader may not know, or it is a worker, which
   * has those of its master.
   */
  readonly libraries: readonly string[] | null;
  /** Open descriptors; `null`: the reader may not know. */
  readonly descriptors: number | null;
  /** How many it may have; `null`: unknown. */
  readonly mostDescriptors: number | null;
  /** Paths of open files, with " (deleted)" behind those that were removed; `null`: the reader may not know. */
  readonly open: readonly string[] | null;
  /** Sockets that it holds, by the kernel's numbers; `null`: the reader may not know. */
  readonly sockets: readonly string[] | null;
  readonly resident: number | null;
  readonly swapped: number | null;
  /** What keeps it from running at all; `null`: nothing, or the kernel does not tell. */
  readonly halt: Halt | null;
}

/** A process that a signal (`SIGSTOP`) or a debugger stopped. */
export interface Halt {
  /** The process that traces it; `null`: a signal stopped it. */
  readonly tracer: number | null;
  /** How often it has been taken off a processor, which counts on whenever it is continued. */
  readonly switches: number;
  /** Whether it was still so a second later, and not continued in between; `null`: nobody looked twice. */
  readonly lasts: boolean | null;
}

/** The file in which a master wrote its number, of which another number was read since. */
export interface StalePid {
  readonly path: string;
  readonly names: number;
}

export interface NginxFacts {
  /** The main file in its title; `null`: the title names none. */
  readonly main: string | null;
  /** Whether that, or the file that packages have, is the host's main file. */
  readonly ours: boolean;
  readonly master: ProcessFacts;
  /** Workers that take requests. */
  readonly workers: readonly ProcessFacts[];
  /** Workers of an earlier generation, which end their last requests. */
  readonly old: readonly ProcessFacts[];
  /** `null`: its file names it, or was not read. */
  readonly stalePid: StalePid | null;
}

export interface FpmFacts {
  /** Which master of the host, counted from 0. */
  readonly index: number;
  readonly master: ProcessFacts;
  readonly workers: readonly (ProcessFacts & { readonly pool: string })[];
  /** `null`: its file names it, or was not read. */
  readonly stalePid: StalePid | null;
}

/** A socket that waits for connections. */
export interface ListenerFacts {
  readonly address: Address;
  readonly inode: string;
  /** Connections that nobody has accepted yet; `null`: unknown. */
  readonly waiting: number | null;
  /** How many may wait; `null`: unknown. */
  readonly most: number | null;
  /** Connections that a process has taken and not yet ended, by the numbers that `ProcessFacts.sockets` has. */
  readonly taken: readonly string[];
  /** What was still so at a second look, a second or more later; `null`: nobody looked twice. */
  readonly later: {
    /** Those of `taken` that were not ended in between. */
    readonly taken: readonly string[];
    /** Connections that nobody took in between; `null`: which is which was hidden from the reader. */
    readonly waiting: number | null;
  } | null;
  /** Who holds it; empty: the reader may not know. */
  readonly owners: readonly {
    readonly pid: number;
    readonly name: string;
    /** Which daemon of the host; `null`: another program. */
    readonly daemon: "nginx" | "php-fpm" | null;
    /** Which master of PHP-FPM, counted from 0; `null`: it is none. */
    readonly master: number | null;
    /** Whether it is a worker of a PHP-FPM whose master is gone. */
    readonly orphan: boolean;
  }[];
}

/** Who looks at a path: the reader, nginx's workers, or the workers of a pool, counted from 0. */
export type Viewer = "reader" | "nginx" | `pool ${number}`;

/** Owner and mode of a file or directory. */
export interface Rights {
  readonly path: string;
  /** The twelve permission bits. */
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  /** Whether it has an access control list; `null`: unknown. */
  readonly acl: boolean | null;
}

export interface PathFacts {
  readonly path: string;
  readonly viewer: Viewer;
  /** `hidden`: the reader may not look. */
  readonly state: "there" | "missing" | "hidden";
  /** The innermost path that is missing or hidden; where it is there, the path with every link followed. */
  readonly real: string;
  readonly kind: "file" | "directory" | "socket" | "other" | null;
  /** Of itself; `null`: it is not there. */
  readonly own: Rights | null;
  /** Of the directories on the way, the outermost first, as far as they were seen. */
  readonly above: readonly Rights[];
  /** When its text was changed last; `null`: unknown. */
  readonly changed: number | null;
  /** Of a directory, what is in it; `null`: it is none, or was not listed. */
  readonly names: readonly string[] | null;
  /** Of a directory for a pool, whether nothing is in it, except what a file system brings; `null`: unknown. */
  readonly empty: boolean | null;
  /** Whether the viewer's account really opened it to read; `null`: not tried. */
  readonly opened: boolean | null;
  /** Of a directory that was tried, whether it is on a file system that the viewer has read-only; `null`: unknown. */
  readonly readOnly: boolean | null;
}

/** The room on the disk that a directory is on. */
export interface SpaceFacts {
  readonly path: string;
  /** Bytes that others than root may take, and bytes of the whole. */
  readonly free: number;
  readonly size: number;
  /** Files that may still be made; `null`: the file system does not count them. */
  readonly freeFiles: number | null;
  readonly files: number | null;
}

export interface MemoryFacts {
  /** `null`: unknown. */
  readonly total: number | null;
  readonly available: number | null;
  readonly swapTotal: number | null;
  readonly swapFree: number | null;
  /** Percent of the last minute in which some, or all, of the processes waited for memory; `null`: unknown. */
  readonly someWaits: number | null;
  readonly allWait: number | null;
  /** Kills for want of memory in the own control groups of PHP-FPM, of the one with most; `null`: it has none, or nothing tells. */
  readonly kills: { readonly count: number; readonly source: string } | null;
  /** The largest processes beside nginx and PHP-FPM. */
  readonly others: readonly { readonly pid: number; readonly name: string; readonly resident: number }[];
}

/** What an address answered. */
export interface AnswerFacts {
  readonly address: Address;
  /** The system's word for what stopped the connection, such as `ECONNREFUSED`; `TIMEOUT`; `null`: connected. */
  readonly problem: string | null;
  /** Whether it was asked with the account of nginx's workers. */
  readonly asNginx: boolean;
  /**
   * What came for FastCGI's question about values: PHP-FPM's answer, none within a second, the end of the connection, or
   * something else. `null`: there was no connection.
   */
  readonly values: "answered" | "silent" | "closed" | "foreign" | null;
}

/** What a page of PHP-FPM itself answered. */
export interface PageFacts {
  /** Which pool, counted from 0. */
  readonly pool: number;
  readonly key: "ping.path" | "pm.status_path";
  readonly path: string;
  readonly state: "answered" | "silent" | "other";
  /** Of a status page that answered. */
  readonly status: PoolStatus | null;
}

export interface NameFacts {
  readonly name: string;
  /** The system's word for what went wrong, such as `ENOTFOUND`; `null`: it has addresses. */
  readonly problem: string | null;
  readonly addresses: readonly string[];
}

export interface CertificateFacts {
  readonly path: string;
  /** Why nothing is known of it; `null`: it was read. */
  readonly problem: string | null;
  /** `null`: it was not read. */
  readonly from: number | null;
  readonly to: number | null;
  /** The names of hosts that it is for, in lower case; `*.example.com` as written. */
  readonly names: readonly string[];
  /** Whether nobody but itself vouches for it; `null`: it was not read. */
  readonly selfSigned: boolean | null;
}

export interface UnitFacts {
  readonly name: string;
  /** `active`, `failed`, `inactive` … */
  readonly state: string;
  readonly result: string;
  readonly restarts: number | null;
}
