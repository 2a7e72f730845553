import { withoutEnd } from "../../source/ends.js";
import { once, perKey } from "../../source/memo.js";
import type { DirectiveFact } from "../facts/directives.js";
import { TAKEN_BEFORE } from "../facts/facts-values.js";
import { isOlder, type NginxVersion } from "../facts/version.js";
import { type Judged, matchingRows } from "../tree/judged.js";
import { argument } from "../tree/nodes.js";
import type { Directive, Node } from "../types.js";
import { readLocation } from "./locations.js";
import { holdsMark } from "./maps.js";
import { socketsOf } from "./sockets.js";

/** What is allowed only once: on its level, in its server, or in the whole configuration. */

export type DuplicateKind =
  | "directive"
  | "location"
  | "upstream"
  | "log-format"
  | "zone"
  | "path"
  | "thread-pool"
  | "charset-map"
  | "listen"
  | "default-server"
  | "listen-options";

export interface Duplicate {
  readonly kind: DuplicateKind;
  /** What nginx prints. */
  readonly log: string;
  readonly first: Node;
  readonly second: Node;
  /** What both of them say, for messages. */
  readonly what: string;
  /** nginx reads both of them from the main file. */
  readonly anchored: boolean;
}

/** In the order of the files: the second of each pair, with the first. */
export function* duplicates(all: Iterable<Judged>, version: NginxVersion): Generator<Duplicate> {
  const seen = new Map<string, Node>();
  for (const one of all) {
    const rows = matchingRows(one);
    // In the branch of a template one of the two may be absent.
    if (rows.length === 0 || one.node.branch !== null) continue;
    const marks = marksFor(one, rows);
    if (marks.length === 0 || holdsMark(one.node.directive.args)) continue;
    if (BESIDE_OFF.test(one.node.name) && isOlder(version, TAKEN_BEFORE.besideOff)) continue;
    for (const mark of marks) {
      const key = `${mark.key}\0${levelOf(one, mark.global)}`;
      const first = seen.get(key);
      if (mark.sets && first === undefined) seen.set(key, one.node);
      if (first === undefined || !mark.asks) continue;
      yield {
        kind: mark.kind,
        log: mark.log(first),
        first,
        second: one.node,
        what: mark.what,
        anchored: one.anchored,
      };
      break;
    }
  }
}

/** Something that is allowed once. */
interface Once {
  readonly kind: DuplicateKind;
  readonly key: string;
  /** Allowed once in the whole configuration, not once on each level. */
  readonly global: boolean;
  /** `sets`: it takes the place. `asks`: it is refused when the place is taken. Most do both. */
  readonly sets: boolean;
  readonly asks: boolean;
  readonly log: (first: Node) => string;
  readonly what: string;
}

let levels = 0;
const numberOf = perKey((_block: Node) => ++levels);

/**
 * Two directives are on one level when nginx keeps their values in one place; files next to a main file
 * have levels of their own.
 */
function levelOf({ node, anchored }: Judged, global: boolean): string {
  const outer = node.parent;
  if (outer === null || (global && anchored)) return "";
  const number = numberOf(outer);
  const loose =
    outer.directive.name.end === 0 || (node.via.length === 0 && node.file.path !== outer.file.path);
  return loose ? `${number} ${node.file.path}` : String(number);
}

const mark = (kind: DuplicateKind, key: string, log: string, what: string, global = false): Once => ({
  kind,
  key: `${kind} ${key}`,
  global,
  sets: true,
  asks: true,
  log: () => log,
  what,
});

/** By the contexts: what a line of a snippet says is the same wherever it is included. */
const knownMarks = perKey((_directive: Directive) => new Map<string, readonly Once[]>());

function marksFor(one: Judged, rows: readonly DirectiveFact[]): readonly Once[] {
  const { directive } = one.node;
  if (directive.block !== null) return marksOf(one, rows);
  return once(knownMarks(directive), one.contexts, () => marksOf(one, rows));
}

function marksOf(one: Judged, rows: readonly DirectiveFact[]): readonly Once[] {
  const { node } = one;
  const name = node.name;
  const first = argument(node, 0) ?? "";
  if (name === "root" || name === "alias") return [slot(node)];
  const only = rows.every(({ duplicate }) => duplicate === "error");
  const log = `"${name}" directive is duplicate`;
  if (OFF.test(name)) return offMarks(name, first, log);
  if (name === "limit_req" || name === "limit_conn") {
    const zone = node.directive.args
      .map(({ text }) => text)
      .find((text) => name === "limit_conn" || /^zone=/.test(text));
    return [mark("directive", `${name} ${zone}`, log, `${name} ${zone}`)];
  }
  if (name === "location") return locationMark(node);
  if (name === "listen" || name === "server")
    return name === "listen" && one.contexts === "s" ? listenMarks(node) : [];
  return only ? [mark("directive", name, log, name)] : namedMarks(one, first);
}

