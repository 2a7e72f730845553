/**
 * Where a text stops being JSON. The messages of `JSON.parse` quote the text, which may be a file that
 * nobody should see, so the place is found here instead.
 */

export interface JsonFault {
  /** In UTF-16 units; the length of the text where it ends too early. */
  readonly offset: number;
  /** What could have been there. */
  readonly expected: string;
}

type State = "value" | "value or ]" | "name" | "name or }" | "colon" | "after";
type Step = { readonly state: State; readonly at: number } | JsonFault | null;

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.+-])/y;
/** A part of a string without a backslash in it. */
const PLAIN = /[ !#-[\]-\uffff]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** The first fault of a text; `null` where it is JSON. One step for each token, however deep they nest. */
export function jsonFault(text: string): JsonFault | null {
  const open: string[] = [];
  let [state, at]: [State, number] = ["value", 0];
  for (;;) {
    at = matched(SPACE, text, at) ?? at;
    if (at === text.length && state === "after" && open.length === 0) return null;
    const next = step(text, at, state, open);
    if (next === null) return { offset: at, expected: expectedIn(state, open.at(-1)) };
    if ("offset" in next) return next;
    ({ state, at } = next);
  }
}

/** Reads one token. `open` holds the brackets around it, and is changed with them. */
function step(text: string, at: number, state: State, open: string[]): Step {
  const token = text.charAt(at);
  if (state === "colon") return token === ":" ? { state: "value", at: at + 1 } : null;
  if (closes(token, state, open.at(-1))) {
    open.pop();
    return { state: "after", at: at + 1 };
  }
  if (state === "after") {
    if (token !== "," || open.length === 0) return null;
    return { state: open.at(-1) === "{" ? "name" : "value", at: at + 1 };
  }
  if (token === '"') return stringStep(text, at, state);
  if (state === "name" || state === "name or }") return null;
  if (token === "{" || token === "[") {
    open.push(token);
    return { state: token === "{" ? "name or }" : "value or ]", at: at + 1 };
  }
  const end = matched(SCALAR, text, at);
  return end === null ? null : { state: "after", at: end };
}

function closes(token: string, state: State, around: string | undefined): boolean {
  if (token === "}") return around === "{" && (state === "name or }" || state === "after");
  return token === "]" && around === "[" && (state === "value or ]" || state === "after");
}

function stringStep(text: string, start: number, state: State): Step {
  let at = start + 1;
  for (;;) {
    at = matched(PLAIN, text, at) ?? at;
    const next = text.charAt(at);
    if (next === '"') return { state: state.startsWith("name") ? "colon" : "after", at: at + 1 };
    const escaped = matched(ESCAPE, text, at);
    if (escaped === null)
      return { offset: at, expected: next === "\\" ? "an escape that JSON knows" : "the end of the string" };
    at = escaped;
  }
}

function expectedIn(state: State, around: string | undefined): string {
  if (state === "colon") return "a colon";
  if (state !== "after") return state.replace("name", "a name in double quotes").replace("value", "a value");
  if (around === undefined) return "the end of the file";
  return around === "{" ? "a comma or }" : "a comma or ]";
}

/** Where the match at `at` ends; `null`: there is none. */
function matched(pattern: RegExp, text: string, at: number): number | null {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : null;
}
