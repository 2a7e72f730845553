import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import { directoryOf, nameOf } from "../host/path.js";
import { mayHide } from "../host/spec.js";
import {
  type Address,
  fpmAddress,
  inDirectory,
  isRelative,
  meetingPoint,
  passAddress,
  reaches,
  showAddress,
  type UnixAddress,
} from "../model/address/address.js";
import { realAddress } from "../model/address/links.js";
import { type ListenFault, listenFault, meantListen } from "../model/address/refused-listen.js";
import { isSurelyMissing } from "../model/fpm-includes.js";
import type { Host } from "../model/host.js";
import { likelyPools, type PoolListen, poolListens, withoutVersions } from "../model/listen/pool-listens.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import { grouped } from "../source/collect.js";
import type { Place } from "../source/file.js";
import { perKey } from "../source/memo.js";
import { looksFilledIn } from "../source/template-names.js";

/** For an address that nobody listens on: how it differs from the addresses of the pools. */

/** A pool that may be meant, and how its address differs from the written one. */
export interface Nearest {
  readonly pool: Pool;
  /** The value of its `listen`. */
  readonly place: Place;
  /** Where it listens, as a person writes it. */
  readonly shown: string;
  /** Words that fit after "pool [www] listens on X, ". */
  readonly difference: string;
  /** The half that does not mean what it seems to say; `null`: both are sound and only differ. */
  readonly faulty: "nginx" | "pool" | null;
  /** What `fastcgi_pass` has to say to reach it; `null`: nobody would want that. */
  readonly nginxAddress: string | null;
  /** Whether locations reach it where it listens now, so that moving it would cut them off. */
  readonly used: boolean;
}

/** A pool whose `listen` PHP-FPM refuses although its meaning is plain. */
export interface Refused {
  readonly pool: Pool;
  readonly place: Place;
  /** As written: `unix:/run/php/shop.sock`. */
  readonly text: string;
  /** As PHP-FPM would accept it: `/run/php/shop.sock`. */
  readonly meant: string;
  /** Which part of it PHP-FPM refuses. */
  readonly fault: ListenFault["part"];
  /** What PHP-FPM reads it as, in words: `the host unix and the port /run/php/shop.sock`. */
  readonly reading: string;
}

/** Whether there may be pools, or addresses of pools, that are not in the files that were read. */
export const poolsUnknown = perKey((host: Host): boolean => {
  const unread = host.masters.some((master) =>
    master.includes.some((include) => {
      const { kind } = include.result;
      if (include.unread.length > 0 || kind === "too-deep") return true;
      // Pools may be in a directory like /home that was not copied. In a part of a host, an empty directory
      // has none.
      const nothing = kind === "missing" || (kind === "no-match" && host.whole);
      return nothing && !isSurelyMissing(host, master, include);
    }),
  );
  return unread || mayHide(host.unread) || host.pools.some(isUnknown);
});

