import { escapeText } from "../terminal/escape.js";
import type { ReportedHost, TopologyReport } from "./document.js";
import { type Box, type Graph, graphOf } from "./graph.js";

/** The picture in the languages of wikis and of Graphviz. */

interface Language {
  readonly begin: readonly string[];
  readonly end: readonly string[];
  group(id: string, label: string, inner: readonly string[]): readonly string[];
  box(id: string, box: Box): string;
  line(start: string, end: string, faint: boolean, word: string): string;
}

/** What a wiki draws between ```` ```mermaid ```` and ```` ``` ````. */
export function mermaid(report: TopologyReport): string {
  return diagram(report, MERMAID);
}

/** What `dot -Tsvg` draws. */
export function dot(report: TopologyReport): string {
  return diagram(report, DOT);
}

function diagram({ hosts }: TopologyReport, language: Language): string {
  const drawn = hosts.map((host, index) => drawHost(host, `h${index + 1}`, hosts.length > 1, language));
  return `${[...language.begin, ...drawn.flat(), ...language.end].join("\n")}\n`;
}

function drawHost(
  { topology }: ReportedHost,
  id: string,
  several: boolean,
  language: Language,
): readonly string[] {
  const graph = graphOf(topology);
  const name = (box: string): string => `${id}_${box.replaceAll("-", "_")}`;
  const rows = [
    ...boxesOf(graph).map((box) => language.box(name(box.id), box)),
    ...graph.lines.map(({ from, to, faint, word }) => language.line(name(from), name(to), faint, word)),
  ];
  return several ? language.group(id, topology.name, rows) : rows;
}

function boxesOf({ columns, unused }: Graph): readonly Box[] {
  return [...columns.flat(), ...unused];
}

/** The label, then what is written into the box. */
function words({ kind, label, chips, worst, faint }: Box): readonly string[] {
  const unused = kind === "pool" && faint ? ["nothing that was read passes to it for sure"] : [];
  const verdict = worst === null ? [] : [`worst finding: ${worst}`];
  return [label, chips.map(({ text }) => text).join(", "), ...unused, ...verdict].filter(
    (line) => line !== "",
  );
}

const MERMAID: Language = {
  begin: [
    "flowchart LR",
    "  classDef error stroke:#b3261e,stroke-width:3px",
    "  classDef warning stroke:#8a5300,stroke-width:3px,stroke-dasharray:6 3",
    "  classDef info stroke:#1f5fa8,stroke-width:2px",
    "  classDef faint stroke-dasharray:2 3,color:#666",
  ],
  end: [],
  group: (id, label, inner) => [
    `  subgraph ${id}["${ofMermaid(label)}"]`,
    ...inner.map((line) => `  ${line}`),
    "  end",
  ],
  box: (id, box) => {
    const text = words(box).map(ofMermaid).join("<br/>");
    const [open, close] =
      box.kind === "pool" ? ['(["', '"])'] : box.kind === "server" ? ['[["', '"]]'] : ['["', '"]'];
    const style = box.worst ?? (box.faint ? "faint" : null);
    return `  ${id}${open}${text}${close}${style === null ? "" : `:::${style}`}`;
  },
  line: (start, end, faint, word) =>
    `  ${start} ${faint ? "-.->" : "-->"}${word === "" ? "" : `|${ofMermaid(word)}|`} ${end}`,
};

/** Mermaid knows characters by number; what could end a label, or begin HTML, Markdown or an escape, is written so. */
function ofMermaid(text: string): string {
  return escapeText(text).replace(/["#<>&`\\]/g, (character) => `#${character.charCodeAt(0)};`);
}

const DOT: Language = {
  begin: ["digraph fpmlint {", "  rankdir=LR;", '  node [shape=box, fontname="sans-serif"];'],
  end: ["}"],
  group: (id, label, inner) => [
    `  subgraph cluster_${id} {`,
    `    label=${quoted([label])};`,
    ...inner.map((line) => `  ${line}`),
    "  }",
  ],
  box: (id, box) => {
    const style = box.faint ? "dashed" : box.worst === "error" || box.worst === "warning" ? "bold" : "solid";
    const shape = box.kind === "pool" ? "ellipse" : "box";
    const color = COLOURS[box.worst ?? "none"];
    return `  ${id} [label=${quoted(words(box))}, shape=${shape}, style=${style}, color="${color}"];`;
  },
  line: (start, end, faint, word) => {
    const style = faint ? "dashed" : "solid";
    return `  ${start} -> ${end} [style=${style}${word === "" ? "" : `, label=${quoted([word])}`}];`;
  },
};

const COLOURS = { error: "#b3261e", warning: "#8a5300", info: "#1f5fa8", none: "#555555" } as const;

/** A string of Graphviz, in which a backslash begins an escape. */
function quoted(lines: readonly string[]): string {
  const safe = lines.map((line) => escapeText(line).replaceAll("\\", "\\\\").replaceAll('"', '\\"'));
  return `"${safe.join("\\n")}"`;
}
