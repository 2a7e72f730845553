import type { Severity } from "../../engine/rule.js";
import { compareSeverity } from "../../engine/severity.js";
import { unique } from "../../source/collect.js";
import { once, perKey } from "../../source/memo.js";
import type { At, HostTopology, Judged, LocationData, WayData } from "../../topology/document.js";
import { count } from "../coverage.js";
import { type Chip, chipsOfAll, chipsOfPool } from "./chips.js";
import { type Row, rowsOf } from "./fold.js";

/** A host as boxes in four columns and lines between them: what the picture and the diagrams draw. */
export interface Graph {
  /** Servers, locations, addresses and upstreams, pools; the boxes of a column in order. */
  readonly columns: readonly (readonly Box[])[];
  readonly lines: readonly Line[];
  /** Pools that nothing passes to. */
  readonly unused: readonly Box[];
}

export interface Box {
  /** `s1`, or `s1-37` for several. */
  readonly id: string;
  /** What it is, for who does not see where it stands: `server`. */
  readonly kind: "server" | "location" | "address" | "upstream" | "pool";
  readonly label: string;
  readonly chips: readonly Chip[];
  /** The worst severity of its findings; `null`: there is none. */
  readonly worst: Severity | null;
  /** Fingerprints. */
  readonly findings: readonly string[];
  /** Nothing in the tree answers there, or what does is a guess. */
  readonly faint: boolean;
  /** Where it stands; `null`: it stands for several, or is no line of a file. */
  readonly at: At | null;
  /** The locations that it stands for, where they are several. */
  readonly row: Row | null;
}

export interface Line {
  readonly from: string;
  readonly to: string;
  /** Requests do not go there: the server is `down`, or a guess. */
  readonly faint: boolean;
  /** `backup`, `down`, `assumed`; empty: nothing is to be said. */
  readonly word: string;
}

interface Drawing {
  readonly boxes: readonly Map<string, Box>[];
  readonly lines: Map<string, Line>;
}

/** The drawing of a host. The order of its boxes is the one with few crossing lines. */
export function graphOf(host: HostTopology): Graph {
  const drawing: Drawing = { boxes: [new Map(), new Map(), new Map(), new Map()], lines: new Map() };
  for (const row of rowsOf(host)) draw(host, row, drawing);
  const columns = drawing.boxes.map((boxes) => [...boxes.values()]);
  const lines = [...drawing.lines.values()];
  return { columns: untangled(columns, lines), lines, unused: unusedPools(host) };
}

function draw(host: HostTopology, row: Row, { boxes, lines }: Drawing): void {
  const [servers, locations, targets, pools] = boxes;
  if (servers === undefined || locations === undefined || targets === undefined || pools === undefined)
    return;
  const own = locationBox(host, row);
  locations.set(own.id, own);
  const of = serverBox(host, row);
  if (of !== null) {
    servers.set(of.id, servers.get(of.id) ?? of);
    join(lines, of, own, false, "");
  }
  const all = row.flatMap(({ ways }) => ways);
  for (const same of unique(all.map(sortOf)).map((sort) => all.filter((way) => sortOf(way) === sort))) {
    const [way] = same;
    if (way === undefined) continue;
    const target = targetBox(host, same);
    targets.set(target.id, target);
    const word = way.down ? "down" : way.backup ? "backup" : "";
    join(lines, own, target, way.down, word);
    for (const part of row.length === 1 ? same.map((one) => [one]) : [same]) {
      const pool = poolBox(host, part);
      if (pool === null) continue;
      pools.set(pool.id, pool);
      join(lines, target, pool, way.assumed, way.assumed ? "assumed" : "");
    }
  }
}

/** Ways of one row that are drawn as one line. */
function sortOf({ upstream, down, backup, assumed, pool, address }: WayData): string {
  return JSON.stringify([
    upstream === null,
    down,
    backup,
    assumed,
    pool === null,
    upstream === null ? "" : address,
  ]);
}

function join(lines: Map<string, Line>, from: Box, to: Box, faint: boolean, word: string): void {
  const key = `${from.id} ${to.id}`;
  if (!lines.has(key)) lines.set(key, { from: from.id, to: to.id, faint, word });
}

function locationBox(host: HostTopology, row: Row): Box {
  const [first, ...others] = row;
  const several = others.length > 0;
  const alike = row.every(({ text }) => text === first.text);
  const label = several
    ? alike
      ? `${row.length} × ${first.text}`
      : count(row.length, "location")
    : first.text;
  const way = unique(row.map(({ through }) => through));
  const through = several && way.length === 1 ? ` through ${way[0]}` : "";
  return {
    ...judgedTogether(row),
    id: boxId(row.map(({ id }) => id)),
    kind: "location",
    label: label + through,
    chips: [...protocolChip(first), ...chipsOfAll(host, row)],
    faint: row.every(({ ways }) => ways.length === 0),
    at: several ? null : first,
    row: several ? row : null,
  };
}

function protocolChip({ protocol, php }: LocationData): readonly Chip[] {
  if (php) return [];
  return [{ text: protocol === "fastcgi" ? "FastCGI, not PHP" : protocol, written: true }];
}

function serverBox(host: HostTopology, row: Row): Box | null {
  const byId = serversById(host);
  const servers = unique(row.flatMap(({ server }) => server ?? [])).flatMap((id) => byId.get(id) ?? []);
  const [first, ...others] = servers;
  if (first === undefined) return null;
  return {
    ...judgedTogether(servers),
    id: boxId(servers.map(({ id }) => id)),
    kind: "server",
    label: others.length === 0 ? first.label : count(servers.length, "site"),
    chips:
      others.length === 0 && first.listens.length > 0
        ? [{ text: listened(first.listens), written: true }]
        : [],
    faint: false,
    at: others.length === 0 ? first : null,
    row: null,
  };
}

