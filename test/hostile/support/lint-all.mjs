// Lints, in one process, each directory that standard input names, one a line, with the built library.
// Before each it opens a path that is not there, for a trace of its system calls to show: see strace.ts.
import { createRequire } from "node:module";
import { readFileSync, writeSync } from "node:fs";

// The library loads this package when it meets the first YAML file: that is Node's doing, and not the tree's.
createRequire(import.meta.url)("yaml");

function mark(name) {
  try {
    readFileSync(`/fpmlint-mark/${name}`);
  } catch {
    // It is never there.
  }
}

const { lint } = await import(process.argv[2]);
const directories = readFileSync(0, "utf8").split("\n").filter(Boolean);
const results = directories.map((directory) => {
  mark(`root${directory}`);
  const outcome = lint({ paths: [directory], workingDirectory: directory });
  return outcome.kind === "linted" ? outcome.result.summary.incomplete : null;
});
mark("end");
writeSync(1, JSON.stringify(results));
