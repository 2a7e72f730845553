/**
 * The program, in the parts that a run may do without. A part is a text: an object with modules, as functions. In the
 * command's file all parts are compressed and in one comment, so that what needs no program (`--version`) neither
 * parses it nor reads much of it.
 */

/** What a module wants: where to put what it exports, and what gives it the others, and what Node offers. */
type Define = (module: { exports: unknown }, exports: unknown, require: Require) => void;

/** Functions that make the modules of one part. */
export type Modules = Readonly<Partial<Record<keyof typeof PART_OF, Define>>>;

export type Require = (name: string) => unknown;

/** In which part a module is. Anything else is of Node. */
const PART_OF = {
  /** What a plain line of the linter runs, and what the other commands share with it. */
  lint: "lint",
  /** The other commands, and yargs. */
  more: "more",
  /** What checks `fpmlint.json`: long, and most runs meet none. */
  validators: "validators",
  /** The package, for the same reason. */
  yaml: "yaml",
  /** What `explain` and some formats say of the rules. */
  docs: "docs",
} as const;

export type PartName = (typeof PART_OF)[keyof typeof PART_OF];

export const PARTS = ["lint", "more", "validators", "yaml", "docs"] as const satisfies readonly PartName[];

/**
 * What gives the modules, each made once, when it is first asked for. `modulesOf`: compiles a part; called once for each.
 * `moduleOfNode`: gives what is not ours.
 */
export function requireFrom(
  modulesOf: (part: PartName) => Modules,
  moduleOfNode: Require = process.getBuiltinModule,
): Require {
  const parts = new Map<PartName, Modules>();
  const made = new Map<string, { exports: unknown }>();
  const require: Require = (name) => {
    const ready = made.get(name);
    if (ready !== undefined) return ready.exports;
    if (!isOurs(name)) return moduleOfNode(name);
    const modules = parts.get(PART_OF[name]) ?? modulesOf(PART_OF[name]);
    parts.set(PART_OF[name], modules);
    const module = { exports: {} };
    // Before it runs: it may ask for one that asks for it.
    made.set(name, module);
    modules[name]?.(module, module.exports, require);
    return module.exports;
  };
  return require;
}

function isOurs(name: string): name is keyof typeof PART_OF {
  return Object.hasOwn(PART_OF, name);
}

/** Where the parts begin in the command's file. No JavaScript has such a character unescaped. */
const BEGIN = "\x02";

/** The parts as a comment of a function that does nothing. */
export function hidden(texts: Readonly<Record<PartName, string>>): string {
  const { brotliCompressSync, constants } = process.getBuiltinModule("node:zlib");
  // The last step costs the build twice the time for a fiftieth of the size.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 10, [constants.BROTLI_PARAM_LGWIN]: 24 };
  const lines = PARTS.map(
    (name) => `${name} ${brotliCompressSync(texts[name], { params }).toString("base64")}\n`,
  );
  return `function () {/*${BEGIN}${lines.join("")}*/}`;
}

/** A part that `hidden` has hidden: in a function, or in the whole text of its file. Throws where it is damaged. */
export function shown(text: string, name: PartName): string {
  const { brotliDecompressSync } = process.getBuiltinModule("node:zlib");
  const line = text
    .slice(text.indexOf(BEGIN) + 1, text.lastIndexOf("*/}"))
    .split("\n")
    .find((one) => one.startsWith(`${name} `));
  if (line === undefined) throw new Error(`the program has no part ${name}`);
  return brotliDecompressSync(Buffer.from(line.slice(name.length + 1), "base64")).toString("latin1");
}

/** What tells the program in the whole text of its file from others, as the build has written it there: in the last quotes. */
export function programIn(text: string): string {
  const end = text.lastIndexOf('"');
  return text.slice(text.lastIndexOf('"', end - 1) + 1, end);
}
