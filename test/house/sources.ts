import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { imports } from "../support/typescript.js";
import { type Room, rooms } from "./rooms.js";

/** A file of the project and what it imports. */
export interface Source {
  /** From the top, with `/`. */
  readonly path: string;
  readonly text: string;
  /** Paths inside the repository, or bare names of packages. */
  readonly imports: readonly string[];
}

export function readSources(): readonly Source[] {
  return [...files("src"), ...files("rules")].map(source);
}

/** The TypeScript files below a folder, sorted. */
export function files(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => posix.join(folder, name.replaceAll("\\", "/")))
    .filter((path) => path.endsWith(".ts"))
    .sort();
}

export function source(path: string): Source {
  const text = readFileSync(join(process.cwd(), path), "utf8");
  return { path, text, imports: imports(text).map((name) => target(path, name)) };
}

function target(path: string, name: string): string {
  if (!name.startsWith(".")) return name;
  return posix.join(posix.dirname(path), name).replace(/\.js$/, ".ts");
}

/** Whether an import names a file of the project. */
export function isFile(imported: string): boolean {
  return imported.endsWith(".ts");
}

/** The room with the longest name that fits; `null`: the table has none. */
export function roomOf(path: string): Room | null {
  const fits = (name: string): boolean => path === `${name}.ts` || path.startsWith(`${name}/`);
  const found = rooms.flatMap((room) =>
    [room.name, ...(room.also ?? [])].filter(fits).map((name) => ({ room, name })),
  );
  found.sort((a, b) => b.name.length - a.name.length);
  return found[0]?.room ?? null;
}

/** What each room really imports, by the names of the rooms. */
export function roomGraph(sources: readonly Source[]): ReadonlyMap<string, ReadonlySet<string>> {
  const graph = new Map<string, Set<string>>();
  for (const { path, imports } of sources) {
    const from = roomOf(path)?.name ?? path;
    const needs = graph.get(from) ?? new Set<string>();
    graph.set(from, needs);
    for (const imported of imports.filter(isFile)) {
      const name = roomOf(imported)?.name ?? imported;
      if (name !== from) needs.add(name);
    }
  }
  return graph;
}
