import { otherCauses } from "./outside/others.js";
import { startCauses } from "./outside/start.js";
import { upstreamCauses } from "./outside/upstream.js";
import type { OutsideCause } from "./outside-cause.js";
import { shownTemplate, type Writer } from "./signature.js";
import { signatureTable } from "./signatures/index.js";

export type { OutsideCause } from "./outside-cause.js";

/** Every such cause, by topic. */
export const outsideCauses: readonly OutsideCause[] = [...upstreamCauses, ...otherCauses, ...startCauses];

/** The line that shows a cause best, and who writes it; `null`: nothing is logged. */
export function lineOf({ signatures }: OutsideCause): { readonly by: Writer; readonly line: string } | null {
  const first = signatures[0] === undefined ? null : signatureTable.get(signatures[0]);
  return first === null ? null : { by: first.by, line: shownTemplate(first.templates[0] ?? "") };
}

/** Every topic that has such a cause. */
export const outsideTopics: readonly string[] = [...new Set(outsideCauses.flatMap(({ topics }) => topics))];

const byId = new Map(outsideCauses.map((one) => [one.id, one] as const));

/** `null`: there is no such cause. */
export function outsideCause(id: string): OutsideCause | null {
  return byId.get(id) ?? null;
}
