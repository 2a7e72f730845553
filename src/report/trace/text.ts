import type { Assumption, PhpOutcome, Step, Way } from "../../model/request/resolve/types.js";
import type { Place } from "../../source/file.js";
import { position } from "../../source/file.js";
import type { GivesUp, TracedLimit } from "../../trace/limits.js";
import type { Traced, TracedPool, TracedWay } from "../../trace/trace.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { displayWidth, padColumns, wrap } from "../terminal/width.js";
import { answerText, outcomeText } from "./outcomes.js";
import { assumptionText, requestLine, stepText, valueText } from "./steps.js";

export interface TraceTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
}

/** The way of one request, for people: how it ends first, then how it got there. */
export function traceText(traced: Traced, options: TraceTextOptions): string {
  const { request, host, ways } = traced;
  const page = new Page(options);
  const where = host.name === "." ? "" : `${host.name}: `;
  page.title(`${where}${requestLine(request)}`);
  endsOf(page, ways);
  ways.forEach((one, index) => {
    page.line("");
    page.title(ways.length === 1 ? "The way" : `Way ${index + 1}`);
    stepsOf(page, one.way, index === 0 ? null : (ways[0]?.way ?? null));
  });
  const shown = new Set<string>();
  for (const [index, { way, pools }] of ways.entries()) {
    if (way.outcome.kind !== "php") continue;
    const lines = new Page(options);
    paramsOf(lines, way.outcome, pools);
    const each = pools.filter(({ pool }, at) => pools.findIndex((one) => one.pool === pool) === at);
    for (const pool of each) limitsOf(lines, pool, each.length > 1);
    const text = lines.text();
    if (shown.has(text)) continue;
    shown.add(text);
    page.line("");
    page.title(ways.length > 1 ? `What PHP gets on way ${index + 1}` : "What PHP gets");
    page.raw(text);
  }
  return page.text();
}

/** Lines of a page; everything that comes from the files is escaped here. */
class Page {
  private readonly lines: string[] = [];
  readonly paint: Paint;

  constructor(readonly options: TraceTextOptions) {
    this.paint = painter(options.color);
  }

  title(text: string): void {
    for (const line of wrap(escapeText(text), this.options.width - 2))
      this.lines.push(this.paint("headline", line));
  }

  line(text: string): void {
    this.lines.push(text);
  }

  raw(text: string): void {
    if (text !== "") this.lines.push(text.replace(/\n$/, ""));
  }

  /** A text with a hanging indent. */
  item(first: string, text: string, then = " ".repeat(displayWidth(first))): void {
    const [head = "", ...rest] = wrap(escapeText(text), Math.max(30, this.options.width - then.length - 2));
    this.lines.push(first + head, ...rest.map((line) => then + line));
  }

  get arrow(): string {
    return this.options.unicode ? "→" : "->";
  }

  text(): string {
    return this.lines.length === 0 ? "" : `${this.lines.map((line) => line.trimEnd()).join("\n")}\n`;
  }
}

function endsOf(page: Page, ways: readonly TracedWay[]): void {
  const ends = ways.map(endsOfWay);
  const [only] = ends.length === 1 ? (ends[0] ?? []) : [];
  if (only !== undefined && ends[0]?.length === 1) {
    page.item(`${page.arrow} `, withRests(only.text, only.rests));
    return;
  }
  page.line(`${page.arrow} it depends:`);
  ends.forEach((some, index) => {
    const rests = ways[index]?.way.rests ?? [];
    for (const end of some) page.item(`  ${index + 1}. `, withRests(end.text, [...rests, ...end.rests]));
  });
}

function withRests(text: string, rests: readonly Assumption[]): string {
  const conditions = [...new Set(rests.map(assumptionText))];
  return conditions.length === 0 ? text : `${text}, if ${conditions.join(", and ")}`;
}

interface End {
  readonly text: string;
  /** What it rests on besides what the way does. */
  readonly rests: readonly Assumption[];
}

/** How a way ends; several where several pools may take the request, or where its script may not be there. */
function endsOfWay({ way: { outcome }, pools }: TracedWay): readonly End[] {
  if (outcome.kind !== "php") return [{ text: outcomeText(outcome), rests: [] }];
  return pools.map((one) => ({ text: answerText(outcome, one), rests: one.rests }));
}

