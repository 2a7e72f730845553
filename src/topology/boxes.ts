import { type Finding, placesOf } from "../engine/finding.js";
import { compareSeverity } from "../engine/severity.js";
import type { Pool } from "../fpm/types.js";
import { allMasters, type Host } from "../model/host.js";
import type { Node } from "../nginx/types.js";
import type { Place, SourceFile, Span } from "../source/file.js";
import { firstPlace } from "../source/halving.js";
import { once } from "../source/memo.js";
import type { Judged } from "./document.js";

/** Which findings are about which blocks of nginx and which pools. */

/** What a box stands for. */
type Thing = Node | Pool;

/** A block by its characters in a file. */
interface Block {
  readonly start: number;
  readonly end: number;
  /** The block around it; `null`: it is the outermost that was asked about. */
  outer: Block | null;
  /** Its occurrences, by the `include` lines that led there. */
  readonly nodes: Map<string, Node[]>;
}

/** A line of a file of PHP-FPM, from which on the settings are those of a pool; `null`: of no pool. */
interface Mark {
  readonly start: number;
  readonly pool: Pool | null;
}

/** Sorts the findings by the blocks and pools that they have a place in. */
export function judgedBy(
  host: Host,
  blocks: readonly Node[],
  findings: readonly Finding[],
): (thing: Thing) => Judged {
  const byFile = blocksByFile(blocks);
  const marks = marksByFile(host);
  const found = new Map<Thing, Set<Finding>>();
  for (const finding of findings)
    for (const place of [...placesOf(finding), ...(finding.occurrences ?? [])])
      for (const thing of [...blocksAt(byFile, place), ...poolsAt(marks, place)])
        once(found, thing, () => new Set<Finding>()).add(finding);
  return (thing) => {
    const own = [...(found.get(thing) ?? [])];
    const [worst = null] = own.map(({ severity }) => severity).sort(compareSeverity);
    return { worst, findings: own.map(({ fingerprint }) => fingerprint) };
  };
}

function blocksByFile(nodes: readonly Node[]): ReadonlyMap<SourceFile, readonly Block[]> {
  const files = new Map<SourceFile, Map<string, Block>>();
  for (const node of nodes) {
    const { start, end } = node.directive;
    const blocks = once(files, node.file, () => new Map<string, Block>());
    const block = once(blocks, `${start} ${end}`, () => ({ start, end, outer: null, nodes: new Map() }));
    once(block.nodes, wayKey(node.via), () => []).push(node);
  }
  return new Map([...files].map(([file, blocks]) => [file, nested([...blocks.values()])] as const));
}

/** In the order of their beginnings, each with the one around it. */
function nested(blocks: readonly Block[]): readonly Block[] {
  const sorted = [...blocks].sort((a, b) => a.start - b.start || b.end - a.end);
  const open: Block[] = [];
  for (const block of sorted) {
    while ((open.at(-1)?.end ?? Infinity) <= block.start) open.pop();
    block.outer = open.at(-1) ?? null;
    open.push(block);
  }
  return sorted;
}

function wayKey(via: readonly Span[]): string {
  return via.map(({ file, start }) => `${file.path}:${start}`).join(" ");
}

/** The blocks that a place is in, also those in which one of the `include` lines stands that led there. */
function blocksAt(files: ReadonlyMap<SourceFile, readonly Block[]>, { span, via }: Place): readonly Node[] {
  return [...via, span].flatMap(({ file, start }, depth) => {
    const around = upwards(lastBefore(files.get(file) ?? [], start), start);
    if (around.length === 0) return [];
    const way = wayKey(via.slice(0, depth));
    return around.flatMap(({ nodes }) => nodes.get(way) ?? []);
  });
}

function upwards(block: Block | null, at: number): readonly Block[] {
  const found: Block[] = [];
  for (let one = block; one !== null; one = one.outer) if (at < one.end) found.push(one);
  return found;
}

/** The last that begins at an offset or before; `null`: none does. */
function lastBefore<T extends { readonly start: number }>(sorted: readonly T[], at: number): T | null {
  const next = firstPlace(sorted.length, (index) => (sorted[index]?.start ?? Infinity) > at);
  return sorted[next - 1] ?? null;
}

function marksByFile(host: Host): ReadonlyMap<SourceFile, readonly Mark[]> {
  const files = new Map<SourceFile, Mark[]>();
  const add = ({ span: { file, start } }: Place, pool: Pool | null): void => {
    once(files, file, () => []).push({ start, pool });
  };
  for (const master of allMasters(host)) {
    for (const { keyPlace, header } of master.global) add(header ?? keyPlace, null);
    for (const pool of master.pools) {
      add(pool.section, pool);
      for (const { keyPlace, header } of pool.settings) {
        if (header !== null) add(header, pool);
        add(keyPlace, pool);
      }
    }
  }
  return new Map([...files].map(([file, marks]) => [file, marks.sort((a, b) => a.start - b.start)] as const));
}

function poolsAt(files: ReadonlyMap<SourceFile, readonly Mark[]>, { span }: Place): readonly Pool[] {
  const pool = lastBefore(files.get(span.file) ?? [], span.start)?.pool ?? null;
  return pool === null ? [] : [pool];
}
