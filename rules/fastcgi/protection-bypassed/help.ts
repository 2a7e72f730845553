import type { Edit, HelpDraft } from "../../../src/engine/help.js";
import {
  addBefore,
  addInto,
  helpOf,
  remove,
  replaceLines,
  replacePiece,
  statement,
} from "../../../src/help/edit.js";
import type { Host } from "../../../src/model/host.js";
import { matchingOf } from "../../../src/nginx/location/extensions.js";
import { argument, childrenNamed, enclosing, headPlace, headText } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { position } from "../../../src/source/file.js";

/** What to change so that `guarded` also protects the scripts that `taker` takes. */
export function protectScripts(host: Host, guarded: Node, guard: Node, taker: Node): HelpDraft {
  const { modifier, text } = matchingOf(guarded);
  if (modifier.startsWith("~")) return helpOf([moveBefore(host, guarded, taker)]);
  const head = (kind: string) =>
    replacePiece(statement(host, headPlace(guarded)), `location ${kind} ${text} {`);
  const script = text.endsWith(".php");
  const passes = guarded.children.some(({ name }) => name.endsWith("_pass"));
  const denies = childrenNamed(guarded, "deny").some((node) => argument(node, 0) === "all");
  if (text !== "/" && (guard.name === "return" || (denies && childrenNamed(guarded, "allow").length === 0))) {
    if (script || keepsOffPatterns(guarded)) return helpOf([[head(script ? "=" : "^~")]]);
    return helpOf([
      [addInto(host, headPlace(guarded), ...blockLines(headText(taker), [`${sourceText(guard)};`]))],
    ]);
  }
  if (script)
    return helpOf([
      [head("="), passes ? null : addInto(host, headPlace(guarded), ...linesIn(taker))].filter(
        (edit) => edit !== null,
      ),
    ]);
  const asks = guard.name === "if" ? blockLines(headText(guard), linesIn(guard)) : [];
  const moved = text === "/" ? moveToServer(host, guarded, asks) : null;
  const lines = [...asks, ...linesIn(taker)];
  return helpOf([moved ?? [addInto(host, headPlace(guarded), ...blockLines(headText(taker), lines))]]);
}

/** Whether `^~` would do: it keeps off the expressions of its own level, not those of the levels around it. */
function keepsOffPatterns({ parent }: Node): boolean {
  for (let at = parent; at !== null && at.name === "location"; at = at.parent)
    if (matchingOf(at).modifier !== "^~") return false;
  return true;
}

/**
 * Moves the protection of a location for the whole site to the server, where it applies to all of it.
 * An `if`, whose `lines` are given, is written there as well. `null`: an include brings it, or the server has
 * such a directive already.
 */
function moveToServer(host: Host, location: Node, lines: readonly string[]): readonly Edit[] | null {
  const server = enclosing(location, "server");
  if (server !== null && lines.length > 0) return [addInto(host, headPlace(server), ...lines)];
  const asks = location.children.filter(({ name }) => /^(?:allow|deny|satisfy|auth_\w+)$/.test(name));
  const own = asks.every(({ via }) => via.length === location.via.length);
  if (server === null || !own || asks.some(({ name }) => childrenNamed(server, name).length > 0)) return null;
  return [
    ...asks.map((node) => remove(host, headPlace(node))),
    addInto(host, headPlace(server), ...asks.map((node) => `${sourceText(node)};`)),
  ];
}

/**
 * Of two regular expressions that match, nginx takes the one that comes first. One that stays where it is
 * protects what the other level does not take.
 */
function moveBefore(host: Host, location: Node, other: Node): readonly Edit[] {
  const { file, directive } = location;
  const from = position(file, directive.start).line;
  const to = position(file, directive.end - 1).line;
  const before = addBefore(host, headPlace(other), ...blockLines(headText(location), linesIn(location)));
  return other.parent === location.parent ? [before, replaceLines(file, from, to)] : [before];
}

function sourceText(node: Node): string {
  const { file, start, end } = headPlace(node).span;
  return file.text.slice(start, end);
}

/** The lines of a block as its file has them, to be written a second time elsewhere. */
function linesIn(block: Node): readonly string[] {
  const lines: string[] = [];
  const includes = new Set<string>();
  for (const child of block.children) {
    const span = child.via[block.via.length];
    const include = span === undefined ? null : `include ${span.file.text.slice(span.start, span.end)};`;
    const text = include ?? child.file.text.slice(child.directive.start, child.directive.end);
    // An included file brings many directives and is one line.
    if (include === null || !includes.has(include))
      lines.push(...text.split("\n").map((line) => line.trim()));
    if (include !== null) includes.add(include);
  }
  return lines;
}

function blockLines(head: string, inner: readonly string[]): readonly string[] {
  return [`${head} {`, ...inner.map((line) => `    ${line}`), "}"];
}
