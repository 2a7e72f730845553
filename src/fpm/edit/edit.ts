/**
 * New values for settings of pools and of `[global]`, as texts of the files. Only what has to change is
 * changed, and a pool gets all of its values or none, because PHP-FPM refuses some mixtures of them.
 */
import type { SourceFile } from "../../source/file.js";
import { fpmDefault, fpmFact } from "../settings/facts.js";
import { readInteger, readProcessManager, readSeconds } from "../settings/values.js";
import type { FpmMaster } from "../types.js";
import { readersOf, type Why } from "./blocked.js";
import { addAfter, addBelow, addGlobal, applied, type Change, changeValue, isFaithful } from "./change.js";
import { globalJob, type Home, type Job, poolJob, type Wanted, type WantedGlobal } from "./jobs.js";

export type { Wanted, WantedGlobal } from "./jobs.js";

export interface FileEdit {
  readonly file: SourceFile;
  /** The whole text afterwards. */
  readonly after: string;
}

export interface Refused {
  /** As reports print it. */
  readonly file: string;
  /** One sentence, lower case, without a full stop, that also says what stays as it is. */
  readonly reason: string;
}

export interface Edits {
  /** Files whose text changes, each once. */
  readonly edits: readonly FileEdit[];
  /**
   * Files that would have to be edited but must not be. What the same pool or `[global]` wanted in other
   * files is not in `edits` either.
   */
  readonly refused: readonly Refused[];
}

/** What keeps a job from being done. */
interface Obstacle {
  readonly file: SourceFile | null;
  readonly why: Why;
}

interface PlannedJob {
  readonly job: Job;
  readonly changes: readonly Change[];
  readonly obstacles: readonly Obstacle[];
}

/** Why the file must not be edited; `null`: it may be. */
type Blocked = (file: SourceFile) => Why | null;

/** Makes the new texts; writes nothing. */
export function editFiles(
  masters: readonly FpmMaster[],
  wanted: readonly Wanted[],
  globals: readonly WantedGlobal[],
): Edits {
  const readers = readersOf(masters);
  const jobs = [...wanted.map(poolJob), ...globals.map(globalJob)];
  const found = new Map<string, Why>(jobs.flatMap(unknownValues));
  const blocked: Blocked = ({ path }) => readers.blocked(path) ?? found.get(path) ?? null;
  for (;;) {
    const plans = jobs.map((job) => plan(job, blocked));
    const texts = textsOf(plans);
    const broken = texts.filter(({ file, changes, after }) => !isFaithful(file, changes, after));
    if (broken.length === 0) {
      const edits = texts.map(({ file, after }) => ({ file, after }));
      return { edits, refused: refusals(plans) };
    }
    for (const { file } of broken)
      found.set(file.path, "new values would change what PHP-FPM reads elsewhere in the file");
  }
}

/** Files in which a value that should change is only known when FPM starts or a template is rendered. */
function unknownValues({ settings, values }: Job): readonly (readonly [path: string, why: Why])[] {
  return values.flatMap(([key]) => {
    const last = settings.findLast((one) => one.key === key);
    if (last === undefined || last.value !== null) return [];
    return [[last.place.span.file.path, `${key} is filled in from elsewhere (${last.raw})`] as const];
  });
}

function plan(job: Job, blocked: Blocked): PlannedJob {
  const changes: Change[] = [];
  const obstacles: Obstacle[] = [];
  for (const [key, value] of job.values) {
    const step = planOne(job, key, value, blocked);
    if (step === null) continue;
    if ("why" in step) obstacles.push(step);
    else changes.push(step);
  }
  return { job, changes, obstacles };
}

/** `null`: nothing to do. */
function planOne(job: Job, key: string, value: string, blocked: Blocked): Change | Obstacle | null {
  const { section, master, settings, partial } = job;
  const last = settings.findLast((one) => one.key === key);
  if (last !== undefined) {
    if (last.value !== null && meansTheSame(key, section, last.value, value)) return null;
    const { file } = last.place.span;
    const why = blocked(file);
    return why === null ? changeValue(last, value) : { file, why };
  }
  const usual = partial ? null : fpmDefault(key, section, master.phpVersion);
  if (usual !== null && meansTheSame(key, section, usual, value)) return null;
  const homes = job.homes(key);
  const home = homes.find((one) => blocked(fileOf(one)) === null);
  if (home !== undefined) {
    if ("sibling" in home) return addAfter(home.sibling, key, value, settings);
    return addBelow(home.header.span, key, value);
  }
  const file = homes[0] === undefined ? master.main : fileOf(homes[0]);
  if (file === null) return { file, why: `there is no main file and no [global] section for ${key}` };
  const why = blocked(file);
  return why === null ? addGlobal(file, key, value) : { file, why };
}

function fileOf(home: Home): SourceFile {
  return "sibling" in home ? home.sibling.place.span.file : home.header.span.file;
}

function meansTheSame(key: string, section: "pool" | "global", is: string, wanted: string): boolean {
  const type = key === "pm" ? "pm" : fpmFact(key, section)?.type;
  const read =
    type === "pm"
      ? readProcessManager
      : type === "integer"
        ? readInteger
        : type === "time"
          ? readSeconds
          : null;
  if (read === null) return is === wanted;
  const [a, b] = [read(is), read(wanted)];
  return a.ok && b.ok && a.value === b.value;
}

function textsOf(
  plans: readonly PlannedJob[],
): readonly (FileEdit & { readonly changes: readonly Change[] })[] {
  const files = new Map<string, { readonly file: SourceFile; readonly changes: Change[] }>();
  for (const change of plans.flatMap(({ changes, obstacles }) => (obstacles.length === 0 ? changes : []))) {
    const known = files.get(change.file.path);
    if (known === undefined) files.set(change.file.path, { file: change.file, changes: [change] });
    else known.changes.push(change);
  }
  return [...files.values()].map((one) => ({ ...one, after: applied(one.file, one.changes) }));
}

/** One for each file, with the names of all pools that would have changed it. */
function refusals(plans: readonly PlannedJob[]): readonly Refused[] {
  const byFile = new Map<string, { readonly why: Why; readonly names: Set<string> }>();
  for (const { job, obstacles } of plans) {
    for (const { file, why } of obstacles) {
      const display = (file ?? job.master.files[0])?.display ?? "";
      const entry = byFile.get(display) ?? { why, names: new Set() };
      byFile.set(display, { ...entry, names: entry.names.add(job.name) });
    }
  }
  return [...byFile].map(([file, { why, names }]) => {
    const all = [...names].join(", ").replace(/, ([^,]*)$/, " and $1");
    const stay = names.size === 1 ? "stays as it is" : "stay as they are";
    return { file, reason: `${why}, so ${all} ${stay}` };
  });
}
