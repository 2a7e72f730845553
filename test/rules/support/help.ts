import * as fs from "node:fs";
import * as path from "node:path";
import { type Change, changeOf, type Edit, type TextEdit, type Way } from "../../../src/engine/help.js";
import type { MemoryNode } from "../../../src/host/memory.js";
import { inPlace, withChanges } from "../../../src/source/changes.js";

/** Does what a help says to a copy of the host, by the data alone. */

/** Whether every edit of a way has its place, so that nobody needs to look for it. */
export function isPlaced(way: Way): boolean {
  return way.edits.every(isText);
}

export function isText(edit: Edit): edit is TextEdit {
  return edit.kind === "text";
}

/** Makes the changes of several ways in a host below `root`. */
export function applyWays(root: string, ways: readonly Way[]): void {
  // A container has its files at other paths than the tree; what is printed is the tree's.
  for (const [name, changes] of changesOf(ways, ({ file }) => file.display)) {
    const file = path.join(root, name);
    fs.writeFileSync(file, changed(fs.readFileSync(file, "utf8"), changes));
  }
}

/** The same in a host in memory. Throws where a file to be changed is none there. */
export function withWays(
  nodes: ReadonlyMap<string, MemoryNode>,
  ways: readonly Way[],
): ReadonlyMap<string, MemoryNode> {
  const rewritten = [...changesOf(ways)].map(([name, changes]) => {
    const text = nodes.get(name);
    if (typeof text !== "string") throw new Error(`${name} is to be changed, and is no file of the host`);
    return [name, changed(text, changes)] as const;
  });
  return new Map([...nodes, ...rewritten]);
}

/** The changes in each file; what two ways have alike is done once. */
function changesOf(
  ways: readonly Way[],
  nameOf: (change: Change) => string = ({ file }) => file.path,
): ReadonlyMap<string, readonly Change[]> {
  const files = new Map<string, Map<string, Change>>();
  for (const change of ways.flatMap(({ edits }) => edits.filter(isText).map(changeOf))) {
    const { start, end, text } = change;
    const known = files.get(nameOf(change)) ?? new Map<string, Change>();
    files.set(nameOf(change), known.set(JSON.stringify([start, end, text]), change));
  }
  return new Map([...files].map(([name, changes]) => [name, [...changes.values()]]));
}

function changed(text: string, changes: readonly Change[]): string {
  return withChanges(text, [...changes].sort(inPlace));
}

/** Pairs of edits of one way that write to the same characters, or to the same point. */
export function overlaps(way: Way): readonly string[] {
  const changes = way.edits.filter(isText).map(changeOf);
  const sorted = [...changes].sort(inPlace);
  return sorted.flatMap((one, at) => {
    const next = sorted.slice(at + 1).find(({ file }) => file.path === one.file.path);
    if (next === undefined) return [];
    const same = next.start === one.start && next.end === one.end;
    return next.start < one.end || same ? [`${one.file.path}: ${one.start}-${one.end}, ${next.start}`] : [];
  });
}
