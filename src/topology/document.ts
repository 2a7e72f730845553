import type { Severity } from "../engine/rule.js";

/**
 * A host as data: who passes requests to whom, and which limits hold on the way. Bytes and seconds everywhere. The
 * page, the diagrams and the text of `fpmlint report` are made from nothing else. Its shape is a promise: keys are
 * added, never changed.
 */
export interface HostTopology {
  /** Its name, as in findings. */
  readonly name: string;
  /** `null`: no half of nginx was read. */
  readonly nginx: {
    /** The main file; `null`: it is not in the tree. */
    readonly file: string | null;
    /** `1.22.1`; `null`: unknown. */
    readonly version: string | null;
  } | null;
  /** Servers with a location that passes requests on, in the order of the files. */
  readonly servers: readonly ServerData[];
  /** How many servers pass nothing on. */
  readonly otherServers: number;
  /** Locations that pass requests on, in the order of the files. */
  readonly locations: readonly LocationData[];
  readonly addresses: readonly AddressData[];
  readonly pools: readonly PoolData[];
  /** Locations with the same limits share one entry. */
  readonly limits: readonly LimitSet[];
}

/** A position; all `null`: it stands in no file, as a default does. Lines and columns count from 1. */
export interface At {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** What findings say of a box. */
export interface Judged {
  /** The severity of the worst; `null`: there is none. */
  readonly worst: Severity | null;
  /** Fingerprints, in the order of the findings. */
  readonly findings: readonly string[];
}

export interface ServerData extends At, Judged {
  /** `s1`. */
  readonly id: string;
  /** The name by which people know it. */
  readonly label: string;
  /** As `server_name` has them. */
  readonly names: readonly string[];
  /** As `listen` has them. */
  readonly listens: readonly string[];
}

export interface LocationData extends At, Judged {
  /** `l1`. */
  readonly id: string;
  /** The `id` of its server; `null`: it is in none. */
  readonly server: string | null;
  /** `location ~ \.php$`. */
  readonly text: string;
  readonly protocol: "fastcgi" | "proxy" | "uwsgi" | "scgi";
  /** Whether requests for PHP scripts can reach it. */
  readonly php: boolean;
  /** The file of the directive that passes requests on, which may be a snippet. */
  readonly through: string;
  /** Empty: where requests go is not known. */
  readonly ways: readonly WayData[];
  /** The `id` of the limits on the first way to a pool, or of nginx alone; `null`: they were not read, because it is not for PHP. */
  readonly limits: string | null;
  /** Why it was compared with no pool; `null`: it was, or it is not for PHP. */
  readonly notCompared: string | null;
}

/** One address that a location passes to, and one pool that listens there. */
export interface WayData {
  /** The `id` of the address. */
  readonly address: string;
  /** The name of the `upstream`; `null`: it is in none. */
  readonly upstream: string | null;
  /** The server of the upstream is `down`. */
  readonly down: boolean;
  readonly backup: boolean;
  /** The pool is a guess: the only one that could be behind the name. */
  readonly assumed: boolean;
  /** The `id` of the pool; `null`: none that was read listens there. */
  readonly pool: string | null;
  /** The `id` of the limits on this way; `null`: they were not read, because it is not for PHP. */
  readonly limits: string | null;
}

export interface AddressData {
  /** `a1`. */
  readonly id: string;
  /** `/run/php/shop.sock`, `127.0.0.1:9000`. */
  readonly text: string;
  readonly kind: "unix" | "tcp";
}

export interface PoolData extends At, Judged {
  /** `p1`. */
  readonly id: string;
  readonly name: string;
  /** The main file of its master; `null`: it is not in the tree. */
  readonly master: string | null;
  /** `8.2`; `null`: unknown. */
  readonly phpVersion: string | null;
  /** Where it listens, as written. */
  readonly listens: readonly string[];
  /** `static`, `dynamic` or `ondemand`; `null`: unknown, or PHP-FPM refuses it. */
  readonly manager: string | null;
  /** `pm.max_children`; `null`: unknown, or PHP-FPM refuses it. */
  readonly workers: number | null;
  /** Of one worker. */
  readonly workerBytes: number;
  /** Nobody said how large a worker is, so that a usual size is taken. */
  readonly workerAssumed: boolean;
  /** How many ways lead to it; 0: nothing that was read passes to it. */
  readonly uses: number;
}

/** The limits of one way, and who is the first to end a request that takes too long. */
export interface LimitSet {
  /** `t1`. */
  readonly id: string;
  readonly limits: readonly LimitData[];
  /** For a script that waits, whose time max_execution_time does not count; `null`: nobody, or unknown. */
  readonly waiting: FirstData | null;
  /** For a script that computes; `null`: nobody, or unknown. */
  readonly computing: FirstData | null;
  /** A limit on the time is unknown, so that somebody else may be first. */
  readonly open: boolean;
}

export interface LimitData extends At {
  readonly daemon: "nginx" | "PHP-FPM" | "PHP";
  /** As it is written in the files: `client_max_body_size`. */
  readonly setting: string;
  /** `null`: there is no limit, or it is unknown. */
  readonly value: number | null;
  /** As people write it: `1m`, `60s`, `none`; `null`: unknown. */
  readonly shown: string | null;
  readonly unlimited: boolean;
  readonly unit: "bytes" | "seconds";
  readonly default: boolean;
  /** Why it is unknown; `null`: it is known. */
  readonly reason: string | null;
  /** What it limits: `the body`. */
  readonly what: string;
  /** What the client gets beyond it: `413`. */
  readonly beyond: string;
}

export interface FirstData {
  readonly daemon: "nginx" | "PHP-FPM" | "PHP";
  readonly setting: string;
  /** Seconds. */
  readonly after: number;
  readonly beyond: string;
}
