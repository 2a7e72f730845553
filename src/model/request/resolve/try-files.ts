import { always } from "../../../nginx/tree/branches.js";
import { argumentPlace, childrenNamed, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { rootOf } from "../root.js";
import { evaluate, mapPath } from "./evaluate.js";
import { Lost, type Next, needed, ON, type State, status } from "./state.js";
import { partsOf } from "./words.js";

/** `try_files`: each argument in order, then the last one. A block does not inherit it. */

export function tryFiles(state: State): Next {
  const nodes = childrenNamed(state.block, "try_files");
  const node = nodes[0];
  if (node === undefined) return ON;
  if (!nodes.every(always)) throw new Lost("a template's condition decides about it", headPlace(node));
  const mapped = mapPath(state, state.uri);
  if (mapped === null) return status(500, "alias", headPlace(node));
  const directory = mapped.path.slice(0, mapped.rootLength);
  const { args } = node.directive;
  for (const [index, word] of args.entries()) {
    const place = argumentPlace(node, index);
    if (word.placeholder) throw new Lost("a template fills in an argument of try_files", place);
    const last = index === args.length - 1;
    if (last && word.text.startsWith("=")) {
      const answer = { kind: "try-files", node, index, path: word.text, answer: "last", place } as const;
      state.steps.push(answer);
      return status(Number(word.text.slice(1)), "try-files", place);
    }
    const directoryWanted = !last && word.text.endsWith("/");
    const name = nameOf(state, directoryWanted ? word.text.slice(0, -1) : word.text, node, index);
    if (last) {
      state.steps.push({ kind: "try-files", node, index, path: name, answer: "last", place });
      return fallback(name, node);
    }
    const path = directory + name;
    // `/a.txt/` is no file, whatever `/a.txt` is.
    const never = !directoryWanted && path.endsWith("/");
    const found = !never && state.choices.isKind(path, [directoryWanted ? "directory" : "file"]);
    const shown = directoryWanted ? `${path}/` : path;
    state.steps.push({
      kind: "try-files",
      node,
      index,
      path: shown,
      answer: found ? "found" : "not-found",
      place,
    });
    if (found) return taken(state, name, directoryWanted);
  }
  return ON;
}

/** An argument with its variables replaced, and without what an alias replaces. */
function nameOf(state: State, text: string, node: Node, index: number): string {
  const name = needed(evaluate(state, text), argumentPlace(node, index));
  const { alias } = rootOf(state.block);
  const variables = partsOf(text)?.some(({ kind }) => kind !== "text") === true;
  // nginx also cuts the last argument, so that what follows has no slash in front.
  return variables && typeof alias === "number" && name.slice(0, alias) === state.uri.slice(0, alias)
    ? name.slice(alias)
    : name;
}

function fallback(name: string, node: Node): Next {
  if (name.startsWith("@")) return { go: "named", name, place: headPlace(node) };
  const mark = name.indexOf("?");
  const uri = mark === -1 ? name : name.slice(0, mark);
  return { go: "redirect", uri, args: mark === -1 ? "" : name.slice(mark + 1) };
}

/** A file or directory that was found becomes the URI. */
function taken(state: State, name: string, isDirectory: boolean): Next {
  const { alias } = rootOf(state.block);
  if (alias === null) state.uri = name;
  else if (alias === "all") {
    if (!isDirectory) {
      state.uri = name;
      state.addUriToAlias = true;
    }
  } else state.uri = state.uri.slice(0, alias) + name;
  return ON;
}
