import type { Finding } from "../../engine/finding.js";
import { compareSeverity } from "../../engine/severity.js";
import { unique } from "../../source/collect.js";
import type { HostTopology, Judged, LocationData } from "../../topology/document.js";
import { count } from "../coverage.js";
import { type Row, rowsOf } from "../topology/fold.js";
import { type Box, type Graph, graphOf } from "../topology/graph.js";
import { anchor, cut, h, SHAPES } from "./markup.js";

/** Who talks to whom, as a picture and as a list. */

export type Findings = ReadonlyMap<string, Finding>;

const WIDTH = 232;
const GAP = 64;
const LINE = 18;
const PADDING = 7;
const BETWEEN = 12;
const HEAD = 22;
/** Columns of text that fit into a box, and what one takes. */
const LETTERS = 32;
const LETTER = 6.5;

const HEADS = ["server", "location", "address", "pool"];

interface Placed {
  readonly box: Box;
  readonly x: number;
  readonly y: number;
  readonly height: number;
  readonly chips: readonly (readonly Box["chips"][number][])[];
}

/** `prefix`: what the ids of this host begin with. */
export function picture(host: HostTopology, prefix: string, findings: Findings): string {
  if (host.locations.length === 0) return "<p>No location passes requests on.</p>";
  const graph = graphOf(host);
  return `${drawing(graph, prefix, findings)}${legend()}${unused(graph, findings)}${list(host, prefix, findings)}`;
}

function drawing(graph: Graph, prefix: string, findings: Findings): string {
  const columns = graph.columns.map((boxes, column) => stacked(boxes, column));
  const height = Math.max(...columns.map((column) => bottom(column)), HEAD);
  // A short column stands in the middle of the long ones.
  const placed = columns.map((column) => {
    const shift = Math.round((height - bottom(column)) / 2);
    return column.map((one) => ({ ...one, y: one.y + shift }));
  });
  const byId = new Map(placed.flat().map((one) => [one.box.id, one] as const));
  const width = 4 * WIDTH + 3 * GAP + 4;
  const lines = graph.lines.map(({ from, to, faint, word }) => {
    const [a, b] = [byId.get(from), byId.get(to)];
    if (a === undefined || b === undefined) return "";
    const [x1, y1, x2, y2] = [a.x + WIDTH, a.y + a.height / 2, b.x, b.y + b.height / 2];
    const middle = (x1 + x2) / 2;
    const said = word === "" ? "" : `<text class=d x=${middle - 24} y=${(y1 + y2) / 2 - 4}>${h(word)}</text>`;
    return `<path class="o${faint ? " u" : ""}" d="M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}"/>${said}`;
  });
  const heads = HEADS.map(
    (head, column) => `<text class=d x=${column * (WIDTH + GAP) + 2} y=14>${head}</text>`,
  );
  const boxes = placed.flat().map((one) => boxMarkup(one, prefix, findings));
  return `<div class=scroll tabindex=0 role=region aria-label="picture: who talks to whom; the list below says the same"><svg viewBox="0 0 ${width} ${height + 6}" width=${width} height=${height + 6}>${heads.join("")}${lines.join("")}${boxes.join("")}</svg></div>`;
}

function bottom(column: readonly Placed[]): number {
  const last = column.at(-1);
  return last === undefined ? 0 : last.y + last.height;
}

function stacked(boxes: readonly Box[], column: number): readonly Placed[] {
  let y = HEAD;
  return boxes.map((box) => {
    const chips = chipLines(box.chips);
    const height = 2 * PADDING + LINE * (1 + chips.length);
    const placed = { box, x: 2 + column * (WIDTH + GAP), y, height, chips };
    y += height + BETWEEN;
    return placed;
  });
}

/** As many chips on a line as fit. */
function chipLines(chips: Box["chips"]): Placed["chips"] {
  const lines: (readonly Box["chips"][number][])[] = [];
  let room = 0;
  for (const chip of chips) {
    const width = chipWidth(chip.text) + 4;
    const last = lines.at(-1);
    if (last === undefined || width > room) {
      lines.push([chip]);
      room = WIDTH - 2 * PADDING - width;
    } else {
      lines[lines.length - 1] = [...last, chip];
      room -= width;
    }
  }
  return lines;
}

function chipWidth(text: string): number {
  return Math.round(Math.min([...text].length, LETTERS - 1) * LETTER + 8);
}

function boxMarkup({ box, x, y, height, chips }: Placed, prefix: string, findings: Findings): string {
  const { label, worst, faint, kind, row } = box;
  const most = LETTERS - (worst === null ? 0 : 2);
  const shown = cut(label, most);
  const mark = worst === null ? "" : `${SHAPES[worst]} `;
  const radius = kind === "pool" ? " rx=12" : "";
  const parts = [
    shown === label ? "" : `<title>${h(label)}</title>`,
    `<rect class=r x=${x} y=${y} width=${WIDTH} height=${height}${radius} />`,
    `<text class=b x=${x + PADDING} y=${y + PADDING + 12}>${mark}${h(shown)}</text>`,
  ];
  chips.forEach((line, index) => {
    let left = x + PADDING;
    const top = y + PADDING + LINE * (index + 1);
    for (const { text, written } of line) {
      const width = chipWidth(text);
      parts.push(
        `<rect class=k x=${left} y=${top} width=${width} height=15 />`,
        `<text${written ? "" : " class=d"} x=${left + 4} y=${top + 12}>${h(cut(text, LETTERS - 1))}</text>`,
      );
      left += width + 4;
    }
  });
  const classes = [worst ?? "", faint ? "u" : ""].filter((one) => one !== "").join(" ");
  const target = row !== null ? h(`${prefix}${box.id}`) : linkOf(box, findings);
  const inner = `<g${classes === "" ? "" : ` class="${classes}"`}>${parts.join("")}</g>`;
  return target === null ? inner : `<a href="#${target}">${inner}</a>`;
}

