import { factRows } from "../facts/directives.js";
import { VARIABLE_SLOT_ROWS } from "../facts/facts-values.js";
import { isFixedVariable } from "../facts/variables.js";
import { isOlder } from "../facts/version.js";
import type { Word } from "../types.js";
import { type Check, type Checked, quoted, type Refusal, refused, text, word } from "./refusal.js";

/** Variables in values: which names nginx refuses, and which variables a value uses. */

interface Slot {
  readonly from: number;
  readonly all: boolean;
  /** nginx compiles it only once a server inherits it. */
  readonly late: boolean;
  /** The first version that ignores the directive; `null`: none. */
  readonly ignoredSince: string | null;
  /** The first version that compiles variables there; `null`: since before 1.18.0. */
  readonly since: string | null;
}

let slots: ReadonlyMap<string, Slot> | null = null;

function slotOf(name: string): Slot | undefined {
  slots ??= new Map(
    factRows(VARIABLE_SLOT_ROWS).flatMap(([names = "", slot = ""]) => {
      const row = {
        from: Number.parseInt(slot, 10),
        all: slot.includes("+"),
        late: slot.endsWith("s"),
        ignoredSince: slot.split("<")[1] ?? null,
        since: slot.split(">")[1] ?? null,
      };
      return names.split(" ").map((one) => [one, row] as const);
    }),
  );
  return slots.get(name);
}

/** The words of a directive in which nginx compiles variables. */
export function compiledWords(one: Checked): readonly Word[] {
  const { node } = one;
  const all = node.directive.args;
  if (node.name === "return") return all.slice(all.length === 1 ? 0 : 1);
  if (node.name === "error_page" || node.name === "expires") return all.slice(-1);
  if (node.name === "if" || node.name === "log_format") return [];
  const slot = slotOf(node.name);
  if (slot === undefined || (slot.late && !one.scope.hasServers)) return [];
  if (slot.ignoredSince !== null && !isOlder(one.scope.version, slot.ignoredSince)) return [];
  if (isOlder(one.scope.version, slot.since)) return [];
  const words = slot.all ? all.slice(slot.from) : all.slice(slot.from, slot.from + 1);
  // `=` and a code may be the last word of try_files.
  return words.filter((at) => node.name !== "try_files" || at !== all[all.length - 1] || at.text[0] !== "=");
}

export const variableNames: Check = (one) => {
  for (const at of compiledWords(one)) {
    const found = nameRefusal(at);
    if (found !== null) return found;
  }
  return null;
};

/** The first name that nginx cannot read in a text with variables. */
export function nameRefusal(at: Word): Refusal | null {
  if (!at.text.includes("$")) return null;
  const open = /\$\{(\w*)(?![\w}])/.exec(at.text);
  const bad = /\$(?!\{|\w)|\$\{\}/.exec(at.text);
  if (bad !== null && (open === null || bad.index < open.index)) {
    const message = `the $ in ${quoted(at.text)} is not followed by the name of a variable`;
    const help = "nginx has no way to write a plain $ in a value; if one is needed, put it in a variable";
    return refused("variable-name", "invalid variable name", at, message, help);
  }
  if (open === null) return null;
  const name = open[1] ?? "";
  if (name === "" && open[0].length === at.text.length - open.index)
    return refused(
      "variable-name",
      "invalid variable name",
      at,
      `the \${ in ${quoted(at.text)} is not followed by a name`,
      `close it with "}"`,
    );
  const log = `the closing bracket in "${name}" variable is missing`;
  const message = `the variable \${${name} in ${quoted(at.text)} is not closed`;
  return refused("other", log, at, message, `\${${name}}`);
}

/** The names of the variables in a text, in lower case as nginx compares them. `$1` is not among them. */
export function variablesIn(value: string): readonly string[] {
  if (!value.includes("$")) return [];
  return [...value.matchAll(/\$(?:\{(\w+)\}|(?![1-9])(\w+))/g)].map((match) =>
    (match[1] ?? match[2] ?? "").toLowerCase(),
  );
}

/** A word that names the variable to define: `set $x …`, `map … $x`. */
export function definitionRefusal(at: Word): Refusal | null {
  const name = at.text.slice(1);
  if (!at.text.startsWith("$") || name === "") {
    const log = `invalid variable name "${at.text}"`;
    const message = `${quoted(at.text)} is not the name of a variable, which begins with $`;
    const help = /^\w+$/.test(at.text) ? `$${at.text}` : "write $ and a name";
    const meant = /^\w+$/.test(at.text) ? { meant: help } : {};
    return refused("variable-name", log, at, message, help, meant);
  }
  if (!isFixedVariable(name.toLowerCase())) return null;
  const log = `the duplicate "${name}" variable`;
  const message = `$${name} is nginx's own variable, which the configuration may not set`;
  return refused("fixed-variable", log, at, message, "use another name");
}

/** The variable that a directive defines, by the index of its argument from the end. */
export const definition =
  (index: number): Check =>
  (one) =>
    definitionRefusal(word(one, index));

/** The variables that the values of a directive use, if nginx compiles its words. */
export function usedVariables(one: Checked): readonly { readonly name: string; readonly word: Word }[] {
  const { name } = one.node;
  const format = name === "log_format" ? one.node.directive.args.slice(1) : null;
  const first = format ?? (name === "if" ? conditionWords(one) : compiledWords(one));
  return first.flatMap((at) => variablesIn(at.text).map((name) => ({ name, word: at })));
}

/** The words of a condition without its regular expression. */
function conditionWords(one: Checked): readonly Word[] {
  const all = one.node.directive.args;
  const pattern = all.some(({ text: operator }) => /^!?~\*?$/.test(operator));
  const single = all.length === 1 && /^\(\$[^)]*\)$/.test(text(one, 0));
  return single || !pattern ? all : all.slice(0, 1);
}
