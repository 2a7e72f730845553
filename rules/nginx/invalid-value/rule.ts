import { casesOf, type Draft, defineRule } from "../../../src/engine/define.js";
import type { HelpDraft } from "../../../src/engine/help.js";
import type { RelatedReport, Symptom } from "../../../src/engine/rule.js";
import { nginxDown, unreadContext } from "../../../src/evidence/nginx-lines.js";
import { addBefore, helpOf, inWords, replaceWord } from "../../../src/help/edit.js";
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
import type { Directive, Node, Word } from "../../../src/nginx/types.js";
import { shortened } from "../../../src/source/ends.js";
import { place } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { perKey } from "../../../src/source/memo.js";
import { nearest } from "../../../src/source/spelling.js";
import { missingAccount } from "./user.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

/** Case → a part of what nginx prints, and what is wrong. */
const CASES: Readonly<Record<RefusalKind, readonly [log: string, summary: string]>> = {
  arguments: ["invalid number of arguments in", "more or fewer arguments than the directive takes"],
  flag: ['it must be "on" or "off"', "something other than on and off"],
  number: ["invalid number in", "something other than digits for a number"],
  slot: ["directive invalid value", "a time, a size or a number of buffers that nginx cannot read"],
  word: ['invalid value "', "a word that the directive does not accept"],
  range: ["must be", "a number out of range"],
  parameter: ["invalid parameter", "a parameter that the directive does not have, or one with a wrong value"],
  pattern: ["_compile() failed", "a regular expression whose brackets do not balance"],
  "variable-name": ["invalid variable name", "a $ without the name of a variable"],
  "unknown-variable": ["unknown", "a variable that nothing defines"],
  "fixed-variable": ["the duplicate", "one of nginx's own variables is set"],
  location: ["location", "an unknown modifier, or a location inside one that cannot contain it"],
  condition: ["condition", "an if whose condition nginx cannot read"],
  code: ["code", "a status that return or try_files does not accept"],
  zone: ["zone", "a shared memory zone with a wrong size, with two sizes, or for two uses"],
  "zone-unknown": ["zone", "a shared memory zone that nothing declares"],
  "log-format": ["log format", "a log format that nothing defines before its use"],
  "map-line": ["parameter", "a line of map or geo with too many words, or a key that is there twice"],
  percent: ["percent", "an invalid split_clients percentage, or percentages that add up to more than 100%"],
  network: ["invalid ", "something other than a network written in digits"],
  "no-servers": ["no servers", "an upstream without servers, or with nothing but backups"],
  backup: [
    "balancing method does not support",
    "a backup server in a group whose balancing method has no backups",
  ],
  cache: ['cache "', "a cache for TLS sessions or OCSP answers that nginx cannot read or that is too small"],
  "listen-option": ["invalid", "an option of listen with a wrong value"],
  account: ["failed", "a user or a group that the host does not have"],
  events: ['no "events" section in configuration', "a main file without an events block"],
  connections: ["worker_connections are not enough for", "fewer connections than listening sockets"],
  certificate: ['no "ssl_certificate" is defined', "listen with ssl but no certificate"],
  other: ["[emerg]", "a value that nginx refuses for a reason of its own"],
};

export const invalidValue = defineRule({
  id: "nginx/invalid-value",
  about: "host",
  alike: true,
  // nsswitch.conf, where accounts come from.
  asksDisk: true,
  cases: casesOf(CASES, ([log, summary]) => ({ severity: "error", symptom: start(log), summary })),
  docs: {
    title: "a value that nginx refuses",
    fires: [
      "a directive has a number of arguments that it does not take",
      "a value should be on or off, and is neither",
      "a number, a time or a size cannot be read, or is out of range",
      "a word, or a parameter such as `burst=`, is not one that the directive takes",
      "nginx cannot read the condition of an `if`, a status, or the name of a variable",
      "the brackets of a regular expression do not balance",
      "a shared memory zone or a log format is wrong or undeclared",
      "a line of `map`, `geo` or `split_clients` is wrong",
      "a user or a group is not an account of the host",
    ],
    silent: [
      "a template fills in the value",
      "the directive is another module's",
      markdown`
        a file that was not read could settle it (variables, zones and log formats are only reported
        missing where all of the configuration is there)
      `,
      markdown`
        some version of nginx since 1.18.0 accepts it, unless \`--nginx-version\` names the version
        that counts
      `,
    ],
    what: markdown`
      Times, sizes and numbers are read the way nginx reads them: \`1g\` is not a size for a buffer, and
      \`1M\` is not a timeout.
    `,
    why: markdown`
      nginx checks every value when it reads its files, even in servers that nobody requests. It does
      not start, and a reload keeps the old configuration until the next restart, which then fails.
    `,
    instead: markdown`
      Write what the directive takes; its page in nginx's manual says so under Syntax. Put a value that
      contains spaces in quotes.
    `,
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
    for (const found of wrongIncludes(judged.nginx.texts)) yield report(host, true, found, null);
    for (const one of judged.all) {
      const refusal = refusalOf(host, one, judged);
      if (refusal !== null) yield report(host, one.anchored, { node: one.node, refusal }, one.node);
    }
    const { all, scope } = judged;
    for (const found of [...wholeRefusals(all, scope), ...unknownVariables(all, scope)])
      yield report(host, true, found, found.node);
  },
});

