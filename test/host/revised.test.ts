import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diskFilesystem } from "../../src/host/disk.js";
import type { Entry, HostFilesystem } from "../../src/host/filesystem.js";
import { type Past, revised } from "../../src/host/revised.js";
import { runs } from "../support/sample.js";
import { withTree } from "../support/tree.js";

/** A tree as it was is read like that tree on the disk. */

type Node = string | { readonly link: string };
type Nodes = ReadonlyMap<string, Node>;

const name = fc.constantFrom("a", "b", "c");
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const linkPlace = fc.tuple(fc.array(name, { maxLength: 2 }), fc.constantFrom("l", "m"));
const target = fc.tuple(fc.constantFrom("/", "", "../", "../../"), place).map((parts) => parts.join(""));

/** Files and links; links have names of their own, so that none leads to another. */
const nodes: fc.Arbitrary<Nodes> = fc
  .tuple(
    fc.array(fc.tuple(place, fc.constantFrom("x", "y", "")), { maxLength: 6 }),
    fc.array(
      fc.tuple(
        linkPlace.map(([parts, last]) => [...parts, last].join("/")),
        target.map((link) => ({ link })),
      ),
      { maxLength: 3 },
    ),
  )
  .map(([texts, links]) => {
    const found = new Map<string, Node>();
    for (const [path, node] of [...texts, ...links]) {
      const taken = [...found.keys()].some(
        (one) => one === path || one.startsWith(`${path}/`) || path.startsWith(`${one}/`),
      );
      if (!taken) found.set(path, node);
    }
    return found;
  });

function shown(entry: Entry): unknown {
  switch (entry.kind) {
    case "file":
      return [entry.path, entry.read()];
    case "directory":
      return [entry.path, "directory", entry.names];
    case "missing":
      return ["missing", entry.dangling];
    default:
      return [entry.kind];
  }
}

function answers(fs: HostFilesystem, paths: readonly string[]): unknown {
  return paths.map((path) => {
    const listed = fs.entry(path).kind === "directory" ? fs.children?.(fs.entry(path).path) : null;
    const names = listed?.map((child) => child.name).sort();
    return [path, shown(fs.entry(path)), names ?? null];
  });
}

/** Every path with up to three names, and what a link may lead to. */
const PATHS = ["/"];
for (const one of ["a", "b", "c", "l", "m"]) {
  PATHS.push(`/${one}`);
  for (const two of ["a", "b", "c", "l", "m"]) {
    PATHS.push(`/${one}/${two}`);
    for (const three of ["a", "b", "l"]) PATHS.push(`/${one}/${two}/${three}`, `/${one}/${two}/${three}/a`);
  }
}

test("whatever was added, removed, changed, or became something else", () =>
  fc.assert(
    fc.asyncProperty(nodes, nodes, (before, after) =>
      withTree(({ top, put, link }) => {
        for (const [tree, all] of [
          ["old", before],
          ["new", after],
        ] as const) {
          put({ [`${tree}/etc/kept`]: "kept" });
          for (const [path, node] of all) {
            if (typeof node === "string") put({ [`${tree}/${path}`]: node });
            else link(node.link, `${tree}/${path}`);
          }
        }
        const pasts = new Map<string, Past>();
        const root = join(top(), "new");
        for (const path of new Set([...before.keys(), ...after.keys()])) {
          const [old, now] = [before.get(path), after.get(path)];
          if (JSON.stringify(old) === JSON.stringify(now)) continue;
          const past = old === undefined ? null : typeof old === "string" ? { text: old } : old;
          pasts.set(join(root, path), past);
        }
        const fs = (tree: string): HostFilesystem =>
          diskFilesystem({ root: join(top(), tree), workingDirectory: join(top(), tree) });
        expect(answers(revised(fs("new"), root, pasts), PATHS)).toEqual(answers(fs("old"), PATHS));
      }),
    ),
    { numRuns: runs(400, 40) },
  ));

test("what is outside of the root is of no account", () => {
  const fs = diskFilesystem({ root: "/nonexistent", workingDirectory: "/" });
  expect(revised(fs, "/nonexistent", new Map([["/elsewhere", null]]))).toBe(fs);
});
