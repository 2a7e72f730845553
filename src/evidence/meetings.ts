import type { Host } from "../model/host.js";
import { type Asked, requestTo, treeFiles } from "../model/request/resolve/ask.js";
import { resolve } from "../model/request/resolve/resolve.js";
import type { Files, Request, Way } from "../model/request/resolve/types.js";
import { argument, childrenNamed, descendants } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { withoutEnd } from "../source/ends.js";
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

/** What one request meets. */
export interface Meeting {
  readonly server: Node;
  readonly request: Request;
  /** At least one; several where it rests on files of which nobody knows whether they exist. */
  readonly ways: readonly Way[];
}

/**
 * What a request for `target` meets in a server, whatever other server may have its name. `null`: the address
 * of the server is unknown. The answer is remembered.
 */
export function meet(
  host: Host,
  http: Node,
  server: Node,
  target: string,
  asked: Asked = {},
): Meeting | null {
  const key = JSON.stringify([target, asked]);
  return once(remembered(host)(server), key, () => {
    const request = requestTo(server, target, asked);
    if (request === null) return null;
    return { server, request, ways: resolve(http, request, filesOf(host), { server }) };
  });
}

const remembered = perKey((_host: Host) => perKey((_server: Node) => new Map<string, Meeting | null>()));

/** What is known of the files of a host, with what is taken for granted of the rest. */
const filesOf = perKey((host: Host): Files => {
  const named = new Set(writtenRoots(host));
  const known = treeFilesOf(host);
  return {
    ...known,
    kind: (path) => {
      const kind = known.kind(path);
      if (kind !== "unknown") return kind;
      if (path.includes(`/${NOWHERE}`)) return "missing";
      if (named.has(withoutSlashes(path))) return "directory";
      return isScript(path) ? "file" : "unknown";
    },
  };
});

/** What the tree itself says: below a root that it holds, what is missing is really missing. */
export const treeFilesOf = perKey((host: Host): Files => {
  const inTree = new Set(writtenRoots(host).filter((root) => host.fs.entry(root).kind === "directory"));
  return treeFiles(host.fs, (path) => isBelow(path, inTree));
});

/** Whether a path is one of these directories, or below one. */
function isBelow(path: string, directories: ReadonlySet<string>): boolean {
  if (directories.size === 0) return false;
  for (let at = path; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0)))
    if (directories.has(at)) return true;
  return directories.has("/");
}

function withoutSlashes(path: string): string {
  return withoutEnd(path, "/") || path.slice(0, 1);
}

/** Whether a path is one of a PHP script, by its extension. */
export function isScript(path: string): boolean {
  return /\.(?:php\d?|phtml|phar)$/i.test(path);
}

/** Every `root` and `alias` that is written out, without slashes at the end, each once. */
export const writtenRoots = perKey((host: Host): readonly string[] => {
  const found = new Set<string>();
  for (const node of host.nginx === null ? [] : descendants(host.nginx.root)) {
    if (node.name !== "root" && node.name !== "alias") continue;
    const path = argument(node, 0) ?? "";
    if (/^\/[^$]*$/.test(path) && node.directive.args[0]?.placeholder !== true)
      found.add(withoutSlashes(path));
  }
  return [...found];
});
