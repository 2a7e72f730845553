import { findMatch } from "../../../nginx/location/captures.js";
import { conditionOf, isTrue } from "../../../nginx/location/conditions.js";
import { always } from "../../../nginx/tree/branches.js";
import { argument, headPlace, namePlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";
import { isCode, leadsAway, rewriteOf, setOf } from "../code.js";
import { enter } from "./enter.js";
import { absolute } from "./error-page.js";
import { captured, evaluate, evaluateParts, variable } from "./evaluate.js";
import { knownValue, Lost, type Next, needed, ON, type State, status } from "./state.js";
import { unescapeRedirect } from "./text.js";

/** `set`, `if`, `rewrite`, `break` and `return` of one level, in the order of the files. */

/** What the engine of one level keeps between its directives. */
interface Engine {
  /** Groups in values are escaped until a rewrite matches. */
  quote: boolean;
}

/** A way out of the code; `null`: it goes on with the next directive. */
type Left = Next | null;

/** Runs the code of a server or of a location. */
export function runCode(state: State, level: Node): Next {
  return runBlock(state, level, { quote: true }, level.name === "location") ?? ON;
}

function runBlock(state: State, block: Node, engine: Engine, inLocation: boolean): Left {
  for (const node of codeOf(block)) {
    if (!always(node)) throw new Lost("a template's condition decides about it", namePlace(node));
    const left = runOne(state, node, engine, inLocation);
    if (left !== null) return left;
  }
  if (block.partial) throw new Lost("a part of the block was not read", namePlace(block));
  return null;
}

const codeOf = perKey((block: Node) => block.children.filter(isCode));

function runOne(state: State, node: Node, engine: Engine, inLocation: boolean): Left {
  switch (node.name) {
    case "set":
      return set(state, node, engine);
    case "if": {
      const held = holds(state, node, engine);
      state.steps.push({ kind: "if", node, held, place: headPlace(node) });
      if (!held) return null;
      if (inLocation) enter(state, node);
      return runBlock(state, node, engine, inLocation);
    }
    case "rewrite":
      return rewrite(state, node, engine);
    case "break":
      state.steps.push({ kind: "break", node, place: headPlace(node) });
      if (state.uriChanged) {
        state.validLocation = false;
        state.uriChanged = false;
      }
      return ON;
    default:
      return returned(state, node);
  }
}

function set(state: State, node: Node, { quote }: Engine): Left {
  const { name, text, open } = setOf(node);
  const value = evaluate(state, text, quote);
  if (open) throw new Lost("a template fills in the name of a variable", headPlace(node));
  state.steps.push({ kind: "set", node, name, value, place: headPlace(node) });
  if (name === "args") {
    state.args = needed(value, headPlace(node));
    state.validUnparsed = false;
  } else state.values.set(name, value);
  return null;
}

function holds(state: State, node: Node, { quote }: Engine): boolean {
  const place = headPlace(node);
  const condition = conditionOf(node);
  switch (condition.kind) {
    case "unread":
      throw new Lost("the condition is not understood", place);
    case "variable":
      return isTrue(needed(variable(state, condition.name), place));
    case "equal": {
      const text = needed(variable(state, condition.name), place);
      return (text === needed(evaluate(state, condition.value, quote), place)) !== condition.negative;
    }
    case "regex": {
      const text = needed(variable(state, condition.name), place);
      const match = condition.pattern === null ? undefined : findMatch(condition.pattern, text);
      if (match === undefined) throw new Lost("a regular expression that is not understood", place);
      if (match === null) state.captures = null;
      else captured(state, match);
      return (match !== null) !== condition.negative;
    }
    case "file": {
      const path = needed(evaluate(state, condition.value, quote), place);
      return tested(state, path, condition.test) !== condition.negative;
    }
  }
}

function tested({ choices }: State, path: string, test: "f" | "d" | "e" | "x"): boolean {
  // `/a.txt/` is no file, whatever `/a.txt` is.
  const slash = path.length > 1 && path.endsWith("/");
  if (test === "d") return choices.isKind(path, ["directory"]);
  if (slash) return test !== "f" && choices.isKind(path, ["directory"]);
  if (test === "f") return choices.isKind(path, ["file"]);
  if (test === "e") return choices.isKind(path, ["file", "directory"]);
  if (choices.isKind(path, ["directory"])) return true;
  return choices.isKind(path, ["file"]) && choices.executable(path);
}

function rewrite(state: State, node: Node, engine: Engine): Left {
  const place = headPlace(node);
  const { pattern, path, args, addArgs, status: code, hasMark, flag } = rewriteOf(node);
  const match = pattern === null ? undefined : findMatch(pattern, state.uri);
  if (match === undefined || path === null)
    throw new Lost("a regular expression that is not understood", place);
  if (match === null) {
    state.captures = null;
    return null;
  }
  captured(state, match);
  engine.quote = false;
  if (code !== null) {
    // nginx notes a new URI here, too, which `break` finds after an error page for the redirect.
    state.uriChanged = true;
    state.internal = true;
    state.validUnparsed = false;
    const value = evaluateParts(state, path, true);
    const more = addArgs && state.args !== "" ? `${hasMark ? "&" : "?"}${state.args}` : "";
    state.redirect = value.text === null ? value : knownValue(unescapeRedirect(value.text) + more);
    return status(code, "rewrite", place);
  }
  const from = state.uri;
  const uri = needed(evaluateParts(state, path, false), place);
  if (args !== null) {
    const own = needed(evaluateParts(state, args, true), place);
    state.args = addArgs && state.args !== "" ? `${own}&${state.args}` : own;
  } else if (!addArgs) state.args = "";
  state.internal = true;
  state.validUnparsed = false;
  if (flag === "break") {
    state.validLocation = false;
    state.uriChanged = false;
  } else state.uriChanged = true;
  state.uri = uri;
  if (uri === "") return status(500, "empty-uri", place);
  state.steps.push({
    kind: "rewrite",
    node,
    from,
    to: state.args === "" ? uri : `${uri}?${state.args}`,
    place,
  });
  return flag === null ? null : ON;
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function returned(state: State, node: Node): Next {
  const place = headPlace(node);
  const [first = "", text] = [argument(node, 0), argument(node, 1)];
  if (node.directive.args.some(({ placeholder }) => placeholder))
    throw new Lost("a template fills in the answer", place);
  const away = text === undefined && leadsAway(first);
  const code = away ? 302 : Number(first);
  const written = away ? first : (text ?? "");
  state.steps.push({ kind: "return", node, status: code, place });
  if (code >= 400 && written === "") return status(code, "return", place);
  const value = evaluate(state, written);
  if (REDIRECTS.has(code)) {
    state.redirect = value;
    return status(code, "return", place);
  }
  const outcome = {
    kind: "status" as const,
    status: state.errStatus === 0 ? code : state.errStatus,
    reason: "return" as const,
    redirect: state.redirect === null ? null : absolute(state, state.redirect),
    text: value,
    place,
    block: state.block,
  };
  return { go: "done", outcome };
}
