import type { Finding } from "../../engine/finding.js";
import type { Place, SourceFile } from "../../source/file.js";
import { samePlace } from "../../source/file.js";

/** One marked piece of a file. */
export interface Label {
  readonly place: Place;
  readonly role: "primary" | "link" | "related";
  /** Empty for a primary label without one: the headline says it. */
  readonly message: string;
}

/** One file of the evidence, with everything that is marked in it. */
export interface Frame {
  readonly file: SourceFile;
  /** The place that the header names. */
  readonly at: Place;
  /** In the order of the finding, the primary label first. */
  readonly labels: readonly Label[];
}

export interface Evidence {
  /** The primary file first, then in the order in which the finding names them. */
  readonly frames: readonly Frame[];
  /** What did not get into a frame. */
  readonly folded: readonly Label[];
  /** There are two sides to tie together, so the link lines are numbered. */
  readonly linked: boolean;
}

/** A rule may point at every location of a large file; more marks than this hide the ones that matter. */
const MAX_RELATED = 3;
/** Both ends of an address, of the first site that has it. */
const MAX_LINKS = 4;

function labelsOf(finding: Finding): Label[] {
  const labels: Label[] = [{ place: finding.at, role: "primary", message: finding.label ?? "" }];
  const add = (role: "link" | "related") => (entry: { place: Place; message: string }) => {
    const twin = labels.some(
      (label) => label.message === entry.message && samePlace(label.place, entry.place),
    );
    if (!twin) labels.push({ place: entry.place, role, message: entry.message });
  };
  finding.link.forEach(add("link"));
  finding.related.forEach(add("related"));
  return labels;
}

function frameOf(labels: readonly Label[], first: Label): Frame {
  // The other end of the contradiction is what the reader goes to, not the address next to it.
  const head =
    labels.find((label) => label.role === "primary") ?? labels.find((label) => label.role === "related");
  return { file: first.place.span.file, at: (head ?? first).place, labels };
}

/** Sorts the places of a finding into one frame per file, and folds what would be too much. */
export function evidence(finding: Finding): Evidence {
  const labels = labelsOf(finding);
  const files = new Map<string, Label[]>();
  for (const label of labels) {
    const path = label.place.span.file.path;
    const list = files.get(path);
    if (list === undefined) files.set(path, [label]);
    else list.push(label);
  }
  const most = (role: Label["role"], number: number) =>
    labels.filter((label) => label.role === role).slice(0, number);
  const kept = new Set([...most("primary", 1), ...most("link", MAX_LINKS), ...most("related", MAX_RELATED)]);
  const shown = [...files.values()]
    .map((group) => group.filter((label) => kept.has(label)))
    .filter((group) => group.length > 0);
  return {
    frames: shown.flatMap((group) => (group[0] === undefined ? [] : [frameOf(group, group[0])])),
    folded: labels.filter((label) => !kept.has(label)),
    linked: labels.filter((label) => label.role === "link").length > 1,
  };
}
