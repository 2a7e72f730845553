import { chmodSync, mkdirSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { diskFilesystem } from "../../src/host/disk.js";
import type { Outline } from "../../src/host/filesystem.js";
import { runs } from "../support/sample.js";
import { tree } from "../support/tree.js";

/** Members of a kind are compared by outlines, which say what `entry` says without listing a directory. */

const { top, put, link } = tree();

const PATHS = [
  "/srv/a",
  "/srv/a/public",
  "/srv/a/public/index.php",
  "/srv/a/public/no-such-name",
  "/srv/a/public/index.php/info",
  "/srv/../srv/a/",
  "/srv/b",
  "/srv/b/index.php",
  "/srv/closed",
  "/srv/closed/index.php",
  "/srv/out",
  "/srv/out/x",
  "/srv/dead",
  "/srv/loop",
  "/srv/file-link",
  "/",
];

function shown(outline: Outline | undefined) {
  if (outline?.kind === "directory") return { kind: outline.kind, path: outline.path };
  if (outline?.kind === "file") return { kind: outline.kind, path: outline.path, text: outline.read() };
  return outline;
}

test("an outline is the entry without its names, whatever was asked before", () => {
  put({ "host/srv/a/public/index.php": "<?php", "outside/x": "" });
  link("a/public", "host/srv/b");
  link(`${top()}/outside`, "host/srv/out");
  link("nowhere", "host/srv/dead");
  link("loop", "host/srv/loop");
  link("/srv/a/public/index.php", "host/srv/file-link");
  mkdirSync(`${top()}/host/srv/closed`);
  chmodSync(`${top()}/host/srv/closed`, 0);
  const fresh = () => diskFilesystem({ root: `${top()}/host`, workingDirectory: top() });
  const questions = fc.array(fc.record({ path: fc.constantFrom(...PATHS), listed: fc.boolean() }), {
    minLength: 1,
  });
  fc.assert(
    fc.property(questions, (list) => {
      const fs = fresh();
      for (const { path, listed } of list)
        expect(shown(listed ? fs.entry(path) : fs.outline?.(path))).toEqual(shown(fresh().entry(path)));
    }),
    { numRuns: runs(500, 50) },
  );
});
