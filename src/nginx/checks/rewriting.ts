import type { Word } from "../types.js";
import { patternRefusal } from "./pattern.js";
import { args, type Check, notTaken, quoted, type Refusal, refused, text, word } from "./refusal.js";
import { within } from "./slots.js";
import { definitionRefusal, nameRefusal } from "./variables.js";

/** `if`, `return`, `rewrite`, `set` and `error_page`, as ngx_http_rewrite_module reads them. */

const condition = (at: Word, shown: string): Refusal =>
  refused(
    "condition",
    `invalid condition "${shown}"`,
    at,
    `nginx cannot read the condition of "if" at ${quoted(shown)}`,
    "write ($variable), ($variable = text), ($variable ~ expression) or (-f path), or one of them negated: !=, !~, !-f; there is no &&",
  );

/** The words between the brackets; a bracket may be a word of its own or part of another. */
function inner(all: readonly Word[]): readonly Word[] | Refusal {
  const [first] = all;
  const last = all[all.length - 1];
  if (first === undefined || last === undefined) return [];
  if (!first.text.startsWith("(")) return condition(first, first.text);
  const opened = all.map((at, index) => (index === 0 ? { ...at, text: at.text.slice(1) } : at));
  const begun = first.text === "(" ? opened.slice(1) : opened;
  const end = begun[begun.length - 1] ?? last;
  if (!end.text.endsWith(")")) return condition(end, end.text);
  if (end.text === ")") return begun.length === 1 ? condition(end, ")") : begun.slice(0, -1);
  return [...begun.slice(0, -1), { ...end, text: end.text.slice(0, -1) }];
}

export const conditionOf: Check = (one) => {
  const words = inner(args(one));
  if ("kind" in words) return words;
  const [subject, operator, value] = words;
  if (subject === undefined) return null;
  if (subject.text.length > 1 && subject.text.startsWith("$")) {
    if (words.length !== 1 && words.length !== 3) return condition(subject, subject.text);
    const odd = oddName(subject, one.scope.variables);
    if (odd !== null) return odd;
    return operator === undefined || value === undefined ? null : comparison(operator, value);
  }
  const test = /^!?-(.?)$/.exec(subject.text);
  if (test === null || words.length !== 2 || operator === undefined) return condition(subject, subject.text);
  return /^!?-[fdex]$/.test(subject.text) ? nameRefusal(operator) : condition(subject, subject.text);
};

/** nginx reads the whole word as the name. */
function oddName(subject: Word, defined: ReadonlySet<string>): Refusal | null {
  const name = subject.text.slice(1);
  if ((/^\w+$/.test(name) && /[A-Za-z_]/.test(name)) || defined.has(name.toLowerCase())) return null;
  const operator = /^(\w+)(=|!=|!?~\*?)(.*)$/s.exec(name);
  const log = `unknown "${name}" variable`;
  const message = `nginx reads all of ${quoted(subject.text)} as the name of a variable`;
  const [, variable, sign, value] = operator ?? [];
  const help =
    operator === null ? "compare a variable by its plain name" : `if ($${variable} ${sign} ${value})`;
  return refused("unknown-variable", log, subject, message, help);
}

function comparison(operator: Word, value: Word): Refusal | null {
  if (operator.text === "=" || operator.text === "!=") return nameRefusal(value);
  if (/^!?~\*?$/.test(operator.text)) return patternRefusal(value);
  const log = `unexpected "${operator.text}" in condition`;
  const message = `"if" has no operator ${quoted(operator.text)}: it compares with =, !=, ~, ~*, !~ and !~*`;
  const help = operator.text === "==" ? "write = for equality" : "compare with =, !=, ~, ~*, !~ or !~*";
  const meant = operator.text === "==" ? { meant: "=" } : {};
  return refused("condition", log, operator, message, help, meant);
}

export const returned: Check = (one) => {
  const at = word(one, 0);
  const code = within(at.text, 0, 999);
  const redirect = args(one).length === 1 && /^(?:https?:\/\/|\$scheme)/.test(at.text);
  if (code || redirect) return null;
  const wants = "a status from 0 to 999, or just a URL that begins with http://, https:// or $scheme";
  const url = /^(?:\/|\$|@)/.test(at.text) && args(one).length === 1;
  const example = url ? `return 302 ${at.text};` : null;
  return notTaken(one, at, "code", `invalid return code "${at.text}"`, wants, example);
};

const FLAGS = ["last", "break", "redirect", "permanent"];

export const rewrite: Check = (one) => {
  const pattern = patternRefusal(word(one, 0));
  if (pattern !== null) return pattern;
  if (text(one, 1) === "") {
    const help = "write a path as the replacement, such as /";
    return refused("other", "empty replacement", word(one, 1), "rewrite has an empty replacement", help);
  }
  const flag = args(one)[2];
  if (flag === undefined || FLAGS.includes(flag.text)) return null;
  const log = `invalid parameter "${flag.text}"`;
  return { ...notTaken(one, flag, "parameter", log, `${FLAGS.join(", ")} at its end`), choices: FLAGS };
};

export const set: Check = (one) => definitionRefusal(word(one, 0));

export const errorPage: Check = (one) => {
  const all = args(one);
  const before = all[all.length - 2];
  const override = before?.text.startsWith("=") === true;
  if (before !== undefined && override) {
    const wants = "a status before =, and digits or nothing after it";
    const taken = all.length > 2 && /^=\d*$/.test(before.text);
    if (!taken) return notTaken(one, before, "word", `invalid value "${before.text}"`, wants);
  }
  for (const at of all.slice(0, override ? -2 : -1)) {
    if (!/^\d+$/.test(at.text) || at.text === "499")
      return notTaken(one, at, "word", `invalid value "${at.text}"`, "statuses from 300 to 599, without 499");
    if (within(at.text, 300, 599)) continue;
    const log = `value "${at.text}" must be between 300 and 599`;
    return notTaken(one, at, "range", log, "statuses from 300 to 599");
  }
  return null;
};
