import { componentPattern, matchesInTurn, type Step } from "../host/glob.js";

/** What `files` and `ignore` of `fpmlint.json` hold: a path below its directory, or what several have in common. */
export interface PathPattern {
  /** As it is written. */
  readonly text: string;
  /** Whether a path is meant, or lies below one that is; given by its names from the directory on. */
  readonly matches: (names: readonly string[]) => boolean;
}

/** Characters; nobody writes a longer one. */
const LONGEST = 400;

/** What the braces of one pattern may stand for. */
const MOST_SPELLINGS = 20;

/** All patterns of one file. Each of them is tried on each file that something is found in. */
export const MOST_PATTERNS = 1000;

/**
 * Reads a pattern: `*` and `?` are within a name, `**` is any number of directories, `[a-z]` one
 * character, `{conf,inc}` one of these; a backslash quotes. One without a slash is a name at any depth. Its
 * cost is bounded by pattern × path, whatever it is. A text: why it is none, as the end of a sentence.
 */
export function pathPattern(text: string): PathPattern | string {
  if (text === "") return "is empty";
  if (text.length > LONGEST) return `is longer than ${LONGEST} characters`;
  if (text.startsWith("!")) return "begins with !: no pattern takes back what another one says";
  if (text.startsWith("/")) return "begins with a slash: it counts from the directory of the file";
  if (text.split("/").includes("..")) return "leads out of the directory of the file";
  const spellings = withoutBraces(text);
  if (spellings === null) return `stands for more than ${MOST_SPELLINGS} paths`;
  let each: readonly (readonly Step[])[] | null = null;
  return {
    text,
    matches: (names) => {
      each ??= spellings.map(stepsOf);
      return each.some((steps) => matchesInTurn(steps, names));
    },
  };
}

/** Those of a checked file, in which every one is a pattern. */
export function patternsOf(texts: readonly string[]): readonly PathPattern[] {
  return texts.map(pathPattern).filter((one) => typeof one !== "string");
}

/** One step a name of the path; what comes after them all lies below. */
function stepsOf(text: string): readonly Step[] {
  const names = text.split("/").filter((name) => name !== "" && name !== ".");
  const anywhere: Step[] = text.includes("/") || names.length === 0 ? [] : ["run"];
  const steps = names.map((name): Step => (name === "**" ? "run" : componentPattern(name, true)));
  return [...anywhere, ...steps, "run"];
}

/** The pattern once for each choice of its braces; `null`: they are too many. Braces without a comma are letters. */
function withoutBraces(text: string): readonly string[] | null {
  let whole: readonly string[] = [""];
  for (const part of partsOf(text)) {
    if (whole.length * part.length > MOST_SPELLINGS) return null;
    whole = whole.flatMap((before) => part.map((choice) => before + choice));
  }
  return whole;
}

/** The text in parts, each with its choices: one where it is no brace. Braces do not nest. */
function partsOf(text: string): readonly (readonly string[])[] {
  const parts: (readonly string[])[] = [];
  let rest = "";
  for (let at = 0; at < text.length; at += 1) {
    const end = text.charAt(at) === "{" ? text.indexOf("}", at) : -1;
    const inner = text.slice(at + 1, Math.max(end, at + 1));
    if (end === -1 || !inner.includes(",") || inner.includes("{")) {
      const length = text.charAt(at) === "\\" ? 2 : 1;
      rest += text.slice(at, at + length);
      at += length - 1;
      continue;
    }
    parts.push([rest], inner.split(","));
    rest = "";
    at = end;
  }
  return [...parts, [rest]];
}
