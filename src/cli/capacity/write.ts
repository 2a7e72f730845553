import { resolve } from "node:path";
import { LISTING } from "../../capacity/samples.js";
import { incompleteAt, incompleteOf } from "../../engine/incomplete.js";
import { editFiles, type FileEdit } from "../../fpm/edit/edit.js";
import { globalSetting } from "../../fpm/settings/lookup.js";
import { readSeconds } from "../../fpm/settings/values.js";
import type { FpmMaster } from "../../fpm/types.js";
import { isOfImage } from "../../host/image-file.js";
import { isWithin } from "../../host/path.js";
import { ACCOUNT_FILES } from "../../model/accounts.js";
import type { ReadHost } from "../../read-hosts.js";
import { unifiedDiff } from "../../report/diff.js";
import { escapeText } from "../../report/terminal/escape.js";
import { type HostCapacity, isGuess } from "../../sizing/result.js";
import type { SourceFile } from "../../source/file.js";
import { writeDiff } from "../diff-output.js";
import { tell } from "../streams.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { writeHostsAtomically } from "../write/files.js";
import { realPath } from "../write/target.js";

/** A host and what was computed for it. */
export interface Computed {
  readonly read: ReadHost;
  readonly found: HostCapacity;
}

/** How the user asked for the change. */
export interface Asked {
  /** As given; `undefined`: the machine that this runs on, and then any of its files may change. */
  readonly path: string | undefined;
  /** Whether standard output is for a document or for the diff. */
  readonly quiet: boolean;
  /** Whether `--write` was also given, which says itself that there is nothing to change. */
  readonly write: boolean;
  /** Whether numbers for workers of unknown size may be written. */
  readonly guess: boolean;
}

const NOTHING = "nothing to change: the pools are as recommended";

/**
 * Prints the diff of all files to standard output, in the files' own bytes, and to standard error why
 * it may be wrong. Afterwards throws UsageError for files that must not be changed.
 */
export function printDiff(results: readonly Computed[], world: World, asked: Asked): void {
  const all = results.map((one) => editsOf(one, world, asked));
  for (const { file, after } of all.flatMap(({ edits }) => edits)) {
    writeDiff(unifiedDiff(file.display, file.text, after), world);
  }
  const wrong = results.flatMap((one) => [...missingOf(one), ...one.found.warnings]);
  for (const line of new Set(wrong)) tell(world, line);
  if (!asked.write && all.every(({ edits, refused }) => edits.length === 0 && refused.length === 0))
    tell(world, NOTHING);
  refuse(all.flatMap(({ refused }) => refused));
}

/**
 * Writes the files of all hosts, or none if one of them must not be written or a pool may be missing:
 * half of a plan would be over the budget. Throws UsageError.
 */
export function applyEdits(results: readonly Computed[], world: World, asked: Asked): void {
  refuse(results.flatMap(missingOf), exitStatus.incomplete);
  if (!asked.guess) refuse(results.flatMap(guessOf));
  const all = results.map((one) => editsOf(one, world, asked));
  refuse(all.flatMap(({ refused }) => refused));
  const say = (line: string): unknown =>
    (asked.quiet ? world.stderr : world.stdout).write(`${escapeText(line)}\n`);
  const changes = all.map(({ root, edits }) => ({
    root,
    files: edits.map(({ file, after }) => ({ path: onDisk(file, world), before: file.text, after })),
  }));
  const notes = writeHostsAtomically(changes);
  if (all.some(({ edits }) => edits.length > 0)) world.wrote?.();
  for (const note of notes) tell(world, note);
  for (const { file } of all.flatMap(({ edits }) => edits)) say(`wrote ${file.display}`);
  if (all.every(({ edits }) => edits.length === 0)) say(NOTHING);
  else {
    say("php-fpm reads it when it reloads: check with php-fpm -t, then reload the service");
    if (results.some(({ read: { host } }) => host.masters.some(dropsRequests)))
      say(
        "process_control_timeout is 0, so a reload ends running requests with 502: set it to 10s in [global] and restart once, or reload when there is little traffic",
      );
  }
}

