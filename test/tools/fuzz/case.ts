import { decodeBytes, encodeText } from "../../../src/source/bytes.js";
import type { Random } from "../reality/random.js";
import { mutateBytes } from "./bytes.js";
import type { Seeds } from "./seeds.js";
import { mutateTokens } from "./tokens.js";
import { file, filesIn, type Tree, type TreeNode } from "./tree.js";

/** One input and how it is run. Paths and words count from the tree. */
export interface FuzzCase {
  readonly tree: Tree;
  readonly run: LintRun | CapacityRun | TraceRun | DiagnoseRun | DoctorRun;
  /** What comes on standard input. */
  readonly stdin: string;
  /** Run as nobody where the fuzzer is root, so that modes matter. */
  readonly unprivileged?: boolean;
}

export interface LintRun {
  readonly kind: "lint";
  readonly paths: readonly string[];
  readonly nginxVersion?: string;
  readonly phpVersion?: string;
}

export interface CapacityRun {
  readonly kind: "capacity";
  /** The words after `capacity`. */
  readonly words: readonly string[];
}

export interface TraceRun {
  readonly kind: "trace";
  /** The words after `trace`. */
  readonly words: readonly string[];
}

export interface DiagnoseRun {
  readonly kind: "diagnose";
  /** The words after `diagnose`. */
  readonly words: readonly string[];
}

export interface DoctorRun {
  readonly kind: "doctor";
  /** The words after `doctor`: a snapshot. */
  readonly words: readonly string[];
}

/** Where cases come from. */
export interface Sources {
  readonly fixtures: Seeds;
  /** Configuration of others; empty where the collection is not there. */
  readonly corpus: Seeds;
}

export type Draw = (random: Random, sources: Sources) => FuzzCase;

/** The whole tree, linted as a person would: mostly without versions. */
export function lintAll(tree: Tree, random: Random): FuzzCase {
  return { tree, run: { kind: "lint", paths: ["."], ...versions(random) }, stdin: "" };
}

export function versions(random: Random): Pick<LintRun, "nginxVersion" | "phpVersion"> {
  return {
    ...(random.chance(0.2) ? { nginxVersion: random.pick(["1.18.0", "1.22.1", "1.27.4", "1.31.4"]) } : {}),
    ...(random.chance(0.2) ? { phpVersion: random.pick(["5.6", "7.4", "8.2", "8.4"]) } : {}),
  };
}

/** Changes one to three files of the tree. */
export function mutateFiles(
  tree: Map<string, TreeNode>,
  random: Random,
  mutate: (text: string, random: Random) => string,
  wanted: (path: string) => boolean = isConfiguration,
): void {
  const files = filesIn(tree).filter(wanted);
  if (files.length === 0) return;
  for (let left = random.int(1, 3); left > 0; left -= 1) {
    const path = random.pick(files);
    tree.set(path, file(mutate(textAt(tree, path), random)));
  }
}

/** Either kind of change. */
export function mutateText(text: string, random: Random): string {
  if (random.chance(0.6)) return mutateTokens(text, random);
  return decodeBytes(mutateBytes(encodeText(text), encodeText(text), random));
}

/** A file's text, as fpmlint decodes it; empty for anything else. */
export function textAt(tree: Tree, path: string): string {
  const node = tree.get(path);
  return node?.kind === "file" ? decodeBytes(node.bytes) : "";
}

/** Not what a fixture says of itself. */
export function isConfiguration(path: string): boolean {
  return !/(^|\/)(expected|faulty)\.txt$/.test(path);
}

/** The files of a tree as nodes, to be put under other names. */
export function filesToPlant(tree: Tree): readonly TreeNode[] {
  return filesIn(tree).flatMap((path) => tree.get(path) ?? []);
}
