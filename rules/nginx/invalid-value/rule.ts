import { type Draft, defineRule } from "../../../src/engine/define.js";
import type { RelatedReport, Symptom } from "../../../src/engine/rule.js";
import { inWords } from "../../../src/help/edit.js";
import type { Host, NginxHost } from "../../../src/model/host.js";
import { type JudgedHost, judgedHost } from "../../../src/model/nginx-judged.js";
import { wrongCount, wrongIncludes } from "../../../src/nginx/checks/counts.js";
import { valueRefusal } from "../../../src/nginx/checks/index.js";
import { holdsMark } from "../../../src/nginx/checks/maps.js";
import type { Refusal, RefusalKind } from "../../../src/nginx/checks/refusal.js";
import { unknownVariables } from "../../../src/nginx/checks/unknown-variables.js";
import { wholeRefusals } from "../../../src/nginx/checks/whole.js";
import { type Judged, matchingRows } from "../../../src/nginx/tree/judged.js";
import { childrenNamed, headPlace } from "../../../src/nginx/tree/nodes.js";
import type { Node, Word } from "../../../src/nginx/types.js";
import { type Place, place } from "../../../src/source/file.js";
import { nearest } from "../../../src/source/spelling.js";
import { missingAccount } from "./user.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

/** Case → a part of what nginx prints, and what is wrong. */
const CASES: Readonly<Record<RefusalKind, readonly [log: string, summary: string]>> = {
  arguments: ["invalid number of arguments in", "more or fewer arguments than the directive takes"],
  flag: ['it must be "on" or "off"', "something other than on and off"],
  number: ["invalid number in", "something other than digits for a number"],
  slot: ["directive invalid value", "a time, a size or a number of buffers that nginx cannot read"],
  word: ['invalid value "', "a word that the directive does not take"],
  range: ["must be", "a number out of range"],
  parameter: ["invalid parameter", "a parameter that the directive does not have, or a wrong value of one"],
  pattern: ["_compile() failed", "a regular expression whose brackets do not balance"],
  "variable-name": ["invalid variable name", "a $ without the name of a variable"],
  "unknown-variable": ["unknown", "a variable that nothing defines"],
  "fixed-variable": ["the duplicate", "a variable of nginx's own that is set"],
  location: ["location", "an unknown modifier, or a location inside one that cannot hold it"],
  condition: ["condition", "an if whose condition nginx cannot read"],
  code: ["code", "a status that return or try_files does not take"],
  zone: ["zone", "a shared memory zone of a wrong size, or of two sizes or uses"],
  "zone-unknown": ["zone", "a shared memory zone that nothing declares"],
  "log-format": ["log format", "a log format that nothing defines before"],
  "map-line": ["parameter", "a line of map or geo with too many words, or a key that stands twice"],
  percent: ["percent", "a share of split_clients that is none, or shares over 100%"],
  network: ["invalid ", "something other than a network in digits"],
  "no-servers": ["no servers", "an upstream without servers, or with nothing but backups"],
  backup: ["balancing method does not support", "a backup in a group whose method knows none"],
  cache: ['cache "', "a cache of TLS sessions or OCSP answers that nginx cannot read, or too small a one"],
  "listen-option": ["invalid", "an option of listen with a wrong value"],
  account: ["failed", "a user or a group that the host does not have"],
  events: ['no "events" section in configuration', "a main file without events"],
  connections: ["worker_connections are not enough for", "fewer connections than listening sockets"],
  certificate: ['no "ssl_certificate" is defined', "listen with ssl and no certificate"],
  other: ["[emerg]", "a value that nginx refuses for a reason of its own"],
};

const KINDS = Object.keys(CASES) as readonly RefusalKind[];

export const invalidValue = defineRule({
  id: "nginx/invalid-value",
  about: "host",
  cases: Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      { severity: "error", symptom: start(CASES[kind][0]), summary: CASES[kind][1] } as const,
    ]),
  ),
  docs: {
    title: "a value that nginx refuses",
    what: "Fires where the number of arguments is not one that the directive takes, and where nginx refuses a value: on or off, numbers and their ranges, times, sizes, lists of words, parameters such as `burst=`, conditions of `if`, statuses, regular expressions that do not balance, names of variables, shared memory zones, log formats, lines of `map`, `geo` and `split_clients`, accounts that the host does not have. Times, sizes and numbers are read as nginx reads them: `1g` is no size for a buffer, `1M` no timeout.\n\nSilent about values with a placeholder of a template, about directives of other modules, about what a file that was not read could settle (variables, zones and log formats are missing only where all of the configuration is there), and about what some version of nginx since 1.18.0 accepts, unless `--nginx-version` names the one that counts.",
    why: "nginx checks every value when it reads its files, also in servers that nobody asks for. It does not start, and a reload keeps the old configuration until the next restart, which then fails.",
    instead:
      "Write what the directive takes; its page in nginx's manual says it under Syntax. Quote a value that contains blanks.",
    references: [
      "https://nginx.org/en/docs/syntax.html",
      "https://nginx.org/en/docs/dirindex.html",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html",
    ],
    twins: { bad: "bad-arguments", ok: "ok-quoted" },
  },
  *check(host) {
    const judged = judgedHost(host);
    if (judged === null) return;
    yield* missingEvents(host, judged.nginx);
    for (const found of wrongIncludes(judged.nginx.texts)) yield report(judged.nginx, true, found, null);
    for (const one of judged.all) {
      const refusal = refusalOf(host, one, judged);
      if (refusal !== null) yield report(judged.nginx, one.anchored, { node: one.node, refusal }, one.node);
    }
    const { all, scope, nginx } = judged;
    for (const found of [...wholeRefusals(all, scope), ...unknownVariables(all, scope)])
      yield report(nginx, true, found, found.node);
  },
});

