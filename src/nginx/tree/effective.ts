import type { Effective } from "../../source/effective.js";
import type { Place } from "../../source/file.js";
import { once, perKey } from "../../source/memo.js";
import { httpFact } from "../facts/directives.js";
import { flag, offsetBytes, sizeBytes, timeMs } from "../syntax/values.js";
import type { Node } from "../types.js";
import { always, keepAlways, oneOfBranches } from "./branches.js";
import { argument, argumentPlace, childrenNamed, headPlace, namePlace } from "./nodes.js";

/**
 * What nginx would use in a block. The only code that climbs from a block to its parents; the three
 * kinds of inheritance are in the facts (facts.ts).
 */

/** The directive that counts in `block`, or why there is none. */
export type EffectiveNode =
  | { readonly kind: "set"; readonly node: Node }
  | { readonly kind: "default" }
  | { readonly kind: "unknown"; readonly reason: string; readonly place: Place | null };

/** Directives of one level that count together. */
export type EffectiveNodes =
  | {
      readonly kind: "set";
      readonly nodes: readonly Node[];
      /** The block that holds them. */
      readonly level: Node;
      /** `false`: the level was not read whole, so there may be more. */
      readonly complete: boolean;
    }
  | Exclude<EffectiveNode, { readonly kind: "set" }>;

/** What a main file that is not in the tree has of a directive; `nothing`: as the files of the packages do. */
export type AbsentMain = "unknown" | "nothing";

/**
 * A value that the innermost level decides (`fastcgi_read_timeout`), or that is not inherited at all
 * (`fastcgi_pass`).
 */
export function effectiveNode(block: Node, name: string, main: AbsentMain = "unknown"): EffectiveNode {
  const inheritance = httpFact(name)?.inheritance ?? "none";
  for (let level: Node | null = block; level !== null; level = level.parent) {
    const nodes = childrenNamed(level, name);
    const last = nodes[nodes.length - 1];
    if (last !== undefined) return decided(nodes, last);
    if (isUnread(level, main)) return unread(level);
    if (inheritance === "none" || (inheritance === "if" && !passesToInner(level))) break;
  }
  return { kind: "default" };
}

/**
 * The directives of several names on the nearest level that has any of them, in order: `root` hides an outer
 * `alias`, `allow` an outer `deny`.
 */
export function effectiveEither(block: Node, names: readonly string[]): EffectiveNodes {
  for (let level: Node | null = block; level !== null; level = level.parent) {
    const nodes = eitherOn(level, names);
    if (nodes.length > 0) {
      if (!nodes.every(always) && !oneOfBranches(nodes)) return undecided(nodes);
      return { kind: "set", nodes, level, complete: !level.partial };
    }
    if (level.partial) return unread(level);
  }
  return { kind: "default" };
}

/** A level's directives of several names. The children of a level, 50,000 servers perhaps, are looked through once. */
function eitherOn(level: Node, names: readonly string[]): readonly Node[] {
  const lists = names.map((name) => childrenNamed(level, name)).filter(({ length }) => length > 0);
  const [only, ...others] = lists;
  if (only === undefined || others.length === 0) return only ?? [];
  return once(mixedOn(level), names.join(" "), () =>
    level.children.filter(({ name }) => names.includes(name)),
  );
}

const mixedOn = perKey((_level: Node) => new Map<string, readonly Node[]>());

/** Directives that add up on a level and hide every outer level (`fastcgi_param`, `add_header`). */
export function effectiveList(block: Node, name: string, main: AbsentMain = "unknown"): EffectiveNodes {
  for (let level: Node | null = block; level !== null; level = level.parent) {
    const nodes = childrenNamed(level, name);
    if (nodes.length > 0) {
      const sure = keepAlways(nodes);
      if (sure.length === 0) return undecided(nodes);
      const complete = !level.partial && sure.length === nodes.length && sure.every(isNamed);
      return { kind: "set", nodes: sure, level, complete };
    }
    if (isUnread(level, main)) return unread(level);
  }
  return { kind: "default" };
}

/** The level outside `level` whose list would count if `level` had none. */
export function hiddenList(level: Node, name: string): EffectiveNodes {
  return level.parent === null ? { kind: "default" } : effectiveList(level.parent, name);
}

/** An `if` or a limit_except inherits the handler of its location; a nested location does not. */
function passesToInner(level: Node): boolean {
  return level.name === "if" || level.name === "limit_except";
}

