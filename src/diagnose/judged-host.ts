import type { Finding } from "../engine/finding.js";
import type { Host } from "../model/host.js";
import type { Changed } from "./changes.js";

/** A host, with what the rules say of it. */
export interface JudgedHost {
  readonly host: Host;
  readonly findings: readonly Finding[];
  /** Its files, the one that was changed last at the end. */
  readonly changes: () => readonly Changed[];
}