/** `root` and `alias` share one slot; nginx says which one took it. */
function slot(node: Node): Once {
  const log = (first: Node): string =>
    first.name === node.name
      ? `"${node.name}" directive is duplicate`
      : `"${node.name}" directive is duplicate, "${first.name}" directive was specified earlier`;
  return { ...mark("directive", "root", "", node.name), log };
}

/** Lists that `off` ends, and that nothing may precede. */
const OFF = /^(?:mirror|proxy_redirect|proxy_cookie_(?:domain|flags|path))$/;
/** Those that older versions take beside their `off`. */
const BESIDE_OFF = /^proxy_(?:redirect|cookie_(?:domain|path))$/;

function offMarks(name: string, first: string, log: string): readonly Once[] {
  const off = mark("directive", `${name} off`, log, name);
  const any = mark("directive", `${name} any`, log, name);
  return first === "off"
    ? [off, { ...any, sets: false }]
    : [
        { ...off, sets: false },
        { ...any, asks: false },
      ];
}

function locationMark(node: Node): readonly Once[] {
  const read = readLocation(node);
  if (read === null || read.kind === "pattern" || read.kind === "named") return [];
  const log = `duplicate location "${read.name}"`;
  return [
    mark(
      "location",
      `${read.kind} ${read.name}`,
      log,
      `location ${read.kind === "exact" ? "= " : ""}${read.name}`,
    ),
  ];
}

const CACHE_PATH = /^(fastcgi|proxy|scgi|uwsgi)_cache_path$/;

function namedMarks({ node, contexts }: Judged, first: string): readonly Once[] {
  const { name } = node;
  const words = node.directive.args.map(({ text }) => text);
  if (name === "upstream") {
    const key = `${contexts} ${first.toLowerCase()}`;
    return [mark("upstream", key, `duplicate upstream "${first}"`, `upstream ${first}`, true)];
  }
  if (name === "log_format") {
    const log = `duplicate "log_format" name "${first}"`;
    return [mark("log-format", `${contexts} ${first}`, log, `log_format ${first}`, true)];
  }
  if (name === "charset_map") {
    const key = words
      .map((word) => word.toLowerCase())
      .sort()
      .join(" ");
    const log = `duplicate "charset_map" between "${words.join('" and "')}"`;
    return [mark("charset-map", key, log, `charset_map of ${words.join(" and ")}`, true)];
  }
  if (name === "thread_pool")
    return [mark("thread-pool", first, `duplicate thread pool "${first}"`, `thread_pool ${first}`, true)];
  const zone = words
    .map((text) => /^(?:keys_)?zone=([^:]+):/.exec(text)?.[1])
    .find((text) => text !== undefined);
  if (/^limit_(?:req|conn)_zone$/.test(name) && zone !== undefined)
    return [
      mark("zone", `${name} ${zone}`, `${name} "${zone}" is already bound to key`, `zone ${zone}`, true),
    ];
  if (!CACHE_PATH.test(name)) return [];
  const path = mark(
    "path",
    withoutEnd(first, "/"),
    `the same path name "${first}" used in`,
    `cache in ${first}`,
    true,
  );
  return zone === undefined
    ? [path]
    : [mark("zone", `${name} ${zone}`, `duplicate zone "${zone}"`, `zone ${zone}`, true), path];
}

/** Options that belong to the socket, so only one of the servers that share it may set them. */
const SOCKET_OPTION =
  /^(?:bind|reuseport|deferred|(?:setfib|fastopen|backlog|rcvbuf|sndbuf|accept_filter|ipv6only|so_keepalive)=)/;

function listenMarks(node: Node): readonly Once[] {
  const options = node.directive.args.slice(1).map(({ text }) => text);
  // HTTP/3 uses UDP, so the address and port of HTTPS are another socket there.
  const over = options.includes("quic") ? " quic" : "";
  return socketsOf(argument(node, 0) ?? "").flatMap((socket) => {
    const key = socket + over;
    const same = mark("listen", key, `a duplicate listen ${socket}`, `listen ${socket}`);
    const chosen = options.includes("default_server") || options.includes("default");
    const set = options.some((text) => SOCKET_OPTION.test(text));
    return [
      same,
      ...(chosen
        ? [
            mark(
              "default-server",
              key,
              `a duplicate default server for ${socket}`,
              `default server of ${socket}`,
              true,
            ),
          ]
        : []),
      ...(set
        ? [
            mark(
              "listen-options",
              key,
              `duplicate listen options for ${socket}`,
              `options for ${socket}`,
              true,
            ),
          ]
        : []),
    ];
  });
}
