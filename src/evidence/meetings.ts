import { isWithinAny, withoutSlashes, withParents } from "../host/path.js";
import { ipBytes } from "../model/address/ip.js";
import type { Host } from "../model/host.js";
import { type Asked, requestTo, treeFiles } from "../model/request/resolve/ask.js";
import { resolve } from "../model/request/resolve/resolve.js";
import type { Files, Request, Step, Way } from "../model/request/resolve/types.js";
import { pathsOf, rootLines } from "../model/request/root.js";
import { matchingOf } from "../nginx/location/extensions.js";
import { argument, argumentPlace, childrenNamed, headPlace, insideServer } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import { withoutEnd } from "../source/ends.js";
import type { Place } from "../source/file.js";
import { once, perKey } from "../source/memo.js";

/**
 * Requests that stand for what a server gets from day to day, and what each meets. A rule that finds a fault
 * in one of them can name a URL that anybody may try.
 *
 * A site's files are rarely in the tree. Of a path that the tree says nothing about, a script is taken to
 * exist, for somebody wrote its name into the configuration; names that begin with `no-such-name` are taken
 * to be missing; the root is a directory; and of anything else both answers are followed.
 */

/** A name that no site has: what such a request meets, every other unknown name meets, too. */
export const NOWHERE = "no-such-name";

/** The blocks with servers, `http` of the main context. */
export const httpBlocks = perKey((host: Host): readonly Node[] =>
  host.nginx === null ? [] : childrenNamed(host.nginx.root, "http"),
);

/** The servers of a host, with the block that they stand in. */
export const serversOf = perKey((host: Host): readonly { readonly http: Node; readonly server: Node }[] =>
  httpBlocks(host).flatMap((http) => childrenNamed(http, "server").map((server) => ({ http, server }))),
);

const blockOf = perKey(
  (host: Host) => new Map(serversOf(host).map(({ http, server }) => [server, http] as const)),
);

/** What a request for `target` meets in a server of the host; none: the server's address is unknown. */
export function waysTo(
  host: Host,
  server: Node | null,
  target: string,
  asked: Question = {},
): readonly Way[] {
  const http = server === null ? undefined : blockOf(host).get(server);
  if (server === null || http === undefined) return [];
  return meet(host, http, server, target, asked)?.ways ?? [];
}

/** What one request meets. */
export interface Meeting {
  readonly server: Node;
  readonly request: Request;
  /** At least one; several where it rests on files of which nobody knows whether they exist. */
  readonly ways: readonly Way[];
}

/** What is asked besides the target. */
export interface Question extends Asked {
  /** The address of the client; absent: anybody from outside. */
  readonly client?: string;
  /** Whether the client knows the password; absent: it does not. */
  readonly knowsPassword?: boolean;
}

/**
 * What a request for `target` meets in a server, whatever other server may have its name. `null`: the address
 * of the server is unknown. The answer is remembered for a while.
 */
export function meet(
  host: Host,
  http: Node,
  server: Node,
  target: string,
  asked: Question = {},
): Meeting | null {
  const key = JSON.stringify([target, asked]);
  const { answers, all } = rememberedFor(host, server);
  return once(answers, key, () => {
    all.kept += 1;
    const plain = requestTo(server, target, asked);
    if (plain === null) return null;
    const request = {
      ...plain,
      from: asked.client === undefined ? null : { address: asked.client, port: null },
      knowsPassword: asked.knowsPassword ?? false,
    };
    return { server, request, ways: resolve(http, request, filesOf(host), { server }) };
  });
}

/**
 * What a request meets that comes from somebody whom the server lets in: anybody from outside, else who has an
 * address of an `allow` and the password.
 */
export function visit(
  host: Host,
  http: Node,
  server: Node,
  target: string,
  asked: Question = {},
): Meeting | null {
  let first: Meeting | null = null;
  for (const visitor of visitorsOf(server)) {
    const meeting = meet(host, http, server, target, { ...asked, ...visitor });
    if (meeting === null || !meeting.ways.every(isRefused)) return meeting;
    first ??= meeting;
  }
  return first;
}

/** What may keep a client out. */
const WALLS = ["deny", "allow", "auth_basic"] as const;

