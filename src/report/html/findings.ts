import type { Each } from "../../engine/failure.js";
import type { Finding } from "../../engine/finding.js";
import type { Rule, Severity } from "../../engine/rule.js";
import { gravestFirst } from "../../engine/severity.js";
import { groupBy } from "../../source/collect.js";
import { withCommas } from "../../source/digits.js";
import { position } from "../../source/file.js";
import { count } from "../coverage.js";
import { helpLines } from "../help.js";
import { renderEach } from "../rendered.js";
import { escapeLine } from "../terminal/escape.js";
import { framesText, shortHelp } from "../text.js";
import { anchor, asText, cut, h, SHAPES } from "./markup.js";

/** Findings of one rule, case and severity that have frames; of more the first alone has them. */
const MOST_FRAMES = 3;
/** Further ones that have their message; it hardly differs. */
const MOST_MESSAGES = 20;
/** Columns of a frame. */
const COLUMNS = 84;

/** The findings by what they are, gravest first; each has an anchor. */
export function findingsMarkup(
  findings: readonly Finding[],
  rules: readonly Rule[],
  several: boolean,
): Each<string> {
  const titles = new Map(rules.map(({ id, docs }) => [id, docs.title] as const));
  const kinds = groupBy(
    gravestFirst(findings),
    ({ rule, case: one, severity }) => `${severity}\0${rule}\0${one}`,
  );
  const drawn = kinds.map((same) => {
    const framed = same.length > MOST_FRAMES ? same.slice(0, 1) : same;
    const articles = renderEach(framed, (one) => article(one, several));
    const others = same.slice(framed.length);
    const [{ rule, severity }] = same;
    const title = titles.get(rule);
    const about = title === undefined ? "" : ` — ${h(title)}`;
    const number = same.length === 1 ? "" : ` <span class=dim>(${count(same.length, "finding")})</span>`;
    const head = `<h3 class=${severity}><span class=sev>${SHAPES[severity]} ${severity}</span> ${h(rule)}${about}${number}</h3>`;
    return {
      text: `<section class=kind ${data(same[0])}>${head}${articles.done.join("")}${also(others, several)}</section>`,
      failures: articles.failures,
    };
  });
  return { done: drawn.map(({ text }) => text), failures: drawn.flatMap(({ failures }) => failures) };
}

/** `file:12`, with the host where there are several. */
function where({ at: { span }, host }: Finding, several: boolean): string {
  const line = `${span.file.display}:${position(span.file, span.start).line}`;
  return several && host !== "." ? `${line} (${host})` : line;
}

function article(finding: Finding, several: boolean): string {
  const { severity, rule, message, effect, help, settle, symptom } = finding;
  const frames = framesText(finding, COLUMNS);
  const lines = shortHelp(helpLines(help)).map(escapeLine);
  const rows = [
    row("effect", h(effect)),
    lines.length === 0 ? "" : row("help", `<pre tabindex=0>${asText(lines.join("\n"))}</pre>`),
    settle === null ? "" : row("settle", h(settle)),
    (symptom?.log ?? "") === "" ? "" : row("log", `<code>${h(symptom?.log ?? "")}</code>`),
    row("more", `<code>${h(`fpmlint explain ${rule}`)}</code>`),
  ];
  return `<article id="${anchor(finding)}" class="${severity} f"><h4><span class=sev>${SHAPES[severity]} ${severity}</span> ${h(message)}</h4><p class=where>${h(where(finding, several))}</p><pre tabindex=0>${asText(frames)}</pre><dl>${rows.join("")}</dl></article>`;
}

function row(name: string, markup: string): string {
  return `<dt>${name}</dt><dd>${markup}</dd>`;
}

/** What the filter compares, for all findings of a kind. */
function data({ severity, rule }: { readonly severity: Severity; readonly rule: string }): string {
  return `data-s=${severity} data-k="${h(rule)}"`;
}

function also(others: readonly Finding[], several: boolean): string {
  if (others.length === 0) return "";
  const items = others.map((one, index) => {
    const message = index < MOST_MESSAGES ? ` ${h(cut(one.message, 200))}` : "";
    return `<li id="${anchor(one)}">${h(where(one, several))}${message}`;
  });
  return `<details><summary>and ${withCommas(others.length)} more like it</summary><ul>${items.join("")}</ul></details>`;
}
