import type { Word } from "../types.js";
import type { Check, Checked, Refusal, RefusalKind } from "./types.js";

export type { Check, Checked, Refusal, RefusalKind, Scope, Zone } from "./types.js";

/** How refusals of `nginx -t` are put into words. */

export function args({ node }: Checked): readonly Word[] {
  return node.directive.args;
}

/** The argument at an index; the directive's name when it has fewer. */
export function word({ node }: Checked, index: number): Word {
  return node.directive.args[index] ?? node.directive.name;
}

export function text(one: Checked, index: number): string {
  return one.node.directive.args[index]?.text ?? "";
}

/** For a message: in quotes, and cut after 60 characters. */
export function quoted(value: string): string {
  const line = value.replace(/\s+/g, " ");
  return `"${line.length > 60 ? `${line.slice(0, 57)}...` : line}"`;
}

/** `gzip_comp_level takes a number from 1 to 9, not "10"`. `example` is a line that nginx accepts. */
export function notTaken(
  one: Checked,
  at: Word,
  kind: RefusalKind,
  log: string,
  wants: string,
  example: string | null = null,
): Refusal {
  const { name } = one.node;
  return {
    kind,
    log,
    word: at,
    message: `${name} takes ${wants}, not ${quoted(at.text)}`,
    help: example === null ? `write ${wants}` : example,
  };
}

/** A refusal in words of its own. */
export function refused(
  kind: RefusalKind,
  log: string,
  at: Word,
  message: string,
  help: Refusal["help"],
  more: Pick<Refusal, "other" | "settle" | "choices" | "meant"> = {},
): Refusal {
  return { kind, log, word: at, message, help, ...more };
}

/** The first refusal of several checks, because nginx stops at the first. */
export function firstOf(one: Checked, checks: readonly Check[]): Refusal | null {
  for (const check of checks) {
    const found = check(one);
    if (found !== null) return found;
  }
  return null;
}
