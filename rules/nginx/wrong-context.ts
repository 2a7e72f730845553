import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport, Symptom } from "../../src/engine/rule.js";
import { nginxDown, unreadContext } from "../../src/evidence/nginx-lines.js";
import { addBefore, helpOf, inWords, remove } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { ANY_CONTEXT, allowedRows, type Judged, matchingRows } from "../../src/nginx/tree/judged.js";
import { headPlace, headText, namePlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { markdown } from "../../src/source/markdown.js";
import { wordMap } from "../../src/source/word-map.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

type Case = "not-allowed" | "block-here" | "line-here" | "too-late";

export const wrongContext = defineRule({
  id: "nginx/wrong-context",
  about: "directive",
  alike: true,
  cases: {
    "not-allowed": {
      severity: "error",
      symptom: start("directive is not allowed here"),
      summary: "a directive in a block that cannot contain it",
    },
    "block-here": {
      severity: "error",
      symptom: start('is not terminated by ";"'),
      summary: "a block where the directive with that name takes none: server { } in an upstream",
    },
    "line-here": {
      severity: "error",
      symptom: start('has no opening "{"'),
      summary: "a line where the directive with that name is a block: server with an address in http",
    },
    "too-late": {
      severity: "error",
      symptom: start('"load_module" directive is specified too late'),
      summary: "load_module after events, http, stream or mail",
    },
  },
  docs: {
    title: "a directive in a block that cannot contain it",
    fires: [
      markdown`
        one of nginx's directives is where nginx does not allow it: \`fastcgi_pass\` in a server,
        \`listen\` in http, \`worker_connections\` outside of events, a location in an \`if\`
      `,
    ],
    silent: [
      markdown`
        the context is unknown: nothing in the tree includes the file (what is in a \`server\` or
        \`location\` of that file is judged)
      `,
      "the directive is inside a block of a third-party module",
    ],
    what: markdown`
      An \`if\` in a server, an \`if\` in a location, \`limit_except\` and \`upstream\` are contexts of
      their own. A snippet is judged wherever it is included.
    `,
    why: markdown`
      The contexts of each directive are compiled into nginx. With a directive anywhere else it does
      not start, and a reload keeps the old configuration.
    `,
    instead:
      "Move the directive to a block that may contain it; its page in nginx's manual lists them under Context.",
    references: ["https://nginx.org/en/docs/dirindex.html"],
    twins: { bad: "bad-not-allowed", ok: "ok-in-location" },
  },
  *check(one, { nginx }, host) {
    const found = judge(host, one);
    if (found === null) return;
    yield {
      ...found,
      settle: nginx.hasMain && one.anchored ? null : unreadContext,
      effect: nginxDown,
      names: [one.node.name, one.node.parent?.name ?? ""],
    };
  },
});

type Found = Omit<Draft<Case>, "settle" | "effect" | "names">;

function judge(host: Host, one: Judged): Found | null {
  if (one.rows.length === 0) return null;
  if (allowedRows(one).length === 0) return notAllowed(one);
  if (matchingRows(one).length === 0) return wrongForm(one);
  return one.node.name === "load_module" && one.contexts === "m" ? tooLate(host, one.node) : null;
}

function notAllowed(one: Judged): Found {
  const { node } = one;
  const log = `"${node.name}" directive is not allowed here`;
  const places = placesOf(one);
  const here = describe(one);
  return {
    case: "not-allowed",
    message: `${node.name} is in ${here}, and nginx allows it only in ${list(places)}`,
    at: namePlace(node),
    label: `nginx says: ${log}`,
    related: around(node),
    help: inWords(`move it to ${list(places, "or")}`),
  };
}

/** `server` is a block in http and a line in an upstream; the reader sees one file only and cannot tell. */
function wrongForm(one: Judged): Found {
  const { node } = one;
  const block = node.directive.block !== null;
  const log = `directive "${node.name}" ${block ? 'is not terminated by ";"' : 'has no opening "{"'}`;
  const here = describe(one);
  return {
    case: block ? "block-here" : "line-here",
    message: `${node.name} ${block ? "with a block" : "without a block"} is in ${here}, where it ${block ? "takes an address and no block" : "is a block"}`,
    at: headPlace(node),
    label: `nginx says: ${log}`,
    related: around(node),
    help: inWords(
      block
        ? `write an address instead of the block: ${node.name} 127.0.0.1:9000;`
        : `put it into an upstream, or write ${node.name} { … }`,
    ),
  };
}

const MODULE_USERS = new Set(["events", "http", "stream", "mail"]);

function tooLate(host: Host, node: Node): Found | null {
  const siblings = node.parent?.children ?? [];
  const before = siblings.slice(0, siblings.indexOf(node)).find(({ name }) => MODULE_USERS.has(name));
  if (before === undefined) return null;
  const log = '"load_module" directive is specified too late';
  return {
    case: "too-late",
    message: `load_module comes after ${before.name}, and nginx accepts it only before that`,
    at: headPlace(node),
    label: `nginx says: ${log}`,
    related: [{ place: headPlace(before), message: `after this ${before.name} block it is too late` }],
    help: moved(host, node, before),
  };
}

/** An include may bring the line to several places, so only one in the same file is moved. */
function moved(host: Host, node: Node, before: Node): HelpDraft {
  const text = `${headText(node)};`;
  if (node.file.path !== before.file.path) return inWords(`move "${text}" to the top of the main file`);
  return helpOf([[addBefore(host, headPlace(before), text), remove(host, headPlace(node))]]);
}

const NAMES: ReadonlyMap<string, string> = wordMap({
  m: "the main context",
  e: "events",
  h: "http",
  s: "server",
  l: "location",
  u: "upstream",
  i: "an if of a server",
  I: "an if of a location",
  x: "limit_except",
  M: "mail",
  N: "a server of mail",
  S: "stream",
  T: "a server of stream",
  U: "an upstream of stream",
});

/** Where it is allowed: in the same protocol, if it is allowed anywhere there. */
function placesOf({ rows, contexts }: Judged): readonly string[] {
  const letters = [...new Set(rows.flatMap((row) => [...row.contexts]))];
  const home = PROTOCOLS.find((protocol) => [...contexts].some((one) => protocol.includes(one)));
  const near = letters.filter((letter) => home?.includes(letter));
  return (near.length > 0 ? near : letters).map((letter) => NAMES.get(letter) ?? letter);
}

const PROTOCOLS = ["hsluiIx", "MN", "STU"];

function list(places: readonly string[], joint = "and"): string {
  const last = places[places.length - 1] ?? "";
  return places.length < 2 ? last : `${places.slice(0, -1).join(", ")} ${joint} ${last}`;
}

function describe({ node, contexts }: Judged): string {
  const [only = ""] = contexts;
  if (contexts.length === 1) return NAMES.get(only) ?? only;
  return contexts === ANY_CONTEXT ? "a file" : (node.parent?.name ?? "a block");
}

function around({ parent }: Node): readonly RelatedReport[] {
  if (parent === null || parent.name === "" || parent.directive.name.end === 0) return [];
  return [{ place: headPlace(parent), message: `the ${parent.name} around it` }];
}
