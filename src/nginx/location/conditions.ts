import { perKey } from "../../source/memo.js";
import { hasPlaceholder } from "../../source/template.js";
import type { Node } from "../types.js";
import { type Pattern, readPattern } from "./pattern.js";

/** The condition of an `if`, as nginx reads it; names of variables are in lower case. */
export type Condition =
  | { readonly kind: "variable"; readonly name: string }
  | { readonly kind: "equal"; readonly name: string; readonly value: string; readonly negative: boolean }
  | {
      readonly kind: "regex";
      readonly name: string;
      /** The regular expression as it is written. */
      readonly text: string;
      /** `null`: it is not understood. */
      readonly pattern: Pattern | null;
      readonly negative: boolean;
    }
  | {
      readonly kind: "file";
      readonly test: "f" | "d" | "e" | "x";
      readonly value: string;
      readonly negative: boolean;
    }
  /** A template makes it, or nginx refuses it. */
  | { readonly kind: "unread" };

export const conditionOf = perKey((node: Node): Condition => {
  const texts = node.directive.args.map(({ text }) => text);
  if (node.directive.args.some(({ placeholder }) => placeholder)) return { kind: "unread" };
  const [first = ""] = texts;
  const last = texts.at(-1) ?? "";
  if (!first.startsWith("(") || !last.endsWith(")")) return { kind: "unread" };
  texts[0] = first.slice(1);
  texts[texts.length - 1] = (texts.at(-1) ?? "").slice(0, -1);
  if (texts[0] === "") texts.shift();
  if (texts.at(-1) === "" && node.directive.args.at(-1)?.text === ")") texts.pop();
  const [subject = "", operator, value] = texts;
  if (subject.startsWith("$")) return comparison(subject.slice(1).toLowerCase(), operator, value);
  const file = /^(!?)-([fdex])$/.exec(subject);
  if (file === null || operator === undefined || texts.length > 2) return { kind: "unread" };
  const test = file[2] as "f" | "d" | "e" | "x";
  return { kind: "file", test, value: operator, negative: file[1] === "!" };
});

function comparison(name: string, operator: string | undefined, value: string | undefined): Condition {
  if (operator === undefined) return { kind: "variable", name };
  if (value === undefined) return { kind: "unread" };
  if (operator === "=" || operator === "!=") {
    return { kind: "equal", name, value, negative: operator === "!=" };
  }
  if (!/^!?~\*?$/.test(operator)) return { kind: "unread" };
  const pattern = hasPlaceholder(value) ? null : readPattern(value, operator.endsWith("*"));
  return { kind: "regex", name, text: value, pattern, negative: operator.startsWith("!") };
}

/** Whether nginx reads a value as true, in an `if` or in a list of conditions: all but the empty one and `0`. */
export function isTrue(text: string): boolean {
  return text !== "" && text !== "0";
}
