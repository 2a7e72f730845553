import { lstatSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { enclosingRoot, hostAt, hostsBelow, rootOfEtc } from "./discover.js";
import { diskFilesystem } from "./disk.js";
import { directoryOf, isWithin, nameOf } from "./path.js";
import { type HostSpec, isEmptySpec } from "./spec.js";

/** What a path on the command line stands for. */
export type Given =
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly reason: string }
  /** No nginx or PHP-FPM configuration there. */
  | { readonly kind: "nothing" }
  | { readonly kind: "hosts"; readonly hosts: readonly GivenHost[] };

export interface GivenHost {
  readonly spec: HostSpec;
  /** Only findings that touch one of these host paths are wanted; `null`: all. */
  readonly touching: readonly string[] | null;
}

/** Finds the hosts that a path means. `stated`: hosts of fpmlint.json, which win where the path lies in one or around it. */
export function hostsOf(path: string, workingDirectory: string, stated: readonly HostSpec[]): Given {
  const absolute = resolve(workingDirectory, path);
  const kind = kindOf(absolute);
  if (kind !== "directory" && kind !== "file") return kind;
  const around = stated.filter(({ root }) => isWithin(root, absolute) && root !== absolute);
  if (around.length > 0) return found(around.map((spec) => touched(spec, absolute, workingDirectory)));
  const below = stated.filter(({ root }) => isWithin(absolute, root));
  if (below.length > 0) return found(below.map(whole));
  return kind === "file" ? fileHosts(absolute, workingDirectory) : directoryHosts(absolute, workingDirectory);
}

function directoryHosts(absolute: string, workingDirectory: string): Given {
  if (nameOf(absolute) === "etc") return found([whole(hostAt(rootOfEtc(absolute), ".", workingDirectory))]);
  const root = isCheckout(absolute) ? null : enclosingRoot(absolute);
  if (root !== null) return found([touched(hostAt(root, ".", workingDirectory), absolute, workingDirectory)]);
  return found(hostsBelow(absolute, workingDirectory).map(whole));
}

function fileHosts(absolute: string, workingDirectory: string): Given {
  const root = enclosingRoot(absolute);
  if (root !== null) return found([touched(hostAt(root, ".", workingDirectory), absolute, workingDirectory)]);
  const from = isWithin(workingDirectory, absolute) ? workingDirectory : directoryOf(absolute);
  return found(hostsBelow(from, workingDirectory).map((spec) => touched(spec, absolute, workingDirectory)));
}

function found(hosts: readonly GivenHost[]): Given {
  const full = hosts.filter(({ spec }) => !isEmptySpec(spec));
  return full.length === 0 ? { kind: "nothing" } : { kind: "hosts", hosts: full };
}

function whole(spec: HostSpec): GivenHost {
  return { spec, touching: null };
}

/** The path itself, and where the links in it lead: `sites-enabled` means the sites behind its links. */
function touched(spec: HostSpec, absolute: string, workingDirectory: string): GivenHost {
  const path = spec.root === "/" ? absolute : absolute.slice(spec.root.length) || "/";
  const fs = diskFilesystem({ root: spec.root, workingDirectory });
  const entry = fs.entry(path);
  const behind =
    entry.kind === "directory" ? entry.names.map((name) => fs.entry(`${entry.path}/${name}`).path) : [];
  return { spec, touching: [...new Set([path, entry.path, ...behind])] };
}

/** A directory that is a git work tree is searched like any repository, wherever it stands. */
function isCheckout(directory: string): boolean {
  try {
    lstatSync(`${directory}/.git`);
    return true;
  } catch {
    return false;
  }
}

function kindOf(path: string): "directory" | "file" | Exclude<Given, { readonly kind: "hosts" | "nothing" }> {
  try {
    const stat = statSync(path);
    return stat.isDirectory()
      ? "directory"
      : stat.isFile()
        ? "file"
        : { kind: "unreadable", reason: "is not a regular file" };
  } catch (error) {
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : "";
    return code === "ENOENT" || code === "ENOTDIR"
      ? { kind: "missing" }
      : { kind: "unreadable", reason: "Permission denied" };
  }
}
