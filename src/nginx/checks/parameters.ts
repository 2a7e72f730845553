import { count, offset, size, time } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import {
  args,
  type Check,
  type Checked,
  quoted,
  type Refusal,
  type RefusalKind,
  refused,
} from "./refusal.js";

/** Directives whose arguments are `name=value` and single words: what each value may be. */

export interface Parameter {
  /** Whether nginx accepts the value; `null`: a word without a value. */
  readonly takes: ((value: string) => boolean) | null;
  /** Follows the word "takes". */
  readonly wants: string;
  /** What nginx prints. */
  readonly log: (word: string, value: string) => string;
  readonly kind: RefusalKind;
}

/** What a directive takes, by the word before the `=`. */
export type Parameters = ReadonlyMap<string, Parameter>;

const invalidParameter = (word: string): string => `invalid parameter "${word}"`;

export function parameter(
  takes: Parameter["takes"],
  wants: string,
  log: Parameter["log"] = invalidParameter,
  kind: RefusalKind = "parameter",
): Parameter {
  return { takes, wants, log, kind };
}

export const bare = parameter(null, "no value");
export const isCount = (value: string): boolean => count(value) !== null;
export const isPositive = (value: string): boolean => (count(value) ?? 0) > 0;
export const isSize = (value: string): boolean => size(value) !== null;
export const isOffset = (value: string): boolean => offset(value) !== null;
export const isSeconds = (value: string): boolean => time(value, "s") !== null;
export const isMilliseconds = (value: string): boolean => time(value, "ms") !== null;
export const anything = (): boolean => true;

/** A parameter that nginx names in its refusal: `invalid burst value "burst=x"`. */
export function named(name: string, takes: (value: string) => boolean, wants: string): Parameter {
  return parameter(takes, wants, (word) => `invalid ${name} value "${word}"`, "other");
}

/** Refuses the first word that nginx does not accept. */
export function parameterRefusal(
  one: Checked,
  words: readonly Word[],
  known: Parameters,
  unknown: (word: string) => string = invalidParameter,
): Refusal | null {
  for (const at of words) {
    const equals = at.text.indexOf("=");
    const name = equals === -1 ? at.text : at.text.slice(0, equals);
    const value = equals === -1 ? null : at.text.slice(equals + 1);
    const row = known.get(name);
    if (row === undefined || (row.takes === null) !== (value === null)) {
      const shown = [...known].map(([key, { takes }]) => (takes === null ? key : `${key}=`));
      const message = `${one.node.name} does not know ${quoted(at.text)}: it takes ${shown.join(", ")}`;
      const help = `remove ${at.text === "" ? "the empty word" : at.text}, or write one of these`;
      const kind = unknown === invalidParameter ? "parameter" : "other";
      return refused(kind, unknown(at.text), at, message, help, { choices: shown });
    }
    if (row.takes !== null && !row.takes(value ?? "")) {
      const message = `${name}= of ${one.node.name} takes ${row.wants}, not ${quoted(value ?? "")}`;
      return refused(
        row.kind,
        row.log(at.text, value ?? ""),
        at,
        message,
        `write ${row.wants} after ${name}=`,
      );
    }
  }
  return null;
}

/** Checks a directive whose words from `from` on are such parameters. */
export const parameters =
  (known: Parameters, from = 1): Check =>
  (one) =>
    parameterRefusal(one, args(one).slice(from), known);

/** Refuses a directive in which no word begins with `name=`. */
export function must(one: Checked, name: string, log: string, example: string): Refusal | null {
  if (args(one).some(({ text }) => text.startsWith(`${name}=`))) return null;
  const message = `${one.node.name} has no ${name}=, which nginx requires`;
  return refused("other", log, one.node.directive.name, message, example);
}
