/** What a Dockerfile makes of an image, as far as its text tells. */
import { directoryOf, nameOf, normalizePath, resolvePath } from "../host/path.js";
import { type Place, place, type SourceFile } from "../source/file.js";
import { lazily } from "../source/memo.js";
import { wordMap } from "../source/word-map.js";
import { commandOf, expand, type Instruction, readDockerfile, type Stage, wordsOf } from "./dockerfile.js";
import type { Layer, LayerSource } from "./filesystem.js";
import { type Image, imageOf } from "./images.js";
import { type Around, applyRun, BuiltFiles, commandsOf } from "./run.js";
import { pathIn, type Tree } from "./tree.js";

/** An image that the tree builds, or one that is used as it is. */
export interface Built {
  /** What it is built from; `null`: nothing is known of it. */
  readonly image: Image | null;
  /** As it is written; `null`: a variable has no value, or there is none. */
  readonly from: string | null;
  readonly layers: readonly Layer[];
  /** The command with its entrypoint; `null`: that of the image. */
  readonly command: readonly string[] | null;
  readonly workdir: string;
  /** Commands that may make any files, one for each RUN. */
  readonly runs: readonly string[];
  /** Texts that its here-documents write, or run. */
  readonly documents: readonly string[];
  /** Packages that its commands install, as they are written. */
  readonly installed: readonly string[];
  /** Another account than root starts the command, by `USER`. `null`: the image's own starts it. */
  readonly ownUser: boolean | null;
  /** Something copies to or from where nobody can tell. */
  readonly unsure: boolean;
  /** Directories of the tree whose files it may hold; none: it is used as it is. */
  readonly contexts: readonly string[];
}

export interface BuildContext {
  /** Directories in which the sources of COPY are looked for, in order. */
  readonly contexts: readonly string[];
  readonly args: ReadonlyMap<string, string | null>;
  /** The name of the stage that is wanted; `null`: the last one. */
  readonly target: string | null;
}

/** An image by its name. */
export function plainImage(name: string | null): Built {
  const image = name === null ? null : imageOf(name);
  return {
    image,
    from: name,
    layers: [],
    command: null,
    workdir: "/",
    runs: [],
    documents: [],
    installed: [],
    ownUser: null,
    unsure: false,
    contexts: [],
  };
}

/** What a Dockerfile builds; `null`: it has no stage. */
export function buildOf(tree: Tree, file: SourceFile, context: BuildContext): Built | null {
  const stages = readDockerfile(file.text, context.args);
  const wanted =
    context.target === null
      ? stages.length - 1
      : stages.findIndex(({ name }) => name === context.target?.toLowerCase());
  return stages[wanted] === undefined ? null : new Building(tree, file, context, stages).stage(wanted, 0);
}

/** How many stages may be built on each other. */
const MOST_STAGES = 50;

class Building {
  private readonly tree: Tree;
  private readonly file: SourceFile;
  private readonly context: BuildContext;
  private readonly stages: readonly Stage[];

  constructor(tree: Tree, file: SourceFile, context: BuildContext, stages: readonly Stage[]) {
    this.tree = tree;
    this.file = file;
    this.context = context;
    this.stages = stages;
  }

