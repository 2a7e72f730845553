/** The files of the tree that say how containers are made: opened once, with their places. */
import type { HostFilesystem } from "../host/filesystem.js";
import { normalizePath } from "../host/path.js";
import type { UnreadPath } from "../host/spec.js";
import { type Place, place, position, type SourceFile, sourceFile } from "../source/file.js";
import { readYaml, type Yaml } from "./yaml.js";

/** What could not be read is noted once for each file. */
export class Tree {
  readonly fs: HostFilesystem;
  readonly unread = new Map<string, UnreadPath>();
  private readonly sources = new Map<string, SourceFile | null>();
  private readonly parsed = new Map<string, readonly Yaml[]>();

  constructor(fs: HostFilesystem) {
    this.fs = fs;
  }

  /** The file at a path; `null`: there is none, or it cannot be read. */
  file(path: string): SourceFile | null {
    const known = this.sources.get(path);
    if (known !== undefined) return known;
    const entry = this.fs.entry(path);
    const answer = entry.kind === "file" ? entry.read() : null;
    const file =
      answer === null || "unreadable" in answer ? null : sourceFile(path, this.fs.display(path), answer.text);
    if (answer !== null && "unreadable" in answer) this.note(path, null, answer.unreadable, false);
    if (entry.kind === "outside" || entry.kind === "unreadable")
      this.note(
        path,
        null,
        entry.kind === "outside" ? `is a link to ${entry.target}, outside the host's root` : entry.reason,
        false,
      );
    this.sources.set(path, file);
    return file;
  }

  /** The documents of a YAML file; none where it cannot be read, which is noted. */
  yaml(path: string): readonly Yaml[] {
    const known = this.parsed.get(path);
    if (known !== undefined) return known;
    const file = this.file(path);
    const documents = file === null ? [] : this.parse(path, file);
    this.parsed.set(path, documents);
    return documents;
  }

  private parse(path: string, file: SourceFile): readonly Yaml[] {
    const read = readYaml(file.text);
    if (read.kind === "read") return read.documents;
    // Helm, Jinja and the like: what they make of it is YAML.
    const template = /\{\{|\{%|<%/.test(file.text);
    if (template) this.note(path, null, "is a template: it becomes YAML when it is rendered", true);
    else this.note(path, read.line, read.reason, false);
    return [];
  }

  note(path: string, line: number | null, reason: string, expected: boolean): void {
    const said = { file: this.fs.display(path), reason, expected };
    if (!this.unread.has(path)) this.unread.set(path, line === null ? said : { ...said, line });
  }

  noteAt(at: Place, reason: string): void {
    const { file, start } = at.span;
    this.unread.set(`${file.path}:${start}`, {
      file: file.display,
      line: position(file, start).line,
      reason,
    });
  }

  wasRead(path: string): boolean {
    return this.sources.has(path);
  }

  isFile(path: string): boolean {
    return this.fs.entry(path).kind === "file";
  }
}

/** The words of a value. */
export function placeIn(file: SourceFile, value: Yaml): Place {
  return place(file, value.start, value.end);
}

/** A path relative to a directory of the tree; `null`: it leads out of the tree, or is one of the machine. */
export function pathIn(directory: string, written: string): string | null {
  if (written.startsWith("/") || written.startsWith("~")) return null;
  let depth = directory.split("/").filter((part) => part !== "").length;
  for (const part of written.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return null;
  }
  return normalizePath(`${directory}/${written}`);
}
