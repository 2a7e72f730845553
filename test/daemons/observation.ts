import type { ProofRequest } from "../../src/engine/rule.js";
import { type Answer, type Running, request } from "./bench.js";

export interface Observed {
  readonly seen: boolean;
  /** What there was to see, for the message when a proof fails. */
  readonly saw: string;
}

/** Looks for a fault that is neither an odd status nor a log line. */
export type Observation = (running: Running, requests: readonly ProofRequest[]) => Promise<Observed>;

export function ask(running: Running, wanted: ProofRequest = {}): Promise<Answer> {
  const { times: _, path = "/index.php", ...rest } = wanted;
  return request(running, { path, ...rest });
}

export function shown(answer: Answer): string {
  return `status ${answer.status ?? "none"}, ${answer.body.length} bytes ${JSON.stringify(answer.body.slice(0, 120))}`;
}
