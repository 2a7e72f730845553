import { type Draft, defineRule } from "../../src/engine/define.js";
import type { RelatedReport, Symptom } from "../../src/engine/rule.js";
import { inWords } from "../../src/help/edit.js";
import { judgedHost } from "../../src/model/nginx-judged.js";
import { ANY_CONTEXT, allowedRows, type Judged, matchingRows } from "../../src/nginx/tree/judged.js";
import { headPlace, headText, namePlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { wordMap } from "../../src/source/word-map.js";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

type Case = "not-allowed" | "block-here" | "line-here" | "too-late";

export const wrongContext = defineRule({
  id: "nginx/wrong-context",
  about: "host",
  cases: {
    "not-allowed": {
      severity: "error",
      symptom: start("directive is not allowed here"),
      summary: "a directive in a block that cannot hold it",
    },
    "block-here": {
      severity: "error",
      symptom: start('is not terminated by ";"'),
      summary: "a block where the directive of that name takes none: server { } in an upstream",
    },
    "line-here": {
      severity: "error",
      symptom: start('has no opening "{"'),
      summary: "a line where the directive of that name is a block: server with an address in http",
    },
    "too-late": {
      severity: "error",
      symptom: start('"load_module" directive is specified too late'),
      summary: "load_module behind events, http, stream or mail",
    },
  },
  docs: {
    title: "a directive in a block that cannot hold it",
    what: "Fires on directives of nginx that stand where nginx does not allow them: `fastcgi_pass` in a server, `listen` in http, `worker_connections` outside of events, a location in an `if`. `if` in a server, `if` in a location, `limit_except` and `upstream` are contexts of their own. A snippet is judged wherever it is included.\n\nSilent where the context is not known: in files that nothing in the tree includes (what stands in a `server` or `location` of theirs is judged), and inside blocks of third-party modules.",
    why: "Each directive has its contexts compiled in. nginx does not start with one elsewhere, and a reload keeps the old configuration.",
    instead:
      "Move the directive to a block that may hold it; its page in nginx's manual names them under Context.",
    references: ["https://nginx.org/en/docs/dirindex.html"],
    twins: { bad: "bad-not-allowed", ok: "ok-in-location" },
  },
  *check(host) {
    const judged = judgedHost(host);
    for (const one of judged?.all ?? []) {
      const found = judge(one);
      if (found === null) continue;
      const certain = judged?.nginx.hasMain === true && one.anchored;
      yield {
        ...found,
        settle: certain ? null : "It is settled when nginx reads this file as it is.",
        effect: "nginx does not start, and a reload goes on with the old configuration",
        names: [one.node.name, one.node.parent?.name ?? ""],
      };
    }
  },
});

type Found = Omit<Draft<Case>, "settle" | "effect" | "names">;

function judge(one: Judged): Found | null {
  if (one.rows.length === 0) return null;
  if (allowedRows(one).length === 0) return notAllowed(one);
  if (matchingRows(one).length === 0) return wrongForm(one);
  return one.node.name === "load_module" && one.contexts === "m" ? tooLate(one.node) : null;
}

function notAllowed(one: Judged): Found {
  const { node } = one;
  const log = `"${node.name}" directive is not allowed here`;
  const places = placesOf(one);
  const here = describe(one);
  return {
    case: "not-allowed",
    message: `${node.name} stands in ${here}, and nginx allows it in ${list(places)} only`,
    at: namePlace(node),
    label: `nginx says: ${log}`,
    related: around(node),
    help: inWords(`move it to ${list(places)}`),
  };
}

/** `server` is a block in http and a line in an upstream; the reader, which knows one file, cannot tell. */
function wrongForm(one: Judged): Found {
  const { node } = one;
  const block = node.directive.block !== null;
  const log = `directive "${node.name}" ${block ? 'is not terminated by ";"' : 'has no opening "{"'}`;
  const here = describe(one);
  return {
    case: block ? "block-here" : "line-here",
    message: `${node.name} ${block ? "with a block" : "without a block"} stands in ${here}, where it ${block ? "takes an address and no block" : "is a block"}`,
    at: headPlace(node),
    label: `nginx says: ${log}`,
    related: around(node),
    help: inWords(
      block ? `${node.name} 127.0.0.1:9000;` : `put it into an upstream, or write ${node.name} { … }`,
    ),
  };
}

const MODULE_USERS = new Set(["events", "http", "stream", "mail"]);

function tooLate(node: Node): Found | null {
  const siblings = node.parent?.children ?? [];
  const before = siblings.slice(0, siblings.indexOf(node)).find(({ name }) => MODULE_USERS.has(name));
  if (before === undefined) return null;
  const log = '"load_module" directive is specified too late';
  return {
    case: "too-late",
    message: `load_module stands behind ${before.name}, and nginx takes it only before`,
    at: headPlace(node),
    label: `nginx says: ${log}`,
    related: [{ place: headPlace(before), message: `from ${before.name} on it is too late` }],
    help: inWords(`move "${headText(node)};" to the top of the main file`),
  };
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

/** Where it may stand: in the same protocol, when it is at home there at all. */
function placesOf({ rows, contexts }: Judged): readonly string[] {
  const letters = [...new Set(rows.flatMap((row) => [...row.contexts]))];
  const home = PROTOCOLS.find((protocol) => [...contexts].some((one) => protocol.includes(one)));
  const near = letters.filter((letter) => home?.includes(letter));
  return (near.length > 0 ? near : letters).map((letter) => NAMES.get(letter) ?? letter);
}

const PROTOCOLS = ["hsluiIx", "MN", "STU"];

function list(places: readonly string[]): string {
  const last = places[places.length - 1] ?? "";
  return places.length < 2 ? last : `${places.slice(0, -1).join(", ")} and ${last}`;
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
