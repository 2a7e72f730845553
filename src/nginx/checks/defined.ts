import { hasPlaceholder } from "../../source/template.js";
import type { Judged } from "../tree/judged.js";
import type { Node } from "../types.js";

/** The variables that a directive defines, in lower case: by name, or by named groups of its expressions. */
export function variablesDefined({ node }: Judged): readonly string[] {
  const all = node.directive.args.map(({ text }) => text);
  const named = definedNames(node, all).map((text) => text.replace(/^\$/, "").toLowerCase());
  const texts = [...all, ...(node.name === "map" ? keys(node) : [])];
  return [...named, ...texts.flatMap(captureNames)];
}

/** Whether a template makes the name of a variable that it defines. */
export function definesAny({ node }: Judged): boolean {
  const all = node.directive.args.map(({ text }) => text);
  return definedNames(node, all).some(hasPlaceholder);
}

const FIRST = new Set([
  "set",
  "auth_request_set",
  "perl_set",
  "js_set",
  "js_var",
  "userid_name",
  "secure_link_secret",
]);
const LAST = new Set(["map", "geo", "split_clients"]);

function definedNames({ name }: Node, all: readonly string[]): readonly string[] {
  if (FIRST.has(name)) return all.slice(0, 1);
  // Modules define a variable by having it among their arguments.
  if (LAST.has(name)) return all.slice(-1);
  return /_by_lua|^geoip|^set_|_var$|_set$|^keyval$/.test(name) ? all : [];
}

function keys(map: Node): readonly string[] {
  return map.children.map(({ name }) => name);
}

/** Names of the variables that an expression defines: `(?<name>…)`. */
function captureNames(pattern: string): readonly string[] {
  if (!pattern.includes("(?")) return [];
  return [...pattern.matchAll(/\(\?P?[<'](\w+)[>']/g)].map((match) => (match[1] ?? "").toLowerCase());
}