  stage(index: number, depth: number): Built {
    const stage = this.stages[index];
    if (stage === undefined || depth > MOST_STAGES) return plainImage(null);
    // Only earlier stages have a name yet.
    const earlier = this.stages
      .slice(0, index)
      .findLastIndex(({ name }) => name !== null && name === stage.from?.toLowerCase());
    const base = earlier === -1 ? plainImage(stage.from) : this.stage(earlier, depth + 1);
    const layers = [...base.layers];
    const files = lazily(() => new BuiltFiles(base.image, this.tree.fs, layers));
    const runs = [...base.runs];
    const installed = [...base.installed];
    let { workdir, unsure, ownUser } = base;
    if (workdir === "/" && (base.image?.runs === "php-fpm" || base.image?.phpVersion != null))
      workdir = "/var/www/html";
    let entrypoint: readonly string[] | null = null;
    let command: readonly string[] | null = base.command;
    const values = new Map([["PHP_INI_DIR", "/usr/local/etc/php"], ...stage.values]);
    for (const instruction of stage.instructions) {
      switch (instruction.name) {
        case "WORKDIR": {
          const to = expand(instruction.text.replace(/["']/g, ""), values);
          if (to === null) unsure = true;
          else workdir = resolvePath(workdir, to);
          break;
        }
        case "COPY":
        case "ADD": {
          const copied = this.copied(instruction, workdir, values, base.image);
          if (copied === null) unsure = true;
          else layers.push(...copied);
          break;
        }
        case "RUN": {
          const text = instruction.text.replace(
            /\$\{?PHP_INI_DIR\}?/g,
            () => values.get("PHP_INI_DIR") ?? "",
          );
          runs.push(text);
          installed.push(...installedBy(text, values));
          const around = { image: base.image, values, workdir, ...this.around(instruction) };
          applyRun(text, around, layers, files());
          break;
        }
        case "USER":
          ownUser = !isRoot(expand(instruction.text, values));
          break;
        case "CMD":
          command = commandOf(instruction.text);
          break;
        case "ENTRYPOINT":
          entrypoint = commandOf(instruction.text);
          break;
        default:
      }
    }
    const whole = entrypoint === null ? command : [...entrypoint, ...(command ?? [])];
    const { image, from } = base;
    const { contexts } = this.context;
    const documents = [...base.documents, ...stage.instructions.flatMap(({ document }) => document ?? [])];
    const made = { layers, command: whole, workdir, runs, documents, installed, ownUser, unsure };
    return { image, from, contexts, ...made };
  }

  private around(instruction: Instruction): Pick<Around, "tree" | "at" | "where"> {
    const where = `${this.file.display}:${instruction.line}`;
    return { tree: this.tree, at: this.at(instruction), where };
  }

  private at({ line }: Instruction): Place {
    const start = this.file.lineStarts[line - 1] ?? 0;
    const end = this.file.text.indexOf("\n", start);
    return place(this.file, start, end === -1 ? this.file.text.length : end);
  }

  /** What COPY and ADD bring; `null`: nobody can tell from where or to where. */
  private copied(
    instruction: Instruction,
    workdir: string,
    values: ReadonlyMap<string, string | null>,
    image: Image | null,
  ): readonly Layer[] | null {
    const all = instruction.text.startsWith("[") ? commandOf(instruction.text) : wordsOf(instruction.text);
    const words = all.filter((word) => !word.startsWith("--"));
    const written = words.at(-1);
    const to = written === undefined ? null : expand(written, values);
    if (to === null || words.length < 2) return null;
    const target = resolvePath(workdir, to);
    const at = this.at(instruction);
    const elsewhere = all.some((word) => word.startsWith("--from="));
    const into = /(?:^|\/)\.?$/.test(to) || words.length > 2 || isDirectoryOf(image, target);
    return words.slice(0, -1).flatMap((word): readonly Layer[] => {
      const from = expand(word, values);
      const name = nameOf(normalizePath(`/${from ?? word}`));
      const layer = (path: string, source: LayerSource): Layer => ({
        target: path,
        kind: "copy",
        source,
        place: at,
      });
      const below = normalizePath(`${target}/${name}`);
      if (
        elsewhere ||
        instruction.document !== null ||
        from === null ||
        /^\w+:\/\/|\.(?:tar|tgz|tar\.\w+)$/.test(from)
      ) {
        const reason = elsewhere ? "comes from another image or stage" : "is made when the image is built";
        return [layer(into && /\.\w+$/.test(name) ? below : target, { kind: "unknown", reason })];
      }
      const paths = this.sources(from);
      if (paths.length === 0) return [];
      return paths.map((path) => {
        const isDirectory = this.tree.fs.entry(path).kind === "directory";
        const inside = into || paths.length > 1;
        const place = isDirectory || !inside ? target : normalizePath(`${target}/${nameOf(path)}`);
        return layer(place, { kind: "tree", path });
      });
    });
  }

  /** The files and directories that a source names, in the first context that has one. */
  private sources(written: string): readonly string[] {
    for (const context of this.context.contexts) {
      // A slash at the beginning is the context's top.
      const path = pathIn(context, written.replace(/^\/+/, "") || ".");
      if (path === null) continue;
      if (/[*?[]/.test(written)) {
        const found = this.matching(path);
        if (found.length > 0) return found;
      } else if (this.tree.fs.entry(path).kind !== "missing") return [path];
    }
    return [];
  }

  /** A wildcard in the last part of the path, as nearly all have it. */
  private matching(pattern: string): readonly string[] {
    const directory = this.tree.fs.entry(directoryOf(pattern));
    const [start, end] = nameOf(pattern).split("*");
    if (directory.kind !== "directory" || start === undefined || end === undefined) return [];
    return directory.names
      .filter(
        (name) => name.length >= start.length + end.length && name.startsWith(start) && name.endsWith(end),
      )
      .map((name) => `${directory.path === "/" ? "" : directory.path}/${name}`);
  }
}

/** Whether an account of `USER` or `user:` is root's; not where a variable has no value. */
export function isRoot(account: string | null): boolean {
  return /^(?:root|0)(?::|$)/.test(account?.trim() ?? "");
}

/** The packages that a line of the shell installs with the tools of Debian and Alpine. */
function installedBy(text: string, values: ReadonlyMap<string, string | null>): readonly string[] {
  return commandsOf(text).flatMap((command): readonly string[] => {
    const words = wordsOf(command).filter((word) => !/^\w+=/.test(word));
    const verb = INSTALLS.get(nameOf(words[0] ?? ""));
    if (verb === undefined || !words.includes(verb)) return [];
    return words.slice(words.indexOf(verb) + 1).flatMap((word) => {
      const name = word.startsWith("-") ? null : expand(word, values);
      return name ?? [];
    });
  });
}

const INSTALLS: ReadonlyMap<string, string> = wordMap({ "apt-get": "install", apt: "install", apk: "add" });

function isDirectoryOf(image: Image | null, path: string): boolean {
  if (image === null) return /\.d$|\/templates$/.test(path);
  if (image.directories.includes(path)) return true;
  const below = `${path}/`;
  return [...image.files.keys()].some((one) => one.startsWith(below)) || /\.d$/.test(path);
}