function refusalOf(host: Host, one: Judged, { scope }: JudgedHost): Refusal | null {
  const { node, contexts } = one;
  const rows = matchingRows(one);
  const { name, args } = node.directive;
  // A placeholder may become several words, or none.
  if (rows.length === 0 || holdsMark([name, ...args])) return null;
  const facts = rows.filter((row) => row.accepts(args.length));
  if (facts.length === 0) return wrongCount(node, rows);
  // Where it is not known which module reads it, all of them have to refuse it.
  const refusals = facts.map((fact) => valueRefusal({ node, fact, contexts, scope }));
  const found = refusals.includes(null) ? null : (refusals[0] ?? null);
  const refusal = found !== null && isFilledIn(host, found) ? null : found;
  return refusal ?? (node.name === "user" ? missingAccount(host, node) : null);
}

/** `envsubst` fills in `${size}` as well; where a host is whole, nginx reads the file as it stands. */
function isFilledIn({ whole }: Host, { word, kind }: Refusal): boolean {
  return !whole && kind !== "unknown-variable" && /\$\{\w+\}/.test(word.text);
}

interface Found {
  readonly node: Node;
  readonly refusal: Refusal;
}

const EFFECT = "nginx does not start, and a reload goes on with the old configuration";

/** `within`: the directive that counts for the fingerprint. */
function report(nginx: NginxHost, anchored: boolean, { node, refusal }: Found, within: Node | null): Draft {
  const { kind, log, word, message, help, choices, other, settle } = refusal;
  const meant = choices === undefined ? null : nearestWord(word.text, choices);
  const certain = anchored && nginx.hasMain && settle === undefined;
  const guess = "It is settled when nginx reads this file as it is.";
  const line = refusal.line ?? node;
  return {
    case: kind,
    settle: certain ? null : (settle ?? guess),
    message: meant === null ? message : `${message}; did you mean ${meant}?`,
    at: placeOfWord(line, word.start, word.end),
    label: `nginx says: ${log.length > 90 ? `${log.slice(0, 89)}…` : log}`,
    related: other === undefined ? [] : [relatedTo(other)],
    effect: EFFECT,
    help: inWords(meant === null ? help : corrected(line, word, meant)),
    names: [within?.name ?? "", log],
  };
}

/** A status or a version with other digits is another one, not a mistyped one. */
function nearestWord(text: string, choices: readonly string[]): string | null {
  const digits = (one: string): string => one.replace(/\D/g, "");
  return nearest(
    text,
    choices.filter((one) => digits(one) === digits(text)),
  );
}

function corrected({ directive, file }: Node, wrong: Word, meant: string): string {
  const words = [directive.name, ...directive.args].map((one) =>
    one.start === wrong.start ? meant : file.text.slice(one.start, one.end),
  );
  return `${words.join(" ")}${directive.block === null ? ";" : " {"}`;
}

function placeOfWord({ file, via }: Node, from: number, to: number): Place {
  return place(file, from, to, via);
}

function relatedTo({ node, message }: { readonly node: Node; readonly message: string }): RelatedReport {
  return { place: headPlace(node), message };
}

/** nginx wants the block even when it is empty. */
function* missingEvents({ whole }: Host, nginx: NginxHost): Generator<Draft> {
  const { root, hasMain } = nginx;
  const blocks = root.children.filter(({ name }) => ["http", "stream", "mail"].includes(name));
  // Elsewhere a file with http alone may be a part that another one includes.
  const main = hasMain && (whole || (blocks.length > 0 && /\/nginx\.conf(?:\.[^/]*)?$/.test(root.file.path)));
  if (!main || root.partial || childrenNamed(root, "events").length > 0) return;
  const [first] = blocks;
  yield {
    case: "events",
    message: "the configuration has no events block, which nginx asks for",
    at: first === undefined ? place(root.file, 0, 0, []) : headPlace(first),
    label: `nginx says: ${CASES.events[0]}`,
    effect: EFFECT,
    help: inWords("events { }"),
    names: ["events"],
  };
}
