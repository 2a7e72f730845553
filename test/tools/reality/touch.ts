import { type Finding, placesOf } from "../../../src/engine/finding.js";
import { waysTo } from "../../../src/evidence/meetings.js";
import type { Pool } from "../../../src/fpm/types.js";
import type { Binding, Host } from "../../../src/model/host.js";
import { effectiveList, effectiveNode } from "../../../src/nginx/tree/effective.js";
import { argument, descendants, headText } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import type { Place, Span } from "../../../src/source/file.js";
import { type Entry, inner, type SiteDraft } from "./draft.js";

/** An entry of a drawn site as the linter's model sees it. */
export interface Way {
  readonly site: SiteDraft;
  readonly entry: Entry;
  /** The location that takes the entry's requests, or the server, where none does. */
  readonly location: Node;
  /** What the entry's requests meet before they are there: locations, rewrites, servers in front. */
  readonly before: readonly Node[];
  /** Whether nginx sends a file in the place of a script. */
  readonly sent: boolean;
  /**
   * The location that says whether a request may go on (`auth_request`); `null`: none is asked, also where
   * `satisfy any` lets the request in before.
   */
  readonly asks: Node | null;
  /** What is passed to FastCGI there; `null`: nothing is. */
  readonly binding: Binding | null;
  readonly pools: readonly Pool[];
}

/** What an entry's requests meet, by the files alone; `null` where the text breaks off before its server. */
export function wayOf(host: Host, site: SiteDraft, entry: Entry): Way | null {
  const server = serverOf(host, site);
  if (server === null) return null;
  const { met, sent, asked } = nodesMet(host, entry.front ?? site, entry);
  const end = met.findLast(({ name }) => name === "location");
  const location = drawnLocation(server, entry) ?? end ?? server;
  const binding = host.bindings.find((one) => one.location === location) ?? null;
  const pools = (binding?.targets ?? []).filter(({ down }) => !down).flatMap((target) => target.pools);
  const asks = asked ? askedBy(server, location) : null;
  const before = met.filter((one) => one !== location && (asks === null || !isWithin(one, asks)));
  return { site, entry, location, before, sent, asks, binding, pools: [...new Set(pools)] };
}

function askedBy(server: Node, location: Node): Node | null {
  const asked = effectiveNode(location, "auth_request");
  const uri = asked.kind === "set" ? argument(asked.node, 0) : undefined;
  return server.children.find((one) => headText(one) === `location = ${uri}`) ?? null;
}

/** Whether one of a finding's places is in a block. */
export function hasPlaceIn(host: Host, finding: Finding, block: Node): boolean {
  const places = placesOf(finding);
  return places
    .filter(isNginx)
    .flatMap((place) => nodesAt(host, place))
    .some((node) => isWithin(node, block));
}

function serverOf(host: Host, { listen, serverName }: SiteDraft): Node | null {
  const root = host.nginx?.root;
  const says = (server: Node, name: string, text: string): boolean =>
    server.children.some((child) => headText(child) === `${name} ${text}`);
  const isSite = (node: Node): boolean =>
    node.name === "server" && says(node, "listen", listen) && says(node, "server_name", serverName);
  return (root === undefined ? undefined : [...descendants(root)].find(isSite)) ?? null;
}

/** By the words with which it was drawn. */
function drawnLocation(server: Node, entry: Entry): Node | null {
  const wanted = inner(entry).head;
  const around = entry.blocks.at(-2)?.head ?? null;
  const location = [...descendants(server)].find(
    (node) =>
      headText(node) === wanted &&
      (around === null ? node.parent === server : node.parent !== null && headText(node.parent) === around),
  );
  return location ?? null;
}

