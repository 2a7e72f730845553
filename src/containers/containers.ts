/** The containers that the files of a tree describe. */
import type { HostFilesystem } from "../host/filesystem.js";
import { byBytes, directoryOf, nameOf, withParents } from "../host/path.js";
import type { UnreadPath } from "../host/spec.js";
import { grouped } from "../source/collect.js";
import { buildOf } from "./build.js";
import { composeProjects, isCompose, type Project } from "./compose.js";
import { manifestProjects, mayBeManifest } from "./kubernetes.js";
import { containerOf } from "./machine.js";
import { Tree } from "./tree.js";

export type { Project } from "./compose.js";
export { outsidePath } from "./filesystem.js";
export type { Container } from "./machine.js";
export { startsAsRoot } from "./started-as-root.js";

export interface FoundContainers {
  readonly projects: readonly Project[];
  /** What of the files that describe containers could not be read. */
  readonly unread: readonly UnreadPath[];
}

const DOCKERFILE = /^(?:[Dd]ockerfile|[Cc]ontainerfile)(?:[.-][\w.-]{1,80})?$|\.[Dd]ockerfile$/;

/** Looks through the files of a tree. `paths`: all of them, below the root of `fs`. */
export function containersIn(fs: HostFilesystem, paths: readonly string[]): FoundContainers {
  const tree = new Tree(fs);
  const composed = grouped(paths.filter(isCompose).map((path) => [directoryOf(path), nameOf(path)] as const));
  const projects = [...composed].flatMap(([directory, names]) =>
    composeProjects(tree, directory, [...names].sort(byBytes)),
  );
  const manifests = manifestProjects(
    tree,
    paths.filter((path) => mayBeManifest(path) && !isCompose(path)),
  );
  // Those that a project builds are known by now.
  const alone = paths.filter((path) => DOCKERFILE.test(nameOf(path)) && !tree.wasRead(path));
  const images = alone.flatMap((path) => imageProject(tree, path));
  return { projects: [...projects, ...manifests, ...images], unread: [...tree.unread.values()] };
}

/** A Dockerfile that no project builds: its context is its own directory, or one around it. */
function imageProject(tree: Tree, path: string): readonly Project[] {
  const file = tree.file(path);
  if (file === null || !/nginx|php|fpm|openresty/i.test(file.text)) return [];
  const contexts = [...withParents(directoryOf(path)), "/"];
  const built = buildOf(tree, file, { contexts, args: new Map(), target: null });
  if (built === null) return [];
  const described = {
    label: "the image",
    names: null,
    network: path,
    built,
    mounts: [],
    volumes: new Map<string, string>(),
    command: null,
    ownUser: null,
    memory: null,
    place: null,
    env: new Map<string, string | null>(),
  };
  const container = containerOf(described, tree.fs);
  // Nothing tells what is mounted where it runs.
  const facts = { ...container.facts, surelyLacks: () => false };
  return [{ file: path, containers: [{ ...container, facts }] }];
}