/** The ways of `visit`; none: the server's address is unknown. */
export function visitorsWays(host: Host, server: Node, target: string): readonly Way[] {
  const http = blockOf(host).get(server);
  return http === undefined ? [] : (visit(host, http, server, target)?.ways ?? []);
}

/** So many networks that an `allow` names are tried. */
const MOST_NETWORKS = 4;

/** Who may be let in, in the order in which they are asked: anybody, the machine itself, members of networks. */
export const visitorsOf = perKey((server: Node): readonly Question[] => {
  const walls = WALLS.flatMap((name) => insideServer(server, name));
  for (let block = server.parent; block !== null; block = block.parent)
    for (const name of WALLS) walls.push(...childrenNamed(block, name));
  if (walls.length === 0) return [{}];
  const networks = walls.flatMap(({ name, directive }) => {
    const address = name === "allow" ? (directive.args[0]?.text.split("/")[0] ?? "") : "";
    return ipBytes(address) === null ? [] : [address];
  });
  const inside = unique(["127.0.0.1", ...networks]).slice(0, 1 + MOST_NETWORKS);
  return [{}, ...inside.map((client) => ({ client, knowsPassword: true }))];
});

/** Whether it ended at a wall: the step after the last refusal is the answer to it. */
function isRefused({ steps }: Way): boolean {
  return steps.some((step, at) => {
    const next = steps[at + 1]?.kind;
    return (
      step.kind === "access" &&
      !step.passes &&
      (next === undefined || next === "error-page" || next === "status")
    );
  });
}

/**
 * URLs that no site has: one of the server, and one below each prefix whose location leads such requests on by
 * itself.
 */
export function missingUrls(server: Node): readonly string[] {
  const found = new Set([`/${NOWHERE}`]);
  for (const location of insideServer(server, "location")) {
    const leads = location.children.some(({ name }) => LEADS.test(name));
    const url = leads ? missingBelow(location) : null;
    if (url !== null) found.add(url);
  }
  return [...found];
}

/** A URL below the prefix of a location that no site has; `null`: the location is not for a prefix. */
export function missingBelow(location: Node): string | null {
  const { modifier, text } = matchingOf(location);
  const isPrefix = modifier === "" || modifier === "^~";
  return isPrefix && text.startsWith("/") ? `${withoutEnd(text, "/")}/${NOWHERE}` : null;
}

/** The URLs that such a one stands for, in words. */
export function missingInWords(url: string): string {
  const below = url.slice(0, url.lastIndexOf("/"));
  return below === "" ? "every URL without a file" : `every URL without a file below ${below}/`;
}

const LEADS = /^(?:try_files|rewrite|error_page)$/;

/** The last step that chose by itself what answers: an argument of `try_files`, a `rewrite`, an `error_page`. */
export type Lead = Extract<Step, { readonly kind: "try-files" | "rewrite" | "error-page" | "index" }>;

/** What led the request to its end; `null`: its own URI did. */
export function leadOf({ steps }: Way): Lead | null {
  return steps.findLast((step): step is Lead => isLead(step)) ?? null;
}

const OWN = /^\$\{?(?:uri|document_uri|fastcgi_script_name)\}?\/?$/;

function isLead(step: Step): boolean {
  // A file that is looked for by the URI itself is what was asked for.
  if (step.kind === "try-files")
    return (
      step.answer === "last" || (step.answer === "found" && !OWN.test(argument(step.node, step.index) ?? ""))
    );
  return step.kind === "rewrite" || step.kind === "error-page" || (step.kind === "index" && step.found);
}

/** The place of the words that led there. */
export function leadPlace(lead: Lead, otherwise: Place): Place {
  switch (lead.kind) {
    case "try-files":
      return argumentPlace(lead.node, lead.index);
    case "rewrite":
      return headPlace(lead.node);
    case "error-page":
      return headPlace(lead.node);
    case "index":
      return lead.place ?? otherwise;
  }
}

interface Remembered {
  /** How many answers there are. */
  kept: number;
  readonly servers: Map<Node, Map<string, Meeting | null>>;
}