/** Locations, servers where none fits, and rewriting, in the order in which a request for the entry meets them. */
function nodesMet(
  host: Host,
  to: SiteDraft,
  entry: Entry,
): { readonly met: readonly Node[]; readonly sent: boolean; readonly asked: boolean } {
  const server = serverOf(host, to);
  const headers = [["Host", to.name]] as const;
  const asked =
    server === null ? [] : waysTo(host, server, `${entry.uri}?a=1`, { client: "127.0.0.1", headers });
  const way = asked.find(({ outcome }) => outcome.kind === "php") ?? asked[0];
  let last = server;
  const found = (way?.steps ?? []).flatMap((step): readonly Node[] => {
    if (step.kind === "server") last = step.server;
    // Without a location the server itself answers.
    if (step.kind === "location") return [step.location ?? last].filter((one) => one !== null);
    return "node" in step ? [step.node] : [];
  });
  const guard = way?.steps.some(({ kind }) => kind === "auth-request") === true;
  return { met: [...new Set(found)], sent: way?.outcome.kind === "file", asked: guard };
}

/** The ways that a finding is about, by the places it names. */
export function touched(host: Host, finding: Finding, ways: readonly Way[]): readonly Way[] {
  const isOther = (way: Way): boolean => nodesAt(host, finding.at).some((node) => isOfAnotherHost(node, way));
  return aboutPlaces(
    host,
    finding,
    ways.filter((way) => !isOther(way)),
  );
}

/** A line of `map $host` for a name that is not the site's. */
function isOfAnotherHost({ parent, directive }: Node, { site }: Way): boolean {
  return parent?.name === "map" && !["default", site.name].includes(directive.name.text);
}

function aboutPlaces(host: Host, finding: Finding, ways: readonly Way[]): readonly Way[] {
  // Nobody meets such a pool any more, so it is told by its name.
  if (finding.rule === "socket/path-too-long" && finding.case === "cut")
    return ways.filter(({ entry }) => finding.message.includes(`[${entry.pool.name}]`));
  const places = placesOf(finding);
  const nodes = places.filter(isNginx).flatMap((place) => nodesAt(host, place));
  const ofPools = places.filter((place) => !isNginx(place));
  // Where a line of nginx or of one pool is marked, php.ini is only there to explain it, not to name all pools.
  const own = ofPools.filter((place) => host.pools.some((pool) => isLineOf(place, pool)));
  const telling = own.length > 0 && (isNginx(finding.at) || own.includes(finding.at)) ? own : ofPools;
  const inPools = ways.filter((way) => telling.some((place) => way.pools.some((pool) => isOf(place, pool))));
  const withPool = (those: readonly Way[]): readonly Way[] =>
    inPools.length === 0 ? those : those.filter((way) => inPools.includes(way));
  // The line that asks another location says nothing to requests that are let in before.
  const those = (test: (node: Node, way: Way) => boolean, of: readonly Node[]): readonly Way[] =>
    ways.filter((way) =>
      of.some((node) => (node.name !== "auth_request" || way.asks !== null) && test(node, way)),
    );
  // What is set further out counts for many locations, of which the finding means those with its pool.
  // Where it marks a line of nginx, other lines further out are only there to explain it.
  const marked = isNginx(finding.at) ? nodesAt(host, finding.at) : nodes;
  // An include that is only shown to explain may have brought more than the finding means.
  const meant = nodes.filter(
    (node) => marked.includes(node) || places.some(({ span }) => covers(node, span)),
  );
  // A page for errors is on the way of those requests alone that it answers.
  const inEffect = finding.rule === "request/lost-query" ? [] : those(isInEffect, marked);
  const named = [...those(isInside, nodes), ...those(isOnWay, meant), ...withPool(inEffect)];
  const addressed = named.length === 0 || isNginx(finding.at) ? those(isAddressOf, marked) : [];
  const found = [...new Set([...named, ...addressed])];
  if (found.length > 0) return found;
  const around = those((node, way) => isWithin(way.location, node), nodes);
  // It is about another location, which none of the requests here gets to.
  const passing = new Set(host.bindings.map(({ location }) => location));
  if (around.length === 0 && nodes.some((node) => passing.has(nearest(node) ?? node))) return [];
  // A finding that names only a pool means all that use it.
  return around.length > 0 ? withPool(around) : inPools;
}