/** Whether its first argument is written, not made by a template. */
function isNamed({ directive }: Node): boolean {
  return directive.args[0]?.placeholder !== true;
}

/** The last of a level; where a template's conditions decide, only if all their branches agree. */
function decided(nodes: readonly Node[], last: Node): EffectiveNode {
  return nodes.every(always) || oneOfBranches(nodes) ? { kind: "set", node: last } : undecided(nodes);
}

function undecided(nodes: readonly Node[]): Exclude<EffectiveNode, { readonly kind: "set" }> {
  const place = nodes[0] === undefined ? null : namePlace(nodes[0]);
  return { kind: "unknown", reason: "a template's condition decides about it", place };
}

function unread(level: Node): Exclude<EffectiveNode, { readonly kind: "set" }> {
  return {
    kind: "unknown",
    reason: "a part of the enclosing configuration was not read",
    place: level.name === "" ? null : namePlace(level),
  };
}

function effectiveValue<T>(block: Node, name: string, read: (text: string) => T | undefined): Effective<T> {
  const found = effectiveNode(block, name);
  if (found.kind === "unknown") return found;
  if (found.kind === "set") {
    const value = read(argument(found.node, 0) ?? "");
    return value === undefined
      ? { kind: "unknown", reason: "not a literal value", place: argumentPlace(found.node, 0) }
      : { kind: "set", value, place: argumentPlace(found.node, 0) };
  }
  const value = read(httpFact(name)?.default ?? "");
  if (value === undefined) return { kind: "unknown", reason: "nginx has no default for it", place: null };
  return { kind: "default", value, where: headPlace(block) };
}

/** Milliseconds. */
export function effectiveTime(block: Node, name: string): Effective<number> {
  return effectiveValue(block, name, timeMs);
}

/**
 * The same where the main file is not in the tree and sets no such time, as those of the packages do: the blocks
 * that only it has are taken to be read.
 */
export function effectiveTimeWithoutMain(block: Node, name: string): Effective<number> {
  for (let level: Node | null = block; level !== null; level = level.parent) {
    if (childrenNamed(level, name).length > 0) return effectiveTime(block, name);
    if (isUnread(level, "nothing")) return effectiveTime(block, name);
  }
  const value = timeMs(httpFact(name)?.default ?? "");
  return value === undefined
    ? { kind: "unknown", reason: "nginx has no default for it", place: null }
    : { kind: "default", value, where: headPlace(block) };
}

/** Whether directives may be on this level that were not read. */
function isUnread(level: Node, main: AbsentMain): boolean {
  return level.partial && !(main === "nothing" && isOfMain(level));
}

/** The main context or `http` of files whose main file is not there. */
function isOfMain({ name, directive }: Node): boolean {
  return directive.name.end === 0 && (name === "" || name === "http");
}

/** Bytes, of a size slot (`fastcgi_buffer_size`). */
export function effectiveSize(block: Node, name: string): Effective<number> {
  return effectiveValue(block, name, sizeBytes);
}

/** Bytes, of an offset slot (`client_max_body_size`); what 0 means depends on the directive. */
export function effectiveOffset(block: Node, name: string): Effective<number> {
  return effectiveValue(block, name, offsetBytes);
}

export function effectiveFlag(block: Node, name: string): Effective<boolean> {
  return effectiveValue(block, name, flag);
}

/** Number and size of buffers (`fastcgi_buffers 8 4k`); the size is in bytes. */
export function effectiveBuffers(
  block: Node,
  name: string,
): Effective<{ readonly count: number; readonly size: number }> {
  const found = effectiveNode(block, name);
  if (found.kind === "unknown") return found;
  const words =
    found.kind === "set"
      ? [argument(found.node, 0) ?? "", argument(found.node, 1) ?? ""]
      : (httpFact(name)?.default ?? "").split(" ");
  const count = /^\d+$/.test(words[0] ?? "") ? Number(words[0]) : undefined;
  const size = sizeBytes(words[1] ?? "");
  const at = found.kind === "set" ? headPlace(found.node) : headPlace(block);
  if (count === undefined || size === undefined)
    return { kind: "unknown", reason: "not a literal value", place: at };
  return found.kind === "set"
    ? { kind: "set", value: { count, size }, place: at }
    : { kind: "default", value: { count, size }, where: at };
}
