import { resolve } from "node:path";
import type { Finding } from "../engine/finding.js";
import { readTyped } from "../host/door.js";
import { type Baseline, type BaselineEntry, baselineOf, readBaseline } from "../policy/baseline.js";
import { count } from "../report/coverage.js";
import { stringify } from "../report/json.js";
import { inputText } from "./input-text.js";
import { writeOutput } from "./outputs.js";
import { tell } from "./streams.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Bytes. A baseline of a hundred thousand findings is half as large. */
const LARGEST = 64 * 1024 * 1024;

/** The baseline in a file. Throws UsageError for a file that cannot be read or is no baseline. */
export function loadBaseline(file: string, { workingDirectory }: World): Baseline {
  const read = inputText(readTyped(resolve(workingDirectory, file), LARGEST));
  if ("refusal" in read) throw new UsageError(`${file}: ${read.refusal}`);
  const baseline = readBaseline(parsed(read.text));
  if (baseline === null) throw new UsageError(`${file}: is no baseline; --update-baseline writes one`);
  return baseline;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Writes the findings as they are now, and says so. Throws UsageError. */
export function updateBaseline(file: string, findings: readonly Finding[], world: World): void {
  writeOutput(file, stringify(baselineOf(findings)), world.workingDirectory);
  tell(world, `wrote ${file} with ${count(findings.length, "finding")}`);
}

/** Names entries that nothing was found for, three at most. */
export function sayStale(file: string, stale: readonly BaselineEntry[], world: World): void {
  if (stale.length === 0) return;
  const entries = stale.length === 1 ? "1 entry" : `${stale.length} entries`;
  tell(world, `${file}: ${entries} of the baseline no longer found; --update-baseline removes them`);
  for (const one of stale.slice(0, 3)) tell(world, `  ${one.file}: ${one.message} [${one.rule}]`);
  if (stale.length > 3) tell(world, `  and ${stale.length - 3} more`);
}