function isNginx({ span: { file } }: Place): boolean {
  return file.path.includes("/nginx/");
}

/** The directives whose words the place is in; through the same includes where that tells them apart. */
function nodesAt(host: Host, { span, via }: Place): readonly Node[] {
  const root = host.nginx?.root;
  const tree = root === undefined ? [] : [...descendants(root)];
  // An `include` is not in the tree; what it brought is.
  const isBrought = (node: Node): boolean =>
    node.via.some((one) => spot(one) === spot(span) && one.end === span.end);
  const all = tree.filter((node) => covers(node, span) || isBrought(node));
  const chain = via.map(spot).join();
  const same = all.filter((node) => node.via.slice(0, via.length).map(spot).join() === chain);
  return same.length > 0 ? same : all;
}

function covers({ file, directive }: Node, span: Span): boolean {
  const end = Math.max(directive.name.end, ...directive.args.map((word) => word.end));
  return file.path === span.file.path && directive.name.start <= span.start && span.end <= end;
}

function spot({ file, start }: Span): string {
  return `${file.path}:${start}`;
}

/** Whether a directive belongs to this way alone. */
function isInside(node: Node, { location }: Way): boolean {
  return isWithin(node, location);
}

/** Whether a directive stands where the requests of this way come through. */
function isOnWay(node: Node, { before }: Way): boolean {
  return before.some((one) => nearest(node) === one || node === one);
}

/** The location that a directive stands in, which may be itself. */
function nearest(node: Node): Node | null {
  return [node, ...ancestors(node)].find(({ name }) => name === "location") ?? null;
}

/** Whether a directive is an address on the way, or its upstream. */
function isAddressOf(node: Node, way: Way): boolean {
  const upstream = [node, ...ancestors(node)].find((one) => one.name === "upstream");
  if (upstream !== undefined) return usesUpstream(way, upstream);
  return (
    way.binding?.targets.some(({ place, through }) =>
      [place, through ?? place].some((one) => covers(node, one.span)),
    ) === true
  );
}

/** Whether a directive further out has a part in what becomes of the way's requests. */
function isInEffect(node: Node, { location, before }: Way): boolean {
  const { parent } = node;
  // What is set for FastCGI counts where the request is passed on, not where it comes through.
  const through = node.name.startsWith("fastcgi_") ? [] : before;
  const blocks = [location, ...through.filter(({ name }) => name === "location")];
  return (
    parent !== null &&
    blocks.some((block) => {
      if (!isWithin(block, parent) || isWithin(block, node)) return false;
      const one = effectiveNode(block, node.name);
      if (one.kind === "set" && one.node === node) return true;
      return ["fastcgi_param", "error_page"].some((name) => {
        const list = effectiveList(block, name);
        return list.kind === "set" && list.nodes.includes(node);
      });
    })
  );
}

function ancestors(node: Node): readonly Node[] {
  return node.parent === null ? [] : [node.parent, ...ancestors(node.parent)];
}

function isWithin(node: Node, block: Node): boolean {
  return node === block || ancestors(node).includes(block);
}

function usesUpstream({ binding, location }: Way, upstream: Node): boolean {
  const name = argument(upstream, 0) ?? "";
  const passes = location.children.filter((child) => child.name.endsWith("_pass"));
  return (
    (binding?.targets ?? []).some((target) => target.upstream === name) ||
    passes.some((pass) => (argument(pass, 0) ?? "").replace(/^\w+:\/\//, "") === name)
  );
}

/** A place in the pool's own lines; or one that belongs to all pools of its master. */
function isOf(place: Place, pool: Pool): boolean {
  const { master } = pool;
  const { file } = place.span;
  return (
    isLineOf(place, pool) || file === master.main || master.ini.files.some(({ path }) => path === file.path)
  );
}

function isLineOf({ span: { file, start } }: Place, pool: Pool): boolean {
  return [pool.section, ...pool.settings.flatMap(({ keyPlace, place }) => [keyPlace, place])].some(
    (place) => place.span.file.path === file.path && place.span.start === start,
  );
}
