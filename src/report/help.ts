import { changeOf, type Edit, type Help, type TextEdit } from "../engine/help.js";
import { position, rangeOf } from "../source/file.js";

/**
 * A help in words: a line that says where, then lines to paste, indented by two spaces.
 *
 *     replace "fastcgi_read_timeout 300s;" in etc/nginx/nginx.conf:9 with:
 *       fastcgi_read_timeout 30s; # if 30s is the real limit
 *     or add below "[www]" in etc/php/8.2/fpm/pool.d/www.conf:1:
 *       request_terminate_timeout = 300s
 *
 * `below` and `above` are lines of their own, `after` and `before` are on the same line; what is
 * replaced or removed is what is quoted, else the whole line. `and` goes on with the same way, `or`
 * begins another one. Lines below `in …:` have a place that only a person knows. Lines without
 * indentation and without `:` at the end are notes.
 */
export function helpLines({ ways, notes }: Help): readonly string[] {
  const steps = ways.flatMap(({ edits }, way) =>
    grouped(edits).flatMap((same, index) => written(same, index > 0 ? "and " : way > 0 ? "or " : "")),
  );
  return [...steps, ...notes];
}

/** The edits that write the same lines at several places are one step; removals are steps of their own. */
function grouped(edits: readonly Edit[]): readonly (readonly Edit[])[] {
  const groups = new Map<string, Edit[]>();
  for (const [index, edit] of edits.entries()) {
    const alike = edit.kind === "text" && edit.verb !== "remove";
    const key = alike ? JSON.stringify([edit.verb, edit.lines]) : String(index);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [edit]);
    else group.push(edit);
  }
  return [...groups.values()];
}

function written(same: readonly Edit[], joint: string): readonly string[] {
  const [first] = same;
  if (first === undefined) return [];
  const where = same.map(target).join(" and ");
  const lines = first.lines.map((line) => `  ${line}`);
  if (first.kind === "hand") return [`${joint}in ${where}:`, ...lines];
  if (first.verb === "remove") return [`${joint}remove ${where}`];
  return [`${joint}${first.verb} ${where}${first.verb === "replace" ? " with" : ""}:`, ...lines];
}

function target(edit: Edit): string {
  if (edit.kind === "hand") return edit.where;
  return edit.where === null ? shown(edit) : `${edit.where} ${shown(edit)}`;
}

function shown({ piece: { file, start, end }, whole }: TextEdit): string {
  const first = position(file, start).line;
  const last = position(file, Math.max(start, end - 1)).line;
  if (whole) return `${file.display}:${first}${last > first ? `-${last}` : ""}`;
  return `"${file.text.slice(start, end)}" in ${file.display}:${first}`;
}

/** The same for programs: where the daemons' files change, and how. */
export function helpJson({ ways, notes }: Help) {
  return { ways: ways.map(({ safety, edits }) => ({ safety, edits: edits.map(editJson) })), notes };
}

function editJson(edit: Edit) {
  if (edit.kind === "hand") return { kind: edit.kind, where: edit.where, lines: edit.lines };
  const { verb, where } = edit;
  return { kind: edit.kind, verb, where, lines: edit.lines, ...changeJson(changeOf(edit)) };
}

/** Line and column are those of every place in the document; `text` replaces what is between them. */
export function changeJson(change: ReturnType<typeof changeOf>) {
  return { file: change.file.display, ...rangeOf(change), text: change.text };
}
