/** Dockerfiles: what of them says which files an image holds and what it starts. */

/** One instruction, its lines joined. */
export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string;
  /** What follows the name, comments and line ends removed. */
  readonly text: string;
  /** 1-based. */
  readonly line: number;
  /** The text of its here-documents; `null`: it has none. */
  readonly document: string | null;
}

/** From one `FROM` to the next. */
export interface Stage {
  /** As it is written, variables replaced where they have a literal value; `null`: one of them has none. */
  readonly from: string | null;
  /** The name behind `AS`, in lower case; `null`: it has none. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
  /** Values of ARG and ENV at its beginning. */
  readonly values: ReadonlyMap<string, string | null>;
}

/** The most stages and instructions that are read; no real file has a hundredth. */
const MOST_INSTRUCTIONS = 20_000;

/** Reads the stages of a Dockerfile. `args`: what `build.args` of a compose file gives. Never throws. */
export function readDockerfile(text: string, args: ReadonlyMap<string, string | null>): readonly Stage[] {
  const stages: {
    from: string | null;
    name: string | null;
    instructions: Instruction[];
    values: Map<string, string | null>;
  }[] = [];
  const global = new Map<string, string | null>();
  for (const instruction of instructionsOf(text)) {
    const current = stages.at(-1);
    if (instruction.name === "FROM") {
      const words = wordsOf(instruction.text).filter((word) => !word.startsWith("--"));
      const name = /^as$/i.test(words[1] ?? "") ? (words[2] ?? "").toLowerCase() : null;
      stages.push({ from: expand(words[0] ?? "", global), name, instructions: [], values: new Map() });
    } else if (instruction.name === "ARG") {
      for (const [key, value] of pairsOf(instruction.text)) {
        const known = current?.values ?? global;
        // An ARG without a value takes that of before the first FROM.
        const before = value === null ? (global.get(key) ?? null) : expand(value, known);
        known.set(key, args.get(key) ?? before);
      }
    } else if (current !== undefined) {
      if (instruction.name === "ENV")
        for (const [key, value] of pairsOf(instruction.text))
          current.values.set(key, value === null ? null : expand(value, current.values));
      current.instructions.push(instruction);
    }
  }
  return stages;
}

function instructionsOf(text: string): readonly Instruction[] {
  const found: Instruction[] = [];
  const lines = text.split("\n");
  const backslash = /^#\s*escape\s*=\s*`\s*$/im.test(lines.slice(0, 3).join("\n")) ? "`" : "\\";
  for (let index = 0; index < lines.length && found.length < MOST_INSTRUCTIONS; index += 1) {
    const first = (lines[index] ?? "").trim();
    if (first === "" || first.startsWith("#")) continue;
    const line = index + 1;
    const parts: string[] = [];
    for (; ; index += 1) {
      const raw = (lines[index] ?? "").trim();
      const comment = raw.startsWith("#") || raw === "";
      const goesOn = raw.endsWith(backslash) && !comment;
      if (!comment) parts.push(goesOn ? raw.slice(0, -1) : raw);
      if (index + 1 >= lines.length || (!goesOn && !(comment && parts.length > 0))) break;
    }
    const joined = parts.join(" ");
    const [, name = "", rest = ""] = /^([A-Za-z]+)\s*(.*)$/s.exec(joined) ?? [];
    const marks = /^(?:RUN|COPY|ADD)$/i.test(name) ? marksOf(rest) : [];
    const begin = index + 1;
    for (const mark of marks) {
      while (index + 1 < lines.length && (lines[index + 1] ?? "").trim() !== mark) index += 1;
      index += 1;
    }
    const document = marks.length === 0 ? null : lines.slice(begin, index).join("\n");
    found.push({ name: name.toUpperCase(), text: rest.trim(), line, document });
  }
  return found;
}

/** The words that end its here-documents. */
function marksOf(text: string): readonly string[] {
  return [...text.matchAll(/<<-?(["']?)(\w{1,60})\1/g)].map(([, , mark = ""]) => mark);
}

/** Words as a shell without expansion has them: blanks part them, quotes hold them together. */
export function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replace(/["']/g, ""));
}

/** The words of an instruction in the form of a list (`["a", "b"]`) or of a shell; `null`: it is neither. */
export function commandOf(text: string): readonly string[] {
  if (text.startsWith("[")) {
    try {
      const list: unknown = JSON.parse(text);
      if (Array.isArray(list) && list.every((one) => typeof one === "string")) return list as string[];
    } catch {
      // As Docker does: what is no list is a command of the shell.
    }
  }
  return wordsOf(text);
}

/** `A=1 B="x y"`, and the older `ENV A 1`; `null`: no value. */
function pairsOf(text: string): readonly (readonly [key: string, value: string | null])[] {
  const words = wordsOf(text);
  const [first = ""] = words;
  if (first !== "" && !first.includes("=") && words.length > 1) return [[first, words.slice(1).join(" ")]];
  return words.map((word) => {
    const sign = word.indexOf("=");
    return sign === -1 ? [word, null] : [word.slice(0, sign), word.slice(sign + 1)];
  });
}

/**
 * `$A`, `${A}`, `${A:-b}` and `${A:+b}` replaced; `null`: a variable has no value that is known. No value
 * may be longer than this, because each may hold the one before it twice.
 */
const LONGEST = 4096;

export function expand(text: string, values: ReadonlyMap<string, string | null>): string | null {
  if (!text.includes("$")) return text;
  let known = true;
  const expanded = text.replace(
    /\$(?:\$|(\w+)|\{(\w+)(?:(:?)([-+?])([^{}]*))?\})/g,
    (all, plain?: string, braced?: string, _colon?: string, sign?: string, other = "") => {
      const key = plain ?? braced;
      if (key === undefined) return "$";
      const value = values.get(key) ?? null;
      if (sign === "+") return value === null || value === "" ? "" : other;
      if (sign === "-" && (value === null || value === "")) return other;
      if (value === null) known = false;
      return value ?? all;
    },
  );
  return known && expanded.length <= LONGEST ? expanded : null;
}
