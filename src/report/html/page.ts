import { createHash } from "node:crypto";
import type { Incomplete, LintResult } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import type { Rule } from "../../engine/rule.js";
import { groupBy } from "../../source/collect.js";
import { withCommas } from "../../source/digits.js";
import { count, coverage } from "../coverage.js";
import type { ReportedHost, TopologyReport } from "../topology/document.js";
import { firstWords, limitRows, SIZES, TIMES } from "../topology/limits.js";
import type { Observed, ObservedDiagnosis, ObservedMachine } from "../topology/observed.js";
import { firstOf, rowsMarkup, SIZE, TIME } from "./bars.js";
import { findingsMarkup } from "./findings.js";
import { happened } from "./happened.js";
import { machine } from "./machine.js";
import { cut, h, SHAPES } from "./markup.js";
import { memory } from "./memory.js";
import { type Findings, picture } from "./picture.js";
import { SCRIPT } from "./script.js";
import { STYLE } from "./style.js";

/** One file that shows all hosts of a report. It asks for nothing, and is the same for the same hosts. */
export function page(
  report: TopologyReport,
  rules: readonly Rule[],
): { readonly text: string; readonly failures: readonly Incomplete[] } {
  const { hosts, result, stamp, version, observed } = report;
  const several = hosts.length > 1;
  const byPrint = new Map(result.findings.map((one) => [one.fingerprint, one] as const));
  const drawn = findingsMarkup(result.findings, rules, several);
  const summary = { ...result.summary, incomplete: [...result.summary.incomplete, ...drawn.failures] };
  const title = several ? `${hosts.length} hosts` : named(hosts[0]);
  const made = stamp === null ? "" : `, ${stamp}`;
  const body = [
    `<header><h1>${h(title)}</h1><p class=dim>nginx and PHP-FPM as fpmlint ${h(version)} sees them${h(made)}</p>${nav(hosts, several, observed)}</header>`,
    `<main>${verdict({ ...result, summary })}`,
    ...hosts.map((host, index) => section(host, index, several, byPrint)),
    ...observedSections(observed, byPrint),
    `<section id=findings><h2>Findings</h2>${filter(result)}${drawn.done.join("")}${result.findings.length === 0 ? "<p>None.</p>" : ""}</section></main>`,
  ];
  return {
    text: `${head(title)}<body>${body.join("\n")}\n<script>${SCRIPT}</script></body></html>\n`,
    failures: drawn.failures,
  };
}

function named(host: ReportedHost | undefined): string {
  const name = host?.topology.name ?? ".";
  return name === "." ? "This host" : name;
}