/** The steps under the names of their files, each behind its line. */
function stepsOf(page: Page, { steps, outcome }: Way, first: Way | null): void {
  const same = first === null ? 0 : shared(steps, first.steps);
  if (same > 0) page.line(`  the first ${same === 1 ? "step is" : `${same} steps are`} those of way 1`);
  const rows: (readonly [Place | null, string])[] = steps
    .slice(same)
    .map((step) => [step.place, stepText(step)] as const);
  if (outcome.kind === "unknown") rows.push([outcome.place, `the way gets lost here: ${outcome.reason}`]);
  let file = "";
  for (const [place, text] of rows) {
    const own = place === null ? file : place.span.file.display;
    if (own !== file) page.line(`  ${page.paint("gutter", escapeText(own))}`);
    file = own;
    const line = place === null ? "" : String(position(place.span.file, place.span.start).line);
    page.item(`  ${page.paint("gutter", line.padStart(5))}  `, text, " ".repeat(9));
  }
}

/** How many steps both ways have in common at their beginning. */
function shared(steps: readonly Step[], others: readonly Step[]): number {
  let same = 0;
  while (
    same < steps.length &&
    stepText(steps[same] as Step) === (others[same] === undefined ? "" : stepText(others[same] as Step))
  )
    same += 1;
  return same;
}

function placeText({ span }: Place): string {
  return `${span.file.display}:${position(span.file, span.start).line}`;
}

/** The parameters on which PHP applications rest; JSON has all. */
const MATTERS: readonly string[] = [
  "SCRIPT_FILENAME",
  "SCRIPT_NAME",
  "PATH_INFO",
  "PATH_TRANSLATED",
  "DOCUMENT_ROOT",
  "DOCUMENT_URI",
  "REQUEST_URI",
  "QUERY_STRING",
  "REQUEST_METHOD",
  "CONTENT_TYPE",
  "CONTENT_LENGTH",
  "HTTP_HOST",
  "SERVER_NAME",
  "HTTPS",
  "PHP_VALUE",
  "PHP_ADMIN_VALUE",
];

function paramsOf(page: Page, { params }: PhpOutcome, pools: readonly TracedPool[]): void {
  const last = new Map(params.map((param) => [param.name, param]));
  const runs = pools.flatMap(({ answer }) => (answer?.kind === "runs" ? [answer.server] : []))[0];
  const seen = (name: string): string | null | undefined =>
    runs === undefined ? last.get(name)?.text : runs.get(name);
  const names = MATTERS.filter((name) => last.has(name) || seen(name) !== undefined);
  const width = Math.max(0, ...names.map((name) => name.length));
  for (const name of names) {
    const sent = last.get(name);
    const own = seen(name);
    const value = sent === undefined ? "not sent" : sent.text === "" ? "(empty)" : valueText(sent);
    const changed = runs !== undefined && sent?.text !== null && own !== sent?.text;
    const made = !changed ? "" : own === undefined ? "; PHP-FPM removes it" : `; PHP-FPM makes it ${own}`;
    page.item(`  ${padColumns(name, width)}  `, value + made);
  }
  const absent = ["SCRIPT_FILENAME", "REQUEST_METHOD"].filter((name) => !last.has(name));
  for (const name of absent) page.line(`  ${name} is not sent`);
  const others = [...last.keys()].filter((name) => !names.includes(name)).length;
  if (others > 0) page.line(`  and ${others} more (--format json has all)`);
}

function limitsOf(page: Page, { pool, limits }: TracedPool, several: boolean): void {
  page.line("");
  const of = several && pool !== null ? ` in pool [${pool.name}]` : "";
  page.title(`Limits${of}, in the order in which the request meets them`);
  const cells = limits.limits.map((one) => [
    one.value ?? "unknown",
    one.setting,
    `${one.what}; beyond it ${one.beyond}`,
  ]);
  const widths = [0, 1].map((at) => Math.max(0, ...cells.map((row) => displayWidth(row[at] ?? ""))));
  limits.limits.forEach((one, index) => {
    const [value = "", setting = "", what = ""] = cells[index] ?? [];
    const from = fromText(one);
    page.item(
      `  ${escapeText(padColumns(value, widths[0] ?? 0))}  ${padColumns(setting, widths[1] ?? 0)}  `,
      `${what}${from === "" ? "" : ` (${from})`}`,
    );
  });
  page.line("");
  const { waiting, computing, open } = limits;
  page.item("  ", whoText("A script that waits, for a database and the like", waiting));
  if (computing?.limit !== waiting?.limit) page.item("  ", whoText("A script that computes", computing));
  if (open) page.item("  ", "One of the limits on time is unknown, so something else may end it first.");
}

function fromText(one: TracedLimit): string {
  if (one.reason !== null) return one.reason;
  if (one.isDefault) return "the default";
  return one.place === null ? "" : placeText(one.place);
}

function whoText(script: string, gives: GivesUp | null): string {
  if (gives === null) return `${script}: nothing that is known ends it.`;
  const { limit, after } = gives;
  const who = limit.daemon === "PHP" ? "PHP itself" : limit.daemon;
  return `${script}: ${who} gives up first, after ${Number(after.toFixed(3))}s (${limit.setting}), and the client gets ${limit.beyond}.`;
}