function isUnknown(pool: Pool): boolean {
  const listen = setting(pool, "listen");
  if (listen.kind === "unknown") return true;
  const text = listen.value ?? "";
  // A relative path counts from a directory that only the main file names.
  return looksFilledIn(text) || (pool.master.main === null && /^[^/:]+\//.test(text));
}

/** The pool whose refused `listen` means the wanted address; `null`: there is none. */
export function refusedFor(host: Host, wanted: Address): Refused | null {
  const near = refusedListens(host).get(meetingPoint(wanted)) ?? [];
  return near.find(({ address }) => reaches(wanted, address))?.refused ?? null;
}

/** The pools whose refused `listen` shows what was meant, by the meeting point of that address. */
const refusedListens = perKey((host: Host) =>
  grouped(
    poolListens(host).refused.flatMap(({ pool, place, text }) => {
      const fault = listenFault(text);
      const meant = fault === null ? null : meantListen(text);
      const meantAddress = meant === null ? null : fpmAddress(meant);
      if (fault === null || meant === null || meantAddress === null) return [];
      const address = realAddress(host.fs, meantAddress);
      const refused: Refused = { pool, place, text, meant, fault: fault.part, reading: reading(text, fault) };
      return [[meetingPoint(address), { address, refused }] as const];
    }),
  ),
);

function reading(text: string, { part }: ListenFault): string {
  const colon = text.lastIndexOf(":");
  const [name, port] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  const named = name === "" ? "an empty host name" : `the host ${name}`;
  return part === "host" ? named : `${named} and the port ${port}`;
}

/** How a pool's address differs from the wanted one; `null`: PHP-FPM refuses the pool's address. */
export function compare(
  host: Host,
  { pool, place, text, address }: PoolListen,
  wanted: Address,
): Ranked | null {
  if (address === null) return null;
  return {
    pool,
    place,
    shown: showAddress(address),
    faulty: null,
    nginxAddress: passedAddress(host, pool, address),
    used: host.used.has(pool),
    ...(relativeVerdict(wanted, address, text) ?? verdict(wanted, address, text)),
    ...inOtherContainer(host, pool),
  };
}

/** What fastcgi_pass has to say to get to a pool; `null`: nothing gets there. */
function passedAddress(host: Host, pool: Pool, address: Address): string | null {
  const machine = host.machines.get(pool.master);
  if (machine === undefined || machine.sharesNetwork) return passAddress(address);
  const [name] = machine.names ?? [];
  return name === undefined || address.kind === "unix" ? null : `${name}:${address.port}`;
}

function inOtherContainer(host: Host, { master }: Pool): Pick<Verdict, "difference"> | null {
  const machine = host.machines.get(master);
  if (machine === undefined || machine.sharesNetwork) return null;
  return { difference: `in another container${machine.facts === null ? "" : ` (${machine.facts.label})`}` };
}

/**
 * How close a pool's address is to the written one. `same`: one half writes it so that its daemon
 * reads another. `slip`: a slip of the pen, as another PHP version or IPv6 instead of IPv4. `other`:
 * another address, and nothing says that this one was meant.
 */
export type Closeness = "same" | "slip" | "other";

export interface Ranked extends Nearest {
  readonly closeness: Closeness;
}

type Verdict = Pick<Ranked, "closeness" | "difference"> &
  Partial<Pick<Ranked, "faulty" | "shown" | "nginxAddress">>;

/** nginx looks for a path without a leading slash below the directory that it was started in. */
function relativeVerdict(wanted: Address, address: Address, text: string): Verdict | null {
  if (wanted.kind === "tcp" || !isRelative(wanted)) return null;
  if (address.kind === "tcp") return { closeness: "other", difference: "a port, not a socket" };
  const difference = "while nginx looks below the directory that it was started in";
  if (!text.startsWith("/")) {
    const closeness = text === wanted.path ? "same" : "other";
    return { closeness, shown: text, nginxAddress: null, difference: `${below(address)}, ${difference}` };
  }
  const same = isMeant(wanted, address);
  return { closeness: same ? "same" : "other", faulty: same ? "nginx" : null, difference };
}

/**
 * Whether a relative path is surely a slip: it is the end of a pool's path, or begins with `@`, which is an
 * abstract socket to neither daemon.
 */
export function isSlip(host: Host, wanted: UnixAddress): boolean {
  if (wanted.path.startsWith("@")) return true;
  // A template fills in the directory that the path counts from.
  const from = host.nginx === null ? [] : childrenNamed(host.nginx.root, "working_directory");
  if (from.some(({ directive }) => directive.args[0]?.placeholder)) return false;
  return likelyPools(host, wanted).some(
    ({ address, text }) => address?.kind === "unix" && (text === wanted.path || isMeant(wanted, address)),
  );
}

/** Whether a relative path is the end of the path of a socket. */
function isMeant({ path }: UnixAddress, address: UnixAddress): boolean {
  return address.path.endsWith(`/${path.replace(/^(?:\.?\/)+/, "")}`);
}

function below({ path }: UnixAddress): string {
  return `which PHP-FPM reads as the file ${path}`;
}

function verdict(wanted: Address, address: Address, text: string): Verdict {
  if (address.kind === "tcp") {
    if (wanted.kind === "unix") return { closeness: "other", difference: "a port, not a socket" };
    if (wanted.port !== address.port)
      return {
        closeness: "other",
        difference: wanted.host === address.host ? "another port" : "another address and port",
      };
    if (text.startsWith("*:"))
      return {
        closeness: "same",
        shown: text,
        faulty: "pool",
        difference: "which PHP-FPM only binds to [::1]",
      };
    return { closeness: "slip", difference: family(wanted.host, address.host) };
  }
  if (!text.startsWith("/")) {
    const difference = below(address);
    const reading = { shown: text, faulty: "pool", nginxAddress: null, difference } as const;
    if (wanted.kind === "tcp")
      return { ...reading, closeness: wanted.host === text.toLowerCase() ? "same" : "other" };
    return { ...reading, closeness: wanted.path.endsWith(`/${text}`) ? "slip" : "other" };
  }
  if (wanted.kind === "tcp") return { closeness: "other", difference: "a socket, not a port" };
  return paths(wanted.path, address.path);
}

function paths(wanted: string, listen: string): Verdict {
  if (wanted.includes(":") && wanted.slice(0, wanted.indexOf(":")) === listen)
    return {
      closeness: "same",
      faulty: "nginx",
      difference: "without the colon, which nginx reads as part of the file name",
    };
  if (/php/.test(wanted) && withoutVersions(wanted) === withoutVersions(listen))
    return { closeness: "slip", difference: "the socket of another PHP version" };
  if (nameOf(wanted) === nameOf(listen)) return { closeness: "other", difference: "in another directory" };
  const same = directoryOf(wanted) === directoryOf(listen);
  return { closeness: "other", difference: same ? "another file" : "another path" };
}

function family(wanted: string, listen: string): string {
  const [ours, theirs] = [wanted, listen].map((name) => name.includes(":"));
  if (ours === theirs) return "another address";
  return theirs === true ? "IPv6 instead of IPv4" : "IPv4 instead of IPv6";
}

/** Whether a relative path reaches a pool from `/`, where service managers start nginx. */
export function isBelowRoot(host: Host, address: Address): boolean {
  const path = inDirectory(address, "/");
  return (
    isRelative(address) &&
    poolListens(host).listens.some((listen) => listen.address !== null && reaches(path, listen.address))
  );
}