function listened(listens: readonly string[]): string {
  const [first = "", ...others] = listens;
  return `listen ${first}${others.length > 0 ? ` and ${others.length} more` : ""}`;
}

function targetBox(host: HostTopology, ways: readonly WayData[]): Box {
  const byId = addressesById(host);
  const addresses = unique(ways.map(({ address }) => address)).flatMap((id) => byId.get(id) ?? []);
  const upstreams = unique(ways.flatMap(({ upstream }) => upstream ?? []));
  const [first] = addresses;
  const name = addresses.length === 1 ? (first?.text ?? "") : `${addresses.length} addresses`;
  const [upstream, ...more] = upstreams;
  const of =
    upstream === undefined
      ? ""
      : more.length > 0
        ? ` of ${upstreams.length} upstreams`
        : ` of upstream ${upstream}`;
  const unheard = ways.every(({ pool }) => pool === null);
  return {
    worst: null,
    findings: [],
    id:
      boxId([...addresses.map(({ id }) => id)]) +
      (upstream === undefined ? "" : `u${upstreamNumber(host, upstream)}`),
    kind: upstream === undefined ? "address" : "upstream",
    label: name + of,
    chips: unheard ? [{ text: "no pool that was read", written: false }] : [],
    faint: unheard,
    at: null,
    row: null,
  };
}

function poolBox(host: HostTopology, ways: readonly WayData[]): Box | null {
  const byId = poolsById(host);
  const pools = unique(ways.flatMap(({ pool }) => pool ?? [])).flatMap((id) => byId.get(id) ?? []);
  const [first, ...others] = pools;
  if (first === undefined) return null;
  const chips = chipsOfPool(host, first);
  const key = (one: typeof first): string =>
    chipsOfPool(host, one)
      .map(({ text }) => text)
      .join(" ");
  const alike = others.every((one) => key(one) === key(first));
  return {
    ...judgedTogether(pools),
    id: boxId(pools.map(({ id }) => id)),
    kind: "pool",
    label: others.length === 0 ? `pool [${first.name}]` : count(pools.length, "pool"),
    chips: alike ? chips : [],
    faint: ways.every(({ assumed }) => assumed),
    at: others.length === 0 ? first : null,
    row: null,
  };
}

function unusedPools(host: HostTopology): readonly Box[] {
  return host.pools
    .filter(({ uses }) => uses === 0)
    .map((pool) => ({
      worst: pool.worst,
      findings: pool.findings,
      id: pool.id,
      kind: "pool",
      label: `pool [${pool.name}]`,
      chips: chipsOfPool(host, pool),
      faint: true,
      at: pool,
      row: null,
    }));
}

function judgedTogether(all: readonly Judged[]): Judged {
  const [worst = null] = all.flatMap((one) => one.worst ?? []).sort(compareSeverity);
  return { worst, findings: unique(all.flatMap(({ findings }) => findings)) };
}

/** One name for one box, and for several the first, the last and their number. */
function boxId(ids: readonly string[]): string {
  const [first = "", ...others] = ids;
  return others.length === 0 ? first : `${first}-${others.at(-1)}-${ids.length}`;
}

type ById<T> = ReadonlyMap<string, T>;

function byId<T extends { readonly id: string }>(of: (host: HostTopology) => readonly T[]) {
  return perKey((host: HostTopology): ById<T> => new Map(of(host).map((one) => [one.id, one])));
}

const serversById = byId(({ servers }) => servers);
const addressesById = byId(({ addresses }) => addresses);
const poolsById = byId(({ pools }) => pools);

const upstreamNumbers = perKey((_host: HostTopology) => new Map<string, number>());

function upstreamNumber(host: HostTopology, name: string): number {
  const numbers = upstreamNumbers(host);
  return once(numbers, name, () => numbers.size + 1);
}

/** How often the columns are sorted, to and fro. */
const SWEEPS = 4;

/** Sorts each column by the mean of its neighbours' places, so that few lines cross. Equal ones keep their order. */
function untangled(
  columns: readonly (readonly Box[])[],
  lines: readonly Line[],
): readonly (readonly Box[])[] {
  const next = neighbours(lines);
  let sorted = columns;
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forward = sweep % 2 === 0;
    const places = new Map<string, number>();
    const result = [...sorted];
    const order = forward ? [0, 1, 2, 3] : [3, 2, 1, 0];
    for (const at of order) {
      const side = result[at + (forward ? -1 : 1)] ?? [];
      const known = new Set(side.map(({ id }) => id));
      const column = result[at] ?? [];
      const weights = new Map(
        column.map(({ id }, index) => {
          const near = (next.get(id) ?? []).filter((one) => known.has(one));
          const sum = near.reduce((total, one) => total + (places.get(one) ?? 0), 0);
          return [id, near.length === 0 ? index / Math.max(1, column.length) : sum / near.length] as const;
        }),
      );
      const moved =
        side.length === 0
          ? column
          : column.toSorted((a, b) => (weights.get(a.id) ?? 0) - (weights.get(b.id) ?? 0));
      result[at] = moved;
      moved.forEach(({ id }, index) => void places.set(id, index / Math.max(1, moved.length)));
    }
    sorted = result;
  }
  return sorted;
}

function neighbours(lines: readonly Line[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const { from, to } of lines) {
    once(found, from, () => []).push(to);
    once(found, to, () => []).push(from);
  }
  return found;
}