function refusalOf(host: Host, one: Judged, { scope }: JudgedHost): Refusal | null {
  const { node, contexts } = one;
  const rows = matchingRows(one);
  const { args } = node.directive;
  // A placeholder may become several words, or none.
  if (rows.length === 0 || isMarked(node.directive)) return null;
  const facts = rows.filter((row) => row.accepts(args.length));
  if (facts.length === 0) return wrongCount(node, rows);
  // Where it is unknown which module reads it, all of them have to refuse it.
  const refusals = facts.map((fact) => valueRefusal({ node, fact, contexts, scope }));
  const found = refusals.includes(null) ? null : (refusals[0] ?? null);
  const refusal = found !== null && isFilledIn(host, node, found) ? null : found;
  return refusal ?? (node.name === "user" ? missingAccount(host, node) : null);
}

/** The same wherever a line is included. */
const isMarked = perKey(({ name, args }: Directive): boolean => holdsMark([name, ...args]));

/**
 * `envsubst` also fills in `${size}`, and a script the name of the directive in capitals; on a whole host nginx
 * reads the file as it is.
 */
function isFilledIn({ whole }: Host, { name }: Node, { word, kind }: Refusal): boolean {
  if (whole || kind === "unknown-variable") return false;
  return (
    /\$\{\w+\}/.test(word.text) ||
    (/^[A-Z]/.test(word.text) && plain(word.text) === plain(name.toUpperCase()))
  );
}

function plain(name: string): string {
  return name.replaceAll("_", "");
}

interface Found {
  readonly node: Node;
  readonly refusal: Refusal;
}

/** `within`: the directive that counts for the fingerprint. */
function report(
  host: Host,
  anchored: boolean,
  { node, refusal }: Found,
  within: Node | null,
): Draft<RefusalKind> {
  const { kind, log, word, message, help, choices, other, settle } = refusal;
  const meant = choices === undefined ? null : nearestWord(word.text, choices);
  const certain = anchored && host.nginx?.hasMain === true && settle === undefined;
  const line = refusal.line ?? node;
  return {
    case: kind,
    settle: certain ? null : (settle ?? unreadContext),
    message: meant === null ? message : `${message}; did you mean ${meant}?`,
    at: place(line.file, word.start, word.end, line.via),
    label: `nginx says: ${shortened(log, 90)}`,
    related: other === undefined ? [] : [relatedTo(other)],
    effect: nginxDown,
    help: corrected(host, line, word, meant ?? refusal.meant ?? null) ?? inWords(...[help].flat()),
    names: [within?.name ?? "", log],
  };
}

/** A status or a version with other digits is a different one, not a typing error. */
function nearestWord(text: string, choices: readonly string[]): string | null {
  const digits = (one: string): string => one.replace(/\D/g, "");
  return nearest(
    text,
    choices.filter((one) => digits(one) === digits(text)),
  );
}

/** The line with the word that is meant; `null`: nothing tells which word it is. */
function corrected(host: Host, { file, via }: Node, wrong: Word, meant: string | null): HelpDraft | null {
  if (meant === null) return null;
  return helpOf([[replaceWord(host, place(file, wrong.start, wrong.end, via), meant)]]);
}

function relatedTo({ node, message }: { readonly node: Node; readonly message: string }): RelatedReport {
  return { place: headPlace(node), message };
}

/** nginx wants the block even when it is empty. */
function* missingEvents(host: Host, nginx: NginxHost): Generator<Draft<RefusalKind>> {
  const { root, hasMain } = nginx;
  const { whole } = host;
  const blocks = root.children.filter(({ name }) => ["http", "stream", "mail"].includes(name));
  // Unless the host is whole, a file with nothing but http may be a part that another one includes.
  const main = hasMain && (whole || (blocks.length > 0 && /\/nginx\.conf(?:\.[^/]*)?$/.test(root.file.path)));
  if (!main || root.partial || childrenNamed(root, "events").length > 0) return;
  const [first] = blocks;
  yield {
    case: "events",
    message: "the configuration has no events block, and nginx requires one",
    at: first === undefined ? place(root.file, 0, 0, []) : headPlace(first),
    label: `nginx says: ${CASES.events[0]}`,
    effect: nginxDown,
    help:
      first === undefined
        ? inWords("add the line: events { }")
        : helpOf([[addBefore(host, headPlace(first), "events { }")]]),
    names: ["events"],
  };
}
