import { setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import { directoryOf, nameOf } from "../host/path.js";
import { type Address, fpmAddress, reaches, showAddress } from "../model/address.js";
import { listenAddress, realAddress } from "../model/build.js";
import type { Host } from "../model/host.js";
import type { Place } from "../source/file.js";
import { nearest } from "./nearest.js";

/** For an address nobody listens on: the pool that was most likely meant, and how it differs. */

export interface Nearest {
  readonly pool: Pool;
  /** Its `listen` value. */
  readonly place: Place;
  /** Where it listens, as a person writes it. */
  readonly shown: string;
  /** Words that fit behind "pool [www] listens on X, ". */
  readonly difference: string;
  /** Which half says something else than it looks like; `null`: both are sound, they only differ. */
  readonly faulty: "nginx" | "pool" | null;
  /** The address for nginx to reach it, `null` where nobody would want that. */
  readonly nginxAddress: string | null;
  /** Locations reach it where it listens now, so that moving it would cut them off. */
  readonly used: boolean;
}

/** A pool whose `listen` PHP-FPM refuses although one can see what it means. */
export interface Refused {
  readonly pool: Pool;
  readonly place: Place;
  /** As it stands in the file, and as PHP-FPM would take it. */
  readonly text: string;
  readonly meant: string;
  /** `port`: what it takes for the port is none. `host`: what it takes for the host's name is none. */
  readonly fault: "port" | "host";
  /** What PHP-FPM takes it for. */
  readonly reading: string;
}

/** Whether there may be pools, or addresses of pools, that the files that were read do not tell. */
export function poolsUnknown(host: Host): boolean {
  const unread = host.masters.some(({ includes }) =>
    includes.some(
      ({ result }) =>
        result.kind === "unread" || result.kind === "too-deep" || (result.kind === "missing" && !host.whole),
    ),
  );
  return unread || host.unread.length > 0 || host.pools.some(isUnknown);
}

function isUnknown(pool: Pool): boolean {
  const listen = setting(pool, "listen");
  if (listen.kind === "unknown") return true;
  const text = listen.value ?? "";
  // A placeholder of an installer; and a relative path counts from a directory that only the main file tells.
  const placeholder = /[{}<>%]|__\w+__|@\w+@/.test(text);
  return placeholder || (pool.master.main === null && /^[^/:]+\//.test(text));
}

/** Whether a master answers there with the status page of a pool (`pm.status_listen`). */
export function statusListens(host: Host, wanted: Address): boolean {
  return host.pools.some((pool) => {
    const listen = setting(pool, "pm.status_listen");
    const address = listen.kind === "set" && listen.value !== null ? fpmAddress(listen.value) : null;
    return address !== null && reaches(wanted, realAddress(host.fs, address));
  });
}

export function refusedFor(host: Host, wanted: Address): Refused | null {
  for (const pool of host.pools) {
    const listen = setting(pool, "listen");
    if (listen.kind !== "set" || listen.value === null || fpmAddress(listen.value) !== null) continue;
    const text = listen.value;
    const meant = text.replace(/^[a-z]+:\/\//i, "").replace(/^unix:|^:(?=\d+$)/i, "");
    const address = fpmAddress(meant);
    if (address === null || !reaches(wanted, realAddress(host.fs, address))) continue;
    const [name, port] = [text.slice(0, text.lastIndexOf(":")), text.slice(text.lastIndexOf(":") + 1)];
    const fault = /^\d+$/.test(port) ? "host" : "port";
    const named = name === "" ? "a host without a name" : `the host ${name}`;
    const reading = fault === "host" ? named : `${named} and the port ${port}`;
    return { pool, place: listen.place, text, meant, fault, reading };
  }
  return null;
}

export function nearestPool(host: Host, wanted: Address): Nearest | null {
  const found = host.pools.flatMap((pool) => compare(host, pool, wanted) ?? []);
  const closest = nearest(
    showAddress(wanted),
    found.map(({ shown }) => shown),
  );
  const rank = (one: Ranked): number => one.distance - (one.shown === closest ? 0.5 : 0);
  const [best] = [...found].sort((a, b) => rank(a) - rank(b));
  return best ?? null;
}

interface Ranked extends Nearest {
  readonly distance: number;
}

type Verdict = Pick<Ranked, "distance" | "difference"> &
  Partial<Pick<Ranked, "faulty" | "shown" | "nginxAddress">>;

function compare(host: Host, pool: Pool, wanted: Address): Ranked | null {
  const listen = setting(pool, "listen");
  const address = listenAddress(pool, host.fs);
  if (listen.kind !== "set" || listen.value === null || address === null) return null;
  return {
    pool,
    place: listen.place,
    shown: showAddress(address),
    faulty: null,
    nginxAddress: forNginx(address),
    used: host.bindings.some(({ targets }) => targets.some(({ pools }) => pools.includes(pool))),
    ...verdict(wanted, address, listen.value),
  };
}

function verdict(wanted: Address, address: Address, text: string): Verdict {
  if (address.kind === "tcp") {
    if (wanted.kind === "unix") return { distance: 7, difference: "a port, not a socket" };
    if (wanted.port !== address.port)
      return wanted.host === address.host
        ? { distance: 3, difference: "another port" }
        : { distance: 4, difference: "another address and port" };
    if (text.startsWith("*:"))
      return { distance: 0, shown: text, faulty: "pool", difference: "which PHP-FPM binds to [::1] alone" };
    return { distance: 1, difference: family(wanted.host, address.host) };
  }
  if (!text.startsWith("/")) {
    const below = `which PHP-FPM takes for the file ${address.path}`;
    const reading = { shown: text, faulty: "pool", nginxAddress: null, difference: below } as const;
    if (wanted.kind === "tcp") return { ...reading, distance: wanted.host === text.toLowerCase() ? 0 : 6 };
    return { ...reading, distance: wanted.path.endsWith(`/${text}`) ? 1 : 5 };
  }
  if (wanted.kind === "tcp") return { distance: 7, difference: "a socket, not a port" };
  return paths(wanted.path, address.path);
}

function paths(wanted: string, listen: string): Verdict {
  if (wanted.includes(":") && wanted.slice(0, wanted.indexOf(":")) === listen)
    return {
      distance: 0,
      faulty: "nginx",
      difference: "without the colon, which nginx takes for a part of the file name",
    };
  if (/php/.test(wanted) && blank(wanted) === blank(listen))
    return { distance: 1, difference: "of another PHP version" };
  if (nameOf(wanted) === nameOf(listen)) return { distance: 2, difference: "in another directory" };
  const same = directoryOf(wanted) === directoryOf(listen);
  const [ours, theirs] = [stem(wanted), stem(listen)];
  const alike = ours.includes(theirs) || theirs.includes(ours);
  return { distance: (same ? 3 : 4) - (alike ? 1 : 0), difference: same ? "another file" : "another path" };
}

/** A path without its version numbers. */
function blank(path: string): string {
  return path.replace(/\d\.?\d+/g, "#");
}

/** `shop` of `/run/php/shop-fpm.sock`. */
function stem(path: string): string {
  return nameOf(path).replace(/[-_.]?(fpm|php)?[-_.]?\d*\.?(sock|socket)?$/, "");
}

function family(wanted: string, listen: string): string {
  const [ours, theirs] = [wanted, listen].map((name) => name.includes(":"));
  if (ours === theirs) return "another address";
  return theirs === true ? "IPv6 instead of IPv4" : "IPv4 instead of IPv6";
}

function forNginx(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return showAddress(/^(\*|0\.0\.0\.0)$/.test(address.host) ? { ...address, host: "127.0.0.1" } : address);
}
