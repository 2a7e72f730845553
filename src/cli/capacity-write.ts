import type { HostCapacity } from "../engine/capacity-result.js";
import { editFiles, type FileEdit } from "../fpm/edit.js";
import { isWithin } from "../host/path.js";
import type { ReadHost } from "../read-hosts.js";
import { unifiedDiff } from "../report/diff.js";
import { escapeText } from "../report/escape.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";
import { writeHostsAtomically } from "./write-files.js";

/** A host and what was computed for it. */
export interface Computed {
  readonly read: ReadHost;
  readonly found: HostCapacity;
}

/** The diff of all files to standard output; throws UsageError, after it, for files that must not be changed. */
export function printDiff(results: readonly Computed[], world: World): void {
  const all = results.map(editsOf);
  const edits = all.flatMap((one) => one.edits);
  for (const { file, after } of edits) world.stdout.write(unifiedDiff(file.display, file.text, after));
  if (edits.length === 0 && all.every(({ refused }) => refused.length === 0))
    world.stderr.write("fpmlint: nothing to change: the pools are as recommended\n");
  refuse(all.flatMap(({ refused }) => refused));
}

/**
 * Writes the files of all hosts, or none where one of them must not be written: half of a plan would
 * be over the budget. Throws UsageError. `quiet`: standard output belongs to a document.
 */
export function applyEdits(results: readonly Computed[], world: World, quiet: boolean): void {
  const all = results.map(editsOf);
  refuse(all.flatMap(({ refused }) => refused));
  const say = (line: string): unknown => (quiet ? world.stderr : world.stdout).write(`${escapeText(line)}\n`);
  const changes = all.map(({ edits }, index) => {
    const root = results[index]?.read.spec.root ?? "/";
    const files = edits.map(({ file, after }) => ({
      path: onDisk(root, file.path),
      before: file.text,
      after,
    }));
    return { root, files };
  });
  writeHostsAtomically(changes);
  for (const { file } of all.flatMap(({ edits }) => edits)) say(`wrote ${file.display}`);
  if (all.every(({ edits }) => edits.length === 0)) say("nothing to change: the pools are as recommended");
  else say("php-fpm reads it at its next reload: check with php-fpm -t, then reload the service");
}

function onDisk(root: string, path: string): string {
  return root === "/" ? path : root + path;
}

interface HostEdits {
  readonly edits: readonly FileEdit[];
  readonly refused: readonly string[];
}

function editsOf({ read: { host, touching }, found }: Computed): HostEdits {
  const wanted = found.pools.flatMap(({ pool, plan }) =>
    pool === null
      ? []
      : [
          {
            pool,
            values: new Map(Object.entries(plan.settings).map(([key, value]) => [key, String(value)])),
          },
        ],
  );
  if (wanted.length === 0) return { edits: [], refused: ["there is no pool file to change"] };
  const globals = found.processMax.map(({ master, recommended }) => ({
    master,
    values: new Map([["process.max", String(recommended)]]),
  }));
  const { edits, refused } = editFiles(host.masters, wanted, globals);
  const outside = edits.filter(
    ({ file }) => touching !== null && !touching.some((path) => isWithin(path, file.display)),
  );
  return {
    edits: edits.filter((edit) => !outside.includes(edit)),
    refused: [
      ...refused.map(({ file, reason }) => `${file}: ${reason}`),
      ...outside.map(
        ({ file }) =>
          `${file.display}: lies outside the given path, and its pools share the memory: give a path that holds it, too`,
      ),
    ],
  };
}

function refuse(refused: readonly string[]): void {
  if (refused.length === 0) return;
  throw new UsageError([...refused, "nothing was written"].join("\n"));
}
