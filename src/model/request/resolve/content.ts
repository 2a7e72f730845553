import { effectiveList } from "../../../nginx/tree/effective.js";
import { argument, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { evaluate, flagOn, mapPath } from "./evaluate.js";
import { mimeType } from "./mime.js";
import { knownValue, Lost, type Next, needed, ON, type State, status } from "./state.js";
import { escapePath } from "./text.js";

/** What answers where no directive does: an index, a listing, a file. */

const PLAIN: ReadonlySet<string> = new Set(["GET", "HEAD", "POST"]);

export function content(state: State): Next {
  if (state.uri.endsWith("/")) {
    const found = index(state);
    if (found.go !== "on") return found;
    const listed = listing(state);
    if (listed.go !== "on") return listed;
  }
  return file(state);
}

interface IndexName {
  readonly text: string;
  readonly node: Node | null;
}

const USUAL: readonly IndexName[] = [{ text: "index.html", node: null }];

function indexNames(block: Node): readonly IndexName[] {
  const found = effectiveList(block, "index");
  if (found.kind === "unknown") throw new Lost(found.reason, found.place);
  if (found.kind === "default") return USUAL;
  if (!found.complete) throw new Lost("a part of the block was not read", headPlace(found.level));
  return found.nodes.flatMap((node) => node.directive.args.map(({ text }) => ({ text, node })));
}

function index(state: State): Next {
  if (!PLAIN.has(state.method)) return ON;
  let directoryTested = false;
  for (const { text, node } of indexNames(state.block)) {
    const place = node === null ? null : headPlace(node);
    const name = needed(evaluate(state, text), place);
    if (name.startsWith("/")) {
      state.steps.push({ kind: "index", path: name, found: true, place });
      return { go: "redirect", uri: name, args: state.args };
    }
    const mapped = mapPath(state, state.uri);
    if (mapped === null) return status(500, "alias", place);
    const path = mapped.path + name;
    const found = !path.endsWith("/")
      ? state.choices.isKind(path, ["file", "directory"])
      : state.choices.isKind(path, ["directory"]);
    state.steps.push({ kind: "index", path, found, place });
    if (found) return { go: "redirect", uri: state.uri + name, args: state.args };
    if (directoryTested) continue;
    if (!state.choices.isKind(directoryOf(mapped.path), ["directory"])) {
      // An alias that ends in the name of a file, and the index is put right behind it.
      const isFile = !mapped.path.endsWith("/") && state.choices.isKind(mapped.path, ["file"]);
      return status(isFile ? 500 : 404, isFile ? "alias" : "not-found", place);
    }
    directoryTested = true;
  }
  return ON;
}

/** Without its slash; an alias may have none. */
function directoryOf(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.slice(0, -1) : path;
}

function listing(state: State): Next {
  if (state.method !== "GET" && state.method !== "HEAD") return ON;
  if (!flagOn(state.block, "autoindex")) return ON;
  const mapped = mapPath(state, state.uri);
  if (mapped === null) return status(500, "alias", null);
  if (!state.choices.isKind(directoryOf(mapped.path), ["directory"])) return status(404, "not-found", null);
  const code = state.errStatus === 0 ? 200 : state.errStatus;
  const { path } = mapped;
  const outcome = {
    kind: "file",
    path,
    listing: true,
    mimeType: "text/html",
    status: code,
    block: state.block,
  } as const;
  return { go: "done", outcome };
}

function file(state: State): Next {
  const { uri, block, choices } = state;
  if (!PLAIN.has(state.method)) return status(405, "method", null);
  if (uri.endsWith("/")) return status(403, "no-index", null);
  const mapped = mapPath(state, uri);
  if (mapped === null) return status(500, "alias", null);
  const { path } = mapped;
  // An alias with a slash at its end may give a directory for a URI that has none.
  const slash = path.endsWith("/");
  if (choices.isKind(path, ["directory"])) {
    const args = state.args === "" ? "" : `?${state.args}`;
    state.redirect = knownValue(`${escapePath(uri)}/${args}`);
    return status(301, "directory-slash", null);
  }
  if (slash || !choices.isKind(path, ["file"])) return status(404, "not-found", null);
  if (state.method === "POST") return status(405, "method", null);
  const code = state.errStatus === 0 ? 200 : state.errStatus;
  const outcome = {
    kind: "file",
    path,
    listing: false,
    mimeType: mimeType(block, uri),
    status: code,
    block,
  } as const;
  return { go: "done", outcome };
}

/** `argument` of the directive that answers, for those that answer by themselves. */
export function builtIn(state: State, handler: Node): Next {
  const { name } = handler;
  if (name !== "stub_status" && name !== "empty_gif")
    throw new Lost(`${name} answers, which may be anything`, headPlace(handler));
  const gets = state.method === "GET" || state.method === "HEAD";
  if (!gets) return status(405, "method", headPlace(handler));
  const code = state.errStatus === 0 ? 200 : state.errStatus;
  const text = argument(handler, 0) === undefined ? null : null;
  const place = headPlace(handler);
  const outcome = {
    kind: "status",
    status: code,
    reason: "built-in",
    redirect: null,
    text,
    place,
    block: state.block,
  } as const;
  return { go: "done", outcome };
}
