import type { HostFilesystem } from "../host/filesystem.js";
import type { FileStatus } from "../host/live.js";
import type { Identity, SpaceFacts, Viewer } from "./facts.js";

/** What can be asked of a machine at once: a running one, or what was collected on one. */
export interface Machine {
  readonly source: "live" | "snapshot";
  /** Seconds since 1970. */
  readonly now: number;
  /** The machine's own files with `/proc`; a path always gets the same answer. */
  readonly fs: HostFilesystem;
  /** The kernel's tables of connections, below `/proc/net`, a second or more later; `null`: nobody looked twice. */
  readonly later: HostFilesystem | null;
  /** Owner, mode and times without following a link at the end; `null`: it is not there, or may not be looked at. */
  status(path: string, through: Through): FileStatus | null;
  /** Whether it is known what is at a path, should it be missing. */
  looked(path: string): boolean;
  /** The machine's files as a process sees them; `null`: it cannot be looked at. */
  view(through: Through): HostFilesystem | null;
  /** `null`: unknown. */
  space(path: string): Omit<SpaceFacts, "path"> | null;
  /** Whether nothing is in a directory, except what a file system brings; `null`: unknown. */
  isEmpty(path: string, through: Through): boolean | null;
  /** Whether an account may open a file or list a directory; `null`: it cannot be tried. */
  opens(path: string, through: Through, identity: Identity): boolean | null;
}

/** Whose mounts a path is looked at with: a process's number, `null`: the reader's. */
export type Through = number | null;

/** A path that is looked at, and for whom. */
export interface WantedPath {
  readonly path: string;
  readonly viewer: Viewer;
  /** Whether the viewer's account tries to open it. */
  readonly tried: boolean;
  /** Whether its names are wanted, where it is a directory. */
  readonly listed: boolean;
}