/** The anchor of the gravest finding; `null`: there is none. */
function linkOf({ findings: own }: Pick<Judged, "findings">, findings: Findings): string | null {
  const [first] = sorted(own, findings);
  return first === undefined ? null : anchor(first);
}

function sorted(own: readonly string[], findings: Findings): readonly Finding[] {
  const found = own.flatMap((one) => findings.get(one) ?? []);
  return found.toSorted((a, b) => compareSeverity(a.severity, b.severity));
}

function legend(): string {
  const words = [
    `<span class="sev error">${SHAPES.error} error</span>, thick border`,
    `<span class="sev warning">${SHAPES.warning} warning</span>, dashed border`,
    `<span class="sev info">${SHAPES.info} info</span>, thin border`,
    "dotted: a guess, or nobody that was read answers there",
    "grey: a default, assumed or unknown",
  ];
  return `<p class=dim>${words.join(" · ")}</p>`;
}

function unused({ unused: pools }: Graph, findings: Findings): string {
  if (pools.length === 0) return "";
  const shown = pools.map((pool) => {
    const chips = pool.chips.map(({ text }) => text).join(", ");
    return `<li>${h(pool.label)} <span class=dim>${h(chips)}</span> ${links(pool.findings, findings)}</li>`;
  });
  return `<h3>${count(pools.length, "pool")} that nothing passes to</h3><ul>${shown.join("")}</ul>`;
}

/** The same for who does not look at the picture, and for those that it folds. */
function list(host: HostTopology, prefix: string, findings: Findings): string {
  const words = wordsOf(host);
  const items = rowsOf(host).map((row) => {
    const [first, ...others] = row;
    if (others.length === 0) {
      const { name, text, end } = words(first);
      const way = `<span class=dim>${h(cut(text, 60))} → ${h(cut(end, 160))}</span>`;
      return `<li>${h(cut(name, 60))} ${way} ${links(first.findings, findings)}</li>`;
    }
    return `<li>${folded(row, prefix, words, findings)}</li>`;
  });
  const open = host.locations.length > items.length ? " open" : "";
  return `<details${open}><summary>The same as a list</summary><ul>${items.join("")}</ul></details>`;
}

/** The server, the location, and where its requests go. */
type Words = (location: LocationData) => {
  readonly name: string;
  readonly text: string;
  readonly end: string;
};

function wordsOf({ servers, addresses, pools }: HostTopology): Words {
  const server = new Map(servers.map((one) => [one.id, one.label] as const));
  const address = new Map(addresses.map((one) => [one.id, one.text] as const));
  const pool = new Map(pools.map((one) => [one.id, one.name] as const));
  return (one) => {
    const name = one.server === null ? "" : (server.get(one.server) ?? "");
    const ways = one.ways.map((way) => {
      const to = way.pool === null ? "" : ` → pool [${pool.get(way.pool) ?? ""}]`;
      const notes = [way.down ? "down" : "", way.backup ? "backup" : "", way.assumed ? "assumed" : ""];
      const said = notes.filter((note) => note !== "").join(", ");
      return `${address.get(way.address) ?? ""}${to}${said === "" ? "" : ` (${said})`}`;
    });
    const end = ways.length === 0 ? "nobody knows where" : unique(ways).join("; ");
    return { name, text: one.text, end };
  };
}

function folded(row: Row, prefix: string, words: Words, findings: Findings): string {
  const [first] = row;
  const id = `${prefix}${first.id}-${row.at(-1)?.id ?? ""}-${row.length}`;
  const alike = row.every(({ text }) => text === first.text);
  const through = row.every((one) => one.through === first.through) ? ` through ${first.through}` : "";
  const about = alike ? `${row.length} × ${first.text}${through}` : `${row.length} locations${through}`;
  const items = row.map((one) => {
    const { name, text, end } = words(one);
    const [worst] = sorted(one.findings, findings);
    const where = alike ? "" : ` ${h(cut(text, 60))}`;
    const site = name === "" ? "no server" : h(cut(name, 60));
    const head = worst === undefined ? site : `<a href="#${anchor(worst)}">${site}</a>`;
    return `<li>${head}${where} → ${h(cut(end, 120))}`;
  });
  return `<details id="${h(id)}"><summary>${h(about)}</summary><ul>${items.join("")}</ul></details>`;
}

function links(own: readonly string[], findings: Findings): string {
  return sorted(own, findings).map(link1).join(" ");
}

function link1(finding: Finding): string {
  const { severity, rule } = finding;
  return `<a class=${severity} href="#${anchor(finding)}"><span class=sev>${SHAPES[severity]}</span> ${h(rule)}</a>`;
}
