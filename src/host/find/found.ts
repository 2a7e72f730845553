import type { HostFilesystem } from "../filesystem.js";
import type { HostSpec } from "../spec.js";

/** A host that was found, and where to read it from. */
export interface FoundHost {
  readonly spec: HostSpec;
  readonly fs: HostFilesystem;
}
