import { shortened } from "../source/ends.js";
import type { Incomplete } from "./finding.js";

/** Errors in fpmlint itself. One of them must not hide what was found elsewhere. */

/** What the work returned, or the error that ended it. */
export type Attempt<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: unknown };

/** Does the work; an error ends it and nothing else. */
export function attempt<T>(work: () => T): Attempt<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    return { ok: false, error };
  }
}

/** Characters of an error's message; it may quote what it stumbled over. */
const LONGEST = 200;

/** The message of an error, cut in length and not yet escaped; never its stack. */
function messageOf(error: unknown): string {
  const said = attempt(() => (error instanceof Error ? error.message : String(error)));
  const text = said.ok && said.value !== "" ? said.value : "an error without a message";
  return shortened(text, LONGEST);
}

const REPORT =
  "this is a bug in fpmlint: please report this message and, if you may, the file that triggers it";

/** What was done of each item, and what an error ended. */
export interface Each<T> {
  readonly done: readonly T[];
  readonly failures: readonly Incomplete[];
}

/** Does the work for each item. One that fails does not stop the others; `failed` describes it. */
export function each<I, T>(
  items: readonly I[],
  work: (item: I) => T,
  failed: (item: I, error: unknown) => Incomplete,
): Each<T> {
  const answers = items.map((item) => ({ item, answer: attempt(() => work(item)) }));
  return {
    done: answers.flatMap(({ answer }) => (answer.ok ? [answer.value] : [])),
    failures: answers.flatMap(({ item, answer }) => (answer.ok ? [] : [failed(item, answer.error)])),
  };
}

/**
 * What was not done because of an error that nobody foresaw. `where`: the name of the host, or the path;
 * `what`: what failed, as in `the rule fastcgi/split-path failed on this host`.
 */
export function failure(where: string, what: string, error: unknown): Incomplete {
  return { file: where, line: null, reason: `${what}: ${messageOf(error)}; ${REPORT}`, fatal: true };
}
