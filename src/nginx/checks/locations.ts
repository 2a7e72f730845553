import { wordMap } from "../../source/word-map.js";
import { argument } from "../tree/nodes.js";
import type { Node, Word } from "../types.js";
import { patternRefusal } from "./pattern.js";
import {
  args,
  type Check,
  type Checked,
  notTaken,
  quoted,
  type Refusal,
  refused,
  text,
  word,
} from "./refusal.js";

/** What `location` begins with, and which locations may be in which. */

interface Location {
  readonly kind: "exact" | "prefix" | "pattern" | "named";
  /** What nginx compares: the path, the expression, or the name with its `@`. */
  readonly name: string;
}

/** The location as nginx reads it; `null`: a modifier that nginx does not know. */
export function readLocation(node: Node): Location | null {
  const first = argument(node, 0) ?? "";
  const second = argument(node, 1);
  if (second !== undefined) {
    const kind = MODIFIERS.get(first);
    return kind === undefined ? null : { kind, name: second };
  }
  const match = /^(=|\^~|~\*|~|@)?(.*)$/s.exec(first);
  const [modifier = "", rest = ""] = [match?.[1], match?.[2]];
  return modifier === "@"
    ? { kind: "named", name: first }
    : { kind: MODIFIERS.get(modifier) ?? "prefix", name: rest };
}

const MODIFIERS: ReadonlyMap<string, Location["kind"]> = wordMap({
  "": "prefix",
  "=": "exact",
  "^~": "prefix",
  "~": "pattern",
  "~*": "pattern",
});

export const locationRules: Check = (one) => {
  const { node } = one;
  const own = argument(node, 1) === "" && argument(node, 0) === "" ? null : readLocation(node);
  if (own === null || (args(one).length === 2 && text(one, 0) === "")) return modifier(one);
  const at = word(one, args(one).length - 1);
  const broken = own.kind === "pattern" ? patternRefusal(at, at.text.length - own.name.length) : null;
  // nginx compiles the expression before it looks at the location around it.
  if (broken !== null) return broken;
  const outer = node.parent?.name === "location" ? node.parent : null;
  const around = outer === null ? null : readLocation(outer);
  if (outer === null || around === null) return null;
  const filled = [...args(one), ...outer.directive.args].some(({ placeholder }) => placeholder);
  return filled ? null : nested(at, own, outer, around);
};

function modifier(one: Checked): Refusal {
  const at = word(one, 0);
  const log = `invalid location modifier "${at.text}"`;
  const refusal = notTaken(one, at, "location", log, "=, ~, ~* or ^~ before the URI");
  return { ...refusal, choices: ["=", "~", "~*", "^~"] };
}

function nested(at: Word, own: Location, outer: Node, around: Location): Refusal | null {
  const other = { node: outer, message: "the location around it" };
  const refuse = (log: string, message: string, help: string) =>
    refused("location", log, at, message, help, { other });
  const out = "move it out of the location, to the level of the server";
  if (around.kind === "exact" || around.kind === "named") {
    const kind = around.kind === "exact" ? "the exact location" : "the named location";
    const log = `location "${own.name}" cannot be inside ${kind} "${around.name}"`;
    return refuse(log, `location ${quoted(own.name)} is inside ${kind} ${quoted(around.name)}`, out);
  }
  if (own.kind === "named") {
    const log = `named location "${own.name}" can be on the server level only`;
    return refuse(log, `the named location ${quoted(own.name)} is inside another location`, out);
  }
  if (own.kind === "pattern" || own.name.startsWith(around.name)) return null;
  const log = `location "${own.name}" is outside location "${around.name}"`;
  const message = `location ${quoted(own.name)} does not begin with ${quoted(around.name)}, the location that it is in`;
  return refuse(log, message, out);
}

export const limitExcept: Check = (one) => {
  const bad = args(one).find((at) => !METHODS.has(at.text.toUpperCase()));
  if (bad === undefined) return null;
  const log = `invalid method "${bad.text}"`;
  return { ...notTaken(one, bad, "other", log, "HTTP methods", null), choices: [...METHODS] };
};

const METHODS = new Set(
  "GET HEAD POST PUT DELETE MKCOL COPY MOVE OPTIONS PROPFIND PROPPATCH LOCK UNLOCK PATCH".split(" "),
);

const LATE_ROOT = /\$\{?(document_root|realpath_root)/i;

export const root: Check = (one) => {
  const { name, parent } = one.node;
  const at = word(one, 0);
  if (name === "alias" && parent?.name === "location" && readLocation(parent)?.kind === "named") {
    const log = 'the "alias" directive cannot be used inside the named location';
    const message = "alias is in a named location, which has no path to replace";
    return refused("other", log, one.node.directive.name, message, "use root, or a location with a path");
  }
  const late = LATE_ROOT.exec(at.text)?.[1];
  if (late === undefined) return null;
  const log = `the $${late} variable cannot be used in the "${name}" directive`;
  return refused(
    "other",
    log,
    at,
    `${name} depends on $${late}, which is made from ${name}`,
    `${name} /srv/site;`,
  );
};

export const index: Check = (one) => {
  const all = args(one);
  const empty = all.findIndex((at) => at.text === "");
  const at = all[empty];
  if (at === undefined) return null;
  const log = 'in "index" directive is invalid';
  return refused("other", log, at, "index has an empty name", "remove the empty name");
};

export const tryFiles: Check = (one) => {
  const all = args(one);
  const last = all[all.length - 1];
  if (last === undefined || !last.text.startsWith("=")) return null;
  const taken = /^=\d+$/.test(last.text) && Number(last.text.slice(1)) <= 999;
  const log = `invalid code "${last.text}"`;
  const wants = "a status from 0 to 999 after the = at its end";
  return taken ? null : notTaken(one, last, "code", log, wants, "try_files $uri =404;");
};
