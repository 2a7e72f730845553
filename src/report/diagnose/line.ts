import { lineOf, outsideCause } from "../../causes/outside-causes.js";
import { quotes, type Recognised } from "../../causes/recognise.js";
import { type Signature, shownTemplate, type Writer } from "../../causes/signature.js";
import type { Decided } from "../../diagnose/decided.js";
import type { Joined } from "../../diagnose/join.js";
import type { Finding } from "../../engine/finding.js";
import type { Rule, RuleCase } from "../../engine/rule.js";
import { serverLabel } from "../../model/labels.js";
import { sortedCases, sortedRules } from "../explain/catalogue.js";
import { outsideCauseLines } from "../explain/symptom.js";
import { drawPlaces } from "../frame/places.js";
import { painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { wrap } from "../terminal/width.js";

export interface LineOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  readonly width: number;
}

/** What the files of a host say of a line. */
export interface InFiles {
  readonly joined: Joined;
  /** What predicts the line. */
  readonly findings: readonly Finding[];
  readonly decided: readonly Decided[];
}

/** Causes of a rule that a line may have. */
interface CaseOf {
  readonly rule: string;
  readonly of: RuleCase;
}

/**
 * The page of a log line: what it means, what causes it. `inFiles`: what a path that was given says, `null` without a
 * path. `text`: the line as it was given.
 */
export function explainLine(
  { match, line }: Recognised,
  text: string,
  rules: readonly Rule[],
  inFiles: InFiles | null,
  options: LineOptions,
): string {
  const paint = painter(options.color);
  const width = Math.max(40, Math.min(100, options.width));
  const { signature, parts, template } = match;
  const passedTo = signature.isProxied === true ? (line?.request?.upstream ?? "") : "";
  const named = [...parts].filter(([name, value]) => SHOWN.has(name) && value !== "");
  const head = [
    paint("headline", `${signature.by}: ${signature.means}`),
    `  line: ${shownTemplate(template).trim()}`,
    ...named.map(([name, value]) => `  ${name}: ${escapeText(value)}`),
    ...(passedTo === "" ? [] : [`  passed to: ${escapeText(passedTo)}`]),
    ...(signature.status === null ? [] : [`  clients get: ${signature.status}`]),
  ];
  const here = inFiles === null ? [] : fileLines(inFiles, options);
  const causes = casesOf(signature, text, rules).flatMap(({ rule, of }) => [
    ...wrap(`${of.severity}: ${escapeText(of.summary)}`, width - 2).map((line, at) =>
      at === 0 ? `  ${paint(of.severity, of.severity)}${line.slice(of.severity.length)}` : `    ${line}`,
    ),
    `    fpmlint explain ${rule}`,
  ]);
  const said = { by: signature.by, line: shownTemplate(template) };
  const outside = signature.outside.flatMap((id) => {
    const cause = outsideCause(id);
    if (cause === null) return [];
    // Of the lines that such a cause leaves, it is this one that was seen.
    const line = cause.signatures.includes(signature.id) ? said : lineOf(cause);
    const command = filledIn(cause.command, parts.get("socket") ?? null);
    return outsideCauseLines({ ...cause, command }, line, paint, width);
  });
  const inConfiguration =
    causes.length === 0
      ? []
      : [paint("headline", "Causes in the configuration: fpmlint finds them"), ...causes];
  const elsewhere =
    outside.length === 0 ? [] : [paint("headline", "Causes that no configuration shows"), ...outside];
  const blocks = [
    head,
    here,
    // Where the files show none of those, the others are what is left to look at.
    ...(inFiles !== null && isPlaced(inFiles) && inFiles.findings.length === 0
      ? [elsewhere, inConfiguration]
      : [inConfiguration, elsewhere]),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join("\n"))
    .join("\n\n")}\n`;
}

/** Whether the files say where the line comes from. */
function isPlaced({ joined }: InFiles): boolean {
  return joined.bindings.length > 0 || joined.pools.length > 0;
}

/** The command with the socket of the line, unless a shell would read its name as something else. */
function filledIn(command: string, socket: string | null): string {
  return socket !== null && /^\/[\w./@+-]+$/.test(socket) ? command.replaceAll("SOCKET", socket) : command;
}

/** Parts of a line that are worth a row; a text that a client sent is not among them. */
const SHOWN = new Set([
  "socket",
  "address",
  "file",
  "name",
  "pool",
  "child",
  "signal",
  "seconds",
  "script",
  "limit",
  "bytes",
  "paths",
  "zone",
  "code",
  "program",
]);

/** The cases whose quoted line this is; of a rule without such a case all that have a symptom. `*`: every rule about the start. */
function casesOf({ by, rules: ids }: Signature, text: string, rules: readonly Rule[]): readonly CaseOf[] {
  const anyStart = ids.includes("*");
  return sortedRules(rules)
    .filter(({ id }) => (anyStart && !isOther(id, by)) || ids.includes(id))
    .flatMap((rule) => {
      const all = sortedCases(rule).filter(
        ({ symptom }) => symptom !== null && (!anyStart || symptom.when === "start"),
      );
      const quoted = all.filter(
        ({ symptom }) => symptom?.log != null && symptom.log.length > 8 && quotes(text, symptom.log),
      );
      return (quoted.length > 0 || anyStart ? quoted : all).map((of) => ({ rule: rule.id, of }));
    });
}

/** Whether a rule is about what the other daemon reads. */
function isOther(rule: string, by: Writer): boolean {
  return rule.startsWith(by === "nginx" ? "fpm/" : "nginx/");
}

/** Where in the files the line comes from, and what fpmlint finds there. */
function fileLines({ joined, findings, decided }: InFiles, options: LineOptions): readonly string[] {
  const paint = painter(options.color);
  const where = [
    ...(joined.bindings[0] !== undefined
      ? [`  location: ${escapeText(joined.bindings[0].label)}`]
      : joined.server !== null
        ? [`  server: ${escapeText(serverLabel(joined.server))}`]
        : []),
    ...joined.pools.map(({ name }) => `  pool: ${escapeText(name)}`),
  ];
  const [first] = findings;
  const severity = first?.severity ?? "info";
  const places =
    first !== undefined
      ? [{ place: first.at, message: first.label ?? "" }, ...first.related.slice(0, 2)]
      : decided.flatMap(({ place }) => (place === null ? [] : [{ place, message: "" }])).slice(0, 3);
  const defaults = decided.filter(({ isDefault }) => isDefault).slice(0, 2);
  const lines = [
    ...findings
      .slice(0, 3)
      .map(
        (finding) =>
          `  ${paint(finding.severity, `${finding.severity}[${finding.rule}]`)}: ${escapeText(finding.message)}`,
      ),
    ...(findings.length === 0 ? ["  fpmlint finds no fault there that predicts this line"] : []),
    ...drawPlaces(places, { ...options, paint, severity }),
    ...(first === undefined
      ? defaults.map(({ name, value }) => `  ${name} is not set; the default is ${escapeText(value ?? "")}`)
      : []),
  ];
  return [paint("headline", "In your files"), ...where, ...lines];
}
