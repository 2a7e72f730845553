import { setting } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import { directoryOf, nameOf } from "../../host/path.js";
import { grouped, unique } from "../../source/collect.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { type Address, fpmAddress, meetingPoint, reaches } from "../address/address.js";
import { ipBytes } from "../address/ip.js";
import { listenAddress, realAddress } from "../build.js";
import type { Host } from "../host.js";

/** Where the pools of a host listen, found by parts of the address: a host may have thousands of either. */

/** A pool that listens somewhere. */
export interface PoolListen {
  readonly pool: Pool;
  readonly place: Place;
  /** As written, `$pool` replaced. */
  readonly text: string;
  /** `null` when PHP-FPM refuses it. */
  readonly address: Address | null;
}

interface Index {
  /** In the order of the files. */
  readonly listens: readonly PoolListen[];
  readonly order: ReadonlyMap<PoolListen, number>;
  readonly refused: readonly PoolListen[];
  /** Ports of pools that listen on the name of a host, which may be any address of the machine. */
  readonly named: ReadonlySet<number | null>;
  readonly status: ReadonlyMap<string, readonly Address[]>;
  readonly used: ReadonlySet<Pool>;
  readonly byHint: ReadonlyMap<string, readonly PoolListen[]>;
}

export const poolListens = perKey((host: Host): Index => {
  const listens = host.pools.flatMap((pool) => readListen(host, pool, "listen"));
  const status = host.pools.flatMap((pool) => readListen(host, pool, "pm.status_listen")[0]?.address ?? []);
  return {
    listens,
    order: new Map(listens.map((one, at) => [one, at])),
    refused: listens.filter(({ address }) => address === null),
    named: new Set(
      listens.flatMap(({ address }) => (address?.kind === "tcp" && isName(address.host) ? address.port : [])),
    ),
    status: groupedByAll(status, (address) => [meetingPoint(address)]),
    used: new Set(host.bindings.flatMap(({ targets }) => targets.flatMap(({ pools }) => pools))),
    byHint: groupedByAll(listens, ({ address, text }) => (address === null ? [] : hints(address, text))),
  };
});

/** What no pool of the host can be moved to. */
export interface Taken {
  readonly ports: ReadonlySet<number | null>;
  /** Of sockets that pools listen on. */
  readonly paths: ReadonlySet<string>;
}

/** Ports of the pools and of their status pages, and paths of the pools. */
export const takenBy = perKey((host: Host): Taken => {
  const { listens, status } = poolListens(host);
  const own = listens.flatMap(({ address }) => address ?? []);
  const all = [...own, ...[...status.values()].flat()];
  return {
    ports: new Set(all.flatMap((one) => (one.kind === "tcp" ? [one.port] : []))),
    paths: new Set(own.flatMap((one) => (one.kind === "unix" ? [one.path] : []))),
  };
});

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

/** Whether a master answers there with the status page of a pool. */
export function statusListens(host: Host, wanted: Address): boolean {
  const near = poolListens(host).status.get(meetingPoint(wanted)) ?? [];
  return near.some((address) => reaches(wanted, address));
}

function isName(host: string): boolean {
  return host !== "*" && host !== "localhost" && ipBytes(host) === null;
}

/** Of many that fit equally well one is as good as the other. */
const ENOUGH = 8;

/** The pools that an address nobody listens on may have meant: those with something in common, and the first few. */
export function likelyPools(host: Host, wanted: Address): readonly PoolListen[] {
  const { listens, order, byHint } = poolListens(host);
  const found = new Set(listens.slice(0, ENOUGH));
  const text = wanted.kind === "unix" ? wanted.path : wanted.host;
  for (const hint of hints(wanted, text))
    for (const one of (byHint.get(hint) ?? []).slice(0, ENOUGH)) found.add(one);
  // In the order of the files, so that of equals the first wins.
  return [...found].sort((a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
}

/** What two addresses may have in common that makes one of them look like the other. */
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

/** A path without the versions of PHP in it: `php8.2-fpm`, `php82`, `/7.4/`. Other numbers tell sites apart. */
export function withoutVersions(path: string): string {
  return path.replace(/(php-?(?:fpm-?)?)\d\.?\d*/gi, "$1#").replace(/(?<![\d.])\d\.\d(?![\d.])/g, "#");
}

/** A word, and what is left of it without one of its letters: two words with a slip between them have one of these in common. */
function slips(word: string): readonly string[] {
  return [word, ...[...word].map((_, at) => word.slice(0, at) + word.slice(at + 1))];
}

function groupedByAll<T>(
  items: readonly T[],
  keys: (item: T) => readonly string[],
): ReadonlyMap<string, readonly T[]> {
  return grouped(items.flatMap((item) => unique(keys(item)).map((key) => [key, item] as const)));
}