function head(title: string): string {
  const policy = [
    "default-src 'none'",
    `style-src '${hash(STYLE)}'`,
    `script-src '${hash(SCRIPT)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>\n<html lang=en><head><meta charset=utf-8><meta http-equiv=Content-Security-Policy content="${policy}"><meta name=viewport content="width=device-width,initial-scale=1"><meta name=referrer content=no-referrer><title>${h(cut(title, 100))} – fpmlint</title><style>${STYLE}</style></head>\n`;
}

function hash(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function nav(hosts: readonly ReportedHost[], several: boolean, observed: readonly Observed[]): string {
  const parts = several
    ? hosts.map(({ topology }, index) => `<li><a href="#h${index + 1}">${h(cut(topology.name, 60))}</a></li>`)
    : SECTIONS.map(([id, title]) => `<li><a href="#h1-${id}">${title}</a></li>`);
  const { days, machines } = byKind(observed);
  const seen = [
    days.length === 0 ? "" : `<li><a href="#happened1">${HAPPENED}</a></li>`,
    machines.length === 0 ? "" : `<li><a href="#machine1">${MACHINE}</a></li>`,
  ].join("");
  return `<nav aria-label="parts of this page"><ul>${parts.join("")}${seen}<li><a href="#findings">Findings</a></li></ul></nav>`;
}

const SECTIONS = [
  ["talks", "Who talks to whom"],
  ["first", "Who gives up first"],
  ["fits", "How much fits"],
  ["memory", "Memory"],
] as const;

const HAPPENED = "What happened";
const MACHINE = "The running machine";

function byKind(observed: readonly Observed[]): {
  readonly days: readonly ObservedDiagnosis[];
  readonly machines: readonly ObservedMachine[];
} {
  return {
    days: observed.filter((one) => one.kind === "diagnosis"),
    machines: observed.filter((one) => one.kind === "machine"),
  };
}

function observedSections(observed: readonly Observed[], findings: Findings): readonly string[] {
  const { days, machines } = byKind(observed);
  const title = (name: string, { file }: Observed, among: readonly Observed[]): string =>
    `<h2>${name}${among.length > 1 ? `: ${h(cut(file, 100))}` : ""}</h2>`;
  return [
    ...days.map(
      (one, index) =>
        `<section id=happened${index + 1}>${title(HAPPENED, one, days)}${happened(one, findings)}</section>`,
    ),
    ...machines.map(
      (one, index) =>
        `<section id=machine${index + 1}>${title(MACHINE, one, machines)}${machine(one)}</section>`,
    ),
  ];
}

function section(host: ReportedHost, index: number, several: boolean, findings: Findings): string {
  const { topology } = host;
  const prefix = `h${index + 1}-`;
  const times = limitRows(topology, TIMES);
  const sizes = limitRows(topology, SIZES);
  const none = "<p>No location passes requests to PHP.</p>";
  const others = topology.otherServers;
  const quiet =
    others === 0
      ? ""
      : `<p class=dim>${count(others, "other server")} ${others === 1 ? "passes" : "pass"} nothing on.</p>`;
  const parts = [
    `${picture(topology, prefix, findings)}${quiet}`,
    times.length === 0
      ? none
      : `<p class=dim>The first to end a request that takes long is bold; grey is a default.</p>${rowsMarkup(times, TIMES, TIME, (set) => ({ sentence: sentence(firstWords(set)), first: firstOf(set) }))}`,
    sizes.length === 0 ? none : rowsMarkup(sizes, SIZES, SIZE, () => ({ sentence: "", first: new Set() })),
    memory(host),
  ];
  const title = several ? `<h2>${h(topology.name)}</h2>` : "";
  const tag = several ? "h3" : "h2";
  const drawn = SECTIONS.map(
    ([id, name], at) => `<section id="${prefix}${id}"><${tag}>${name}</${tag}>${parts[at] ?? ""}</section>`,
  );
  return `<section id="h${index + 1}">${title}${drawn.join("\n")}</section>`;
}

function sentence(words: string): string {
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}.`;
}

function verdict({ summary }: LintResult): string {
  const { errors, warnings, infos } = summary;
  const lost = summary.incomplete.some(({ fatal }) => fatal);
  const said =
    errors > 0
      ? "Requests fail now, or a daemon does not start."
      : warnings > 0
        ? "It works, and fails under load, with time, or for large or slow requests; or somebody can get in."
        : lost
          ? "Nothing was found, and something could not be read."
          : summary.files === 0
            ? "Nothing was read."
            : "Nothing was found that makes requests fail.";
  const numbers = [
    ["error", errors],
    ["warning", warnings],
    ["info", infos],
  ] as const;
  const counts = numbers.map(
    ([severity, number]) =>
      `<li class=${severity}><span class=sev>${SHAPES[severity]} ${count(number, severity)}</span></li>`,
  );
  return `<section id=verdict><h2>Verdict</h2><p><strong>${said}</strong></p><ul class="plain counts">${counts.join("")}</ul><p>${h(coverage(summary))}.</p>${open(summary)}</section>`;
}

/** Places of one reason that are named. */
const MOST_PLACES = 20;

function open({ notCompared, incomplete }: LintResult["summary"]): string {
  const places = [
    [
      "not compared with a pool",
      notCompared.map((one) => [one.reason, `${one.location}, ${one.file}:${one.line}`]),
    ],
    ["not read", incomplete.map((one) => [one.reason, incompleteAt(one)])],
  ] as const;
  return places
    .filter(([, all]) => all.length > 0)
    .map(([what, all]) => {
      const items = groupBy(all, ([reason = ""]) => reason).map((same) => {
        const [[reason = ""]] = same;
        const shown = same.slice(0, MOST_PLACES).map(([, place = ""]) => cut(place, 160));
        const more = same.length > shown.length ? `, and ${same.length - shown.length} more` : "";
        return `<li>${h(cut(reason, 300))}: <span class=dim>${h(shown.join("; "))}${more}</span></li>`;
      });
      return `<details><summary>${withCommas(all.length)} ${what}</summary><ul>${items.join("")}</ul></details>`;
    })
    .join("");
}

function filter({ findings }: LintResult): string {
  const boxes = (["error", "warning", "info"] as const).map(
    (severity) =>
      `<label class=${severity}><input type=checkbox name=${severity} value=${severity} checked> <span class=sev>${SHAPES[severity]} ${severity}</span></label>`,
  );
  return `<form hidden role=search><label>Filter <input type=search name=q autocomplete=off></label>${boxes.join("")}<button type=button id=open>Unfold all</button><button type=button id=close>Fold all</button><output aria-live=polite>${count(findings.length, "finding")}</output></form>`;
}
