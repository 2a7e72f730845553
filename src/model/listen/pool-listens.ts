import { setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { directoryOf, nameOf } from "../../host/path.js";
import { grouped, unique } from "../../source/collect.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { type Address, fpmAddress, meetingPoint, reaches } from "../address/address.js";
import { ipBytes } from "../address/ip.js";
import { realAddress } from "../address/links.js";
import { listenAddress } from "../build.js";
import type { Host } from "../host.js";

/**
 * Where the pools of a host listen, looked up by parts of an address, for a host may have thousands of both.
 */

/** A pool that listens somewhere. */
export interface PoolListen {
  readonly pool: Pool;
  /** The value of `listen` or `pm.status_listen`. */
  readonly place: Place;
  /** As written, with the pool's name for `$pool`. */
  readonly text: string;
  /** `null`: PHP-FPM refuses the text. */
  readonly address: Address | null;
}

interface Index {
  /** In the order of the files. */
  readonly listens: readonly PoolListen[];
  readonly order: ReadonlyMap<PoolListen, number>;
  /** Those that PHP-FPM refuses. */
  readonly refused: readonly PoolListen[];
  /** Ports of pools that listen on a host name, which may be any address of the machine. */
  readonly named: ReadonlySet<number | null>;
  /** The addresses of status pages (`pm.status_listen`), by their meeting point. */
  readonly status: ReadonlyMap<string, readonly Address[]>;
  /** The addresses that lead from locations to each of them. */
  readonly dialled: ReadonlyMap<Pool, readonly Address[]>;
  readonly byHint: ReadonlyMap<string, readonly PoolListen[]>;
}

/** The pools of a host with their addresses, and the ways to look them up. */
export const poolListens = perKey((host: Host): Index => {
  const listens = host.pools.flatMap((pool) => readListen(host, pool, "listen"));
  const status = host.pools.flatMap((pool) => readListen(host, pool, "pm.status_listen")[0]?.address ?? []);
  const dialled = grouped(
    host.bindings.flatMap(({ targets }) =>
      targets.flatMap(({ address, pools }) => pools.map((pool) => [pool, address] as const)),
    ),
  );
  return {
    listens,
    order: new Map(listens.map((one, at) => [one, at])),
    refused: listens.filter(({ address }) => address === null),
    named: new Set(
      listens.flatMap(({ address }) => (address?.kind === "tcp" && isName(address.host) ? address.port : [])),
    ),
    status: groupedByAll(status, (address) => [meetingPoint(address)]),
    dialled,
    byHint: groupedByAll(listens, ({ address, text }) => (address === null ? [] : hints(address, text))),
  };
});

/** What no pool of the host can be moved to. */
export interface Taken {
  /** The ports of the pools and of their status pages. */
  readonly ports: ReadonlySet<number | null>;
  /** The paths of the sockets that pools listen on. */
  readonly paths: ReadonlySet<string>;
}

/** The ports and sockets that the pools of a host have. */
export const takenBy = perKey((host: Host): Taken => {
  const { listens, status } = poolListens(host);
  const own = listens.flatMap(({ address }) => address ?? []);
  const all = [...own, ...[...status.values()].flat()];
  return {
    ports: new Set(all.flatMap((one) => (one.kind === "tcp" ? [one.port] : []))),
    paths: new Set(own.flatMap((one) => (one.kind === "unix" ? [one.path] : []))),
  };
});

/** Where one pool, or its status page, listens; empty: nowhere, or the setting is unknown. */
export function readListen(
  host: Host,
  pool: Pool,
  key: "listen" | "pm.status_listen",
): readonly PoolListen[] {
  const listen = setting(pool, key);
  if (listen.kind !== "set" || !listen.value) return [];
  const { place, value: text } = listen;
  if (key === "listen") return [{ pool, place, text, address: listenAddress(pool, host.fs) }];
  const address = fpmAddress(text);
  return [{ pool, place, text, address: address === null ? null : realAddress(host.fs, address) }];
}

/** Whether a pool's status page is served on that address. */
export function statusListens(host: Host, wanted: Address): boolean {
  const near = poolListens(host).status.get(meetingPoint(wanted)) ?? [];
  return near.some((address) => reaches(wanted, address));
}

function isName(host: string): boolean {
  return host !== "*" && host !== "localhost" && ipBytes(host) === null;
}

/** How many pools with the same thing in common are looked at: beyond that, one is as good as another. */
const ENOUGH = 8;

/**
 * The pools that may be meant by an address that nobody listens on: those that have something in common with
 * it, and the first few.
 */
export function likelyPools(host: Host, wanted: Address): readonly PoolListen[] {
  const { listens, order, byHint } = poolListens(host);
  const found = new Set(listens.slice(0, ENOUGH));
  const text = wanted.kind === "unix" ? wanted.path : wanted.host;
  for (const hint of hints(wanted, text))
    for (const one of (byHint.get(hint) ?? []).slice(0, ENOUGH)) found.add(one);
  // In the order of the files, so that the first of equals wins.
  return [...found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
}

/** Parts of an address; two addresses that look alike have one of these in common. */
function hints(address: Address, text: string): readonly string[] {
  if (address.kind === "tcp") {
    const port = String(address.port);
    return [
      "tcp",
      `name ${text.toLowerCase()}`,
      `port ${port}`,
      `host ${address.host}`,
      ...slips(port).map((slip) => `slip of port ${slip}`),
    ];
  }
  const name = nameOf(address.path);
  const words = name.toLowerCase().split(/[-_.]+/);
  return [
    "unix",
    `name ${text.toLowerCase()}`,
    `directory ${directoryOf(address.path)}`,
    `file ${name}`,
    `version of ${withoutVersions(address.path)}`,
    `path ${address.path.split(":")[0]}`,
    ...words.filter((word) => !/^(?:php|fpm|sock|socket|)$/.test(word)).map((word) => `word ${word}`),
    ...slips(name).map((slip) => `slip of ${slip}`),
  ];
}

/**
 * A path with `#` for the versions of PHP in it: `php8.2-fpm`, `php82`, `/7.4/`. Other numbers stay, for
 * they tell sites apart.
 */
export function withoutVersions(path: string): string {
  return path.replace(/(php-?(?:fpm-?)?)\d\.?\d*/gi, "$1#").replace(/(?<![\d.])\d\.\d(?![\d.])/g, "#");
}

/**
 * A word, and the word without each of its letters: two words that differ by one slip have one of these in
 * common.
 */
function slips(word: string): readonly string[] {
  return [word, ...[...word].map((_, at) => word.slice(0, at) + word.slice(at + 1))];
}

function groupedByAll<T>(
  items: readonly T[],
  keys: (item: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  return grouped(items.flatMap((item) => unique(keys(item)).map((key) => [key, item] as const)));
}
