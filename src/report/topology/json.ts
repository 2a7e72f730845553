import type { Incomplete } from "../../engine/finding.js";
import { documentOf, stringify } from "../json.js";
import type { TopologyReport } from "./document.js";

/** The document that programs read. Its shape is a promise: keys are added, never changed. */
export function topologyJson({ hosts, result, stamp, version }: TopologyReport): {
  readonly text: string;
  /** Findings that could not be written. */
  readonly failures: readonly Incomplete[];
} {
  const { document, failures } = documentOf(result, { version });
  const { version: number, tool, ...rest } = document;
  const drawn = hosts.map(({ topology, memory, memoryReason }) => ({ ...topology, memory, memoryReason }));
  return { text: stringify({ version: number, tool, stamp, hosts: drawn, ...rest }), failures };
}