/**
 * Rules ask the same of every server, one rule after the other. The answers hold every step, so those of a
 * host with tens of thousands of servers are not kept until the end.
 */
export const MOST_KEPT = 16_384;

const remembered = perKey((_host: Host): Remembered => ({ kept: 0, servers: new Map() }));

function rememberedFor(host: Host, server: Node) {
  const all = remembered(host);
  if (all.kept >= MOST_KEPT) {
    all.servers.clear();
    all.kept = 0;
  }
  return { all, answers: once(all.servers, server, () => new Map<string, Meeting | null>()) };
}

/** What is known of the files of a host, with what is taken for granted of the rest. */
export const filesOf = perKey((host: Host): Files => {
  const known = treeFilesOf(host);
  const above = new Set(writtenRoots(host).flatMap(withParents));
  return {
    ...known,
    kind: (path) => {
      const kind = known.kind(path);
      if (kind !== "unknown") return kind;
      if (path.includes(`/${NOWHERE}`) || isFallback(host, path)) return "missing";
      // A root that the tree does not hold is a directory all the same.
      if (above.has(withoutEnd(path, "/"))) return "directory";
      if (!isScript(path)) return "unknown";
      return isGlued(host, path) ? "missing" : "file";
    },
  };
});

/**
 * Whether a path is made of what only the last argument of `try_files` may be, a script with a query or the name of a
 * location: `/var/www/site/index.php?q=`, `/var/www/site@app`. Nobody has such a file.
 */
function isFallback(host: Host, path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.includes("?") || (name.includes("@", 1) && isGlued(host, path));
}

/** Whether a path is a root with a name right behind it, without a slash: `/var/www/siteindex.php`. */
function isGlued(host: Host, path: string): boolean {
  const slash = path.lastIndexOf("/");
  const near = rootsIn(host).get(path.slice(0, slash)) ?? [];
  return near.some((name) => path.startsWith(name, slash + 1));
}

/** The last names of the roots, by the directory that each is in. */
const rootsIn = perKey((host: Host) =>
  grouped(
    writtenRoots(host).map((root) => {
      const slash = root.lastIndexOf("/");
      return [root.slice(0, slash), root.slice(slash + 1)] as const;
    }),
  ),
);

/** What the tree itself says: below a root that it holds, what is missing is really missing. */
export const treeFilesOf = perKey((host: Host): Files => {
  const roots = writtenRoots(host);
  const inTree = new Set(roots.filter((root) => isComplete(host, root)));
  const known = treeFiles(host.fs, (path) => isWithinAny(inTree, path));
  return {
    ...known,
    real: (path) => known.real?.(path) ?? realBelow(host, path),
  };
});

/** Whether a root is a directory of which the tree shows everything. */
function isComplete(host: Host, root: string): boolean {
  const entry = host.fs.entry(root);
  if (entry.kind !== "directory") return false;
  if (host.whole) return true;
  // Where a site is only mounted or copied once it is there, its directory has these at most.
  return entry.names.some((name) => !BESIDE_SITES.test(name)) && host.container?.mayHoldMore(root) !== true;
}

/** Files of a repository that are no part of a site. */
const BESIDE_SITES =
  /^(?:\.|docker|container|compose\b|makefile|readme|license|changelog)|\.(?:md|ya?ml|sh|conf|ini|dist|dockerfile)$/i;

/** The path of a file that the tree does not hold, in the directory of the tree that it would be in. */
function realBelow(host: Host, path: string): string | null {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const entry = host.fs.entry(path.slice(0, end));
    if (entry.kind === "directory") return entry.path + path.slice(end);
  }
  return null;
}

/** Whether a path is one of a PHP script, by its extension. */
export function isScript(path: string): boolean {
  return /\.(?:php\d?|phtml|phar)$/i.test(path);
}

/** Every `root` and `alias` that the files tell, without slashes at the end, each once. */
export const writtenRoots = perKey((host: Host): readonly string[] => {
  const found = new Set<string>();
  for (const node of host.nginx === null ? [] : rootLines(host.nginx.root)) {
    for (const path of pathsOf(node)) if (path.startsWith("/")) found.add(withoutSlashes(path));
  }
  return [...found];
});
