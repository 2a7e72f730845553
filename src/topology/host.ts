import { ASSUMED_WORKER } from "../capacity/sum.js";
import { notComparedAt } from "../engine/compared.js";
import type { Finding } from "../engine/finding.js";
import { serversOf } from "../evidence/meetings.js";
import type { Pool } from "../fpm/types.js";
import { type Address, showAddress } from "../model/address/address.js";
import { allPools, type Binding, type Host, type OtherPass } from "../model/host.js";
import { serverLabel } from "../model/labels.js";
import { poolListens } from "../model/listen/pool-listens.js";
import { maxChildren, processManager } from "../model/pool-size.js";
import { childrenNamed, headText, namePlace, shownWord } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import { once } from "../source/memo.js";
import { judgedBy } from "./boxes.js";
import type { AddressData, HostTopology, LocationData, PoolData, ServerData, WayData } from "./document.js";
import { at, LimitBook } from "./limits.js";

/** What passes requests on: to FastCGI, or by another protocol. */
type Passing = Binding | OtherPass;

/** How large one worker of a pool is; `null`: what holds for the host. */
export type WorkerOf = (pool: Pool) => { readonly bytes: number; readonly assumed: boolean } | null;

/** A host as data. `findings`: all of the run; those that touch nothing of the host are passed over. */
export function topologyOf(
  host: Host,
  findings: readonly Finding[],
  workerOf: WorkerOf = () => null,
): HostTopology {
  const passing: readonly Passing[] = inOrder([...host.bindings, ...host.otherPasses]);
  const servers = unique(passing.flatMap(({ server }) => server ?? []));
  const serverIds = new Map(servers.map((server, index) => [server, `s${index + 1}`] as const));
  const pools = allPools(host);
  const poolIds = new Map(pools.map((pool, index) => [pool, `p${index + 1}`] as const));
  const judged = judgedBy(host, unique([...servers, ...passing.map(({ location }) => location)]), findings);
  const addresses = new Map<string, AddressData>();
  const book = new LimitBook(host);
  const locations = passing.map((one, index): LocationData => {
    const { pass, location, server } = one;
    const php = "serves" in one && one.serves === "php";
    const ways = waysOf(one, addresses, poolIds, book);
    const sure = ways.find(({ pool, down }) => pool !== null && !down);
    return {
      id: `l${index + 1}`,
      server: server === null ? null : (serverIds.get(server) ?? null),
      text: headText(location),
      protocol: protocolOf(pass),
      php,
      through: pass.file.display,
      ways,
      limits: php ? (sure?.limits ?? book.idOf(one, null)) : null,
      notCompared: php ? (notComparedAt(host, one)?.reason ?? null) : null,
      ...at(namePlace(location)),
      ...judged(location),
    };
  });
  const uses = new Map<string, number>();
  for (const { ways } of locations)
    for (const { pool } of ways) if (pool !== null) uses.set(pool, (uses.get(pool) ?? 0) + 1);
  const listens = grouped(poolListens(host).listens.map(({ pool, text }) => [pool, text] as const));
  return {
    name: host.name,
    nginx:
      host.nginx === null
        ? null
        : {
            file: host.nginx.hasMain ? (host.nginx.texts[0]?.file.display ?? null) : null,
            version: host.nginx.version,
          },
    servers: servers.map((server) => serverData(server, serverIds.get(server) ?? "", judged)),
    otherServers: serversOf(host).filter(({ server }) => !serverIds.has(server)).length,
    locations,
    addresses: [...addresses.values()],
    pools: pools.map((pool): PoolData => {
      const id = poolIds.get(pool) ?? "";
      const worker = workerOf(pool) ?? {
        bytes: host.workerSize ?? ASSUMED_WORKER,
        assumed: host.workerSize === null,
      };
      return {
        id,
        name: pool.name,
        master: pool.master.main?.display ?? null,
        phpVersion: pool.master.phpVersion,
        listens: listens.get(pool) ?? [],
        manager: processManager(pool),
        workers: maxChildren(pool),
        workerBytes: worker.bytes,
        workerAssumed: worker.assumed,
        uses: uses.get(id) ?? 0,
        ...at(pool.section),
        ...judged(pool),
      };
    }),
    limits: book.sets,
  };
}

/** The passes of both lists as they stand in the tree; each list is in that order already. */
function inOrder(passing: readonly Passing[]): readonly Passing[] {
  const numbers = new Map<Node, number>();
  const number = (node: Node): number => {
    const { parent } = node;
    if (parent === null) return 0;
    if (!numbers.has(node)) parent.children.forEach((child, index) => void numbers.set(child, index));
    return numbers.get(node) ?? 0;
  };
  const paths = new Map<Passing, readonly number[]>();
  const pathOf = (one: Passing): readonly number[] =>
    once(paths, one, () => {
      const path: number[] = [];
      for (let node: Node | null = one.pass; node !== null; node = node.parent) path.unshift(number(node));
      return path;
    });
  return [...passing].sort((a, b) => comparePaths(pathOf(a), pathOf(b)));
}

function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const less = (a[index] ?? 0) - (b[index] ?? 0);
    if (less !== 0) return less;
  }
  return a.length - b.length;
}

function protocolOf({ name }: Node): LocationData["protocol"] {
  if (name === "proxy_pass") return "proxy";
  if (name === "uwsgi_pass") return "uwsgi";
  return name === "scgi_pass" ? "scgi" : "fastcgi";
}

function waysOf(
  one: Passing,
  addresses: Map<string, AddressData>,
  poolIds: ReadonlyMap<Pool, string>,
  book: LimitBook,
): readonly WayData[] {
  const php = "serves" in one && one.serves === "php" ? one : null;
  return one.targets.flatMap(({ address, upstream, down, backup, assumed, pools }): readonly WayData[] => {
    const rest = { address: addressOf(address, addresses).id, upstream, down, backup };
    const way = (pool: Pool | null): WayData => ({
      ...rest,
      assumed,
      pool: pool === null ? null : (poolIds.get(pool) ?? null),
      limits: php === null ? null : book.idOf(php, pool),
    });
    return pools.length === 0 ? [way(null)] : pools.map(way);
  });
}

function addressOf(address: Address, known: Map<string, AddressData>): AddressData {
  const text = showAddress(address);
  return once(known, `${address.kind} ${text}`, () => ({
    id: `a${known.size + 1}`,
    text,
    kind: address.kind,
  }));
}

function serverData(server: Node, id: string, judged: ReturnType<typeof judgedBy>): ServerData {
  const words = (name: string, first: boolean): readonly string[] =>
    childrenNamed(server, name).flatMap((node) =>
      node.directive.args.slice(0, first ? 1 : undefined).map((word) => shownWord(node, word)),
    );
  return {
    id,
    label: serverLabel(server),
    names: words("server_name", false),
    listens: words("listen", true),
    ...at(namePlace(server)),
    ...judged(server),
  };
}
