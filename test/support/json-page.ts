import { readFileSync } from "node:fs";

/** The keys of a document, at any depth; below those that are `closed` are names of somebody else. */
export function keysIn(value: unknown, closed: readonly string[] = []): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((one) => keysIn(one, closed));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => [
    key,
    ...(closed.includes(key) ? [] : keysIn(inner, closed)),
  ]);
}

/** A part of docs/json.md, from one heading to another. */
export function jsonPage(from: string, to: string): string {
  const page = readFileSync("docs/json.md", "utf8");
  return page.slice(page.indexOf(from), page.indexOf(to));
}

/** Words that a part of a page has as code. */
export function namedIn(section: string): ReadonlySet<string> {
  return new Set([...section.matchAll(/`([^`]+)`/g)].flatMap(([, code = ""]) => code.match(/\w+/g) ?? []));
}