/** Whether a reload kills the workers instead of waiting for their requests. */
function dropsRequests(master: FpmMaster): boolean {
  const timeout = globalSetting(master, "process_control_timeout");
  const reading = timeout.kind === "unknown" ? null : readSeconds(timeout.value ?? "0");
  return reading?.ok === true && reading.value === 0;
}

/** A container has its files at other paths than the tree. */
function onDisk({ display }: SourceFile, { workingDirectory }: World): string {
  return resolve(workingDirectory, display);
}

/**
 * What PHP-FPM reads and this process could not read, one sentence each. A `php.ini` has no pools, and
 * neither do nginx's files.
 */
function missingOf({ read: { host, spec } }: Computed): readonly string[] {
  const others = [...spec.fragments, ...ACCOUNT_FILES, ...(spec.nginx === null ? [] : [spec.nginx])];
  const poolless = new Set([
    ...others.map((path) => host.fs.display(path)),
    ...host.masters.flatMap(({ ini }) => ini.unread.map(({ file }) => file)),
  ]);
  return incompleteOf({ ...host, nginx: null })
    .filter(({ file, fatal }) => fatal && !poolless.has(file))
    .map((one) => `${incompleteAt(one)}: ${one.reason}; pools may be missing from the sum`);
}

/** Which numbers are a guess, and what would make them more. */
function guessOf({ read: { host }, found }: Computed): readonly string[] {
  const names = found.pools.filter((one) => one.pool !== null && isGuess(one)).map(({ name }) => name);
  if (names.length === 0) return [];
  const where = host.name === "." ? "" : `${host.name}: `;
  const which = `${names.slice(0, MOST_NAMES).join(", ")}${names.length > MOST_NAMES ? " and others" : ""}`;
  return [
    `${where}the size of a worker is a guess for ${which}: measure it under load with "fpmlint capacity" on the server or "${LISTING}" into --samples -, or give --worker-size; --accept-guess writes the numbers as they are`,
  ];
}

const MOST_NAMES = 8;

interface HostEdits {
  readonly root: string;
  readonly edits: readonly FileEdit[];
  readonly refused: readonly string[];
}

function editsOf({ read: { host, spec }, found }: Computed, world: World, asked: Asked): HostEdits {
  const root = spec.tree ?? spec.root;
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
  if (wanted.length === 0) return { root, edits: [], refused: ["there is no pool file to change"] };
  const globals = found.processMax.map(({ master, recommended }) => ({
    master,
    values: new Map([["process.max", String(recommended)]]),
  }));
  const { edits, refused } = editFiles(host.masters, wanted, globals);
  // With all links followed; the host around the path reaches further than the path.
  const reach = asked.path === undefined ? "/" : followed(resolve(world.workingDirectory, asked.path));
  const outside = edits.filter(({ file }) => !isWithin(reach, followed(onDisk(file, world))));
  const right = root === "/" ? "give no path" : "give a path that also contains it";
  return {
    root,
    edits: edits.filter((edit) => !outside.includes(edit)),
    refused: [
      ...refused.map(({ file, reason }) => `${file}: ${reason}`),
      ...outside.map(({ file }) =>
        isOfImage(file)
          ? `${file.display}: there is no such file here to change: write one with these numbers, and copy it over that path in a Dockerfile, or mount it there`
          : `${file.display}: is outside the given path, and its pools share the memory: ${right}`,
      ),
    ],
  };
}

/** The path with all links followed; as it is where nothing exists there. */
function followed(path: string): string {
  try {
    return realPath(path);
  } catch {
    return path;
  }
}

function refuse(refused: readonly string[], status: number = exitStatus.usage): void {
  if (refused.length === 0) return;
  throw new UsageError([...new Set(refused), "nothing was written"].join("\n"), status);
}
