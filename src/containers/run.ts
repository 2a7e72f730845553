/** What the commands of a RUN make of the files of the daemons. */
import type { HostFilesystem } from "../host/filesystem.js";
import { componentPattern, glob, isGlob } from "../host/glob.js";
import { ofImage } from "../host/image-file.js";
import { directoryOf, isWithin, nameOf, normalizePath, resolvePath } from "../host/path.js";
import type { Place } from "../source/file.js";
import { wordMap } from "../source/word-map.js";
import { expand, wordsOf } from "./dockerfile.js";
import { containerFilesystem, type GrowingFilesystem, type Layer, type LayerSource } from "./filesystem.js";
import type { Image } from "./images.js";
import type { Tree } from "./tree.js";

/** Where a RUN is, and what it starts from. */
export interface Around {
  readonly tree: Tree;
  readonly image: Image | null;
  readonly values: ReadonlyMap<string, string | null>;
  readonly workdir: string;
  readonly at: Place;
  /** `Dockerfile:3`. */
  readonly where: string;
}

/** What is in an image while it is built, for one command after the other. */
export class BuiltFiles {
  private readonly fs: GrowingFilesystem;
  private added = 0;

  /** `layers`: more may come. */
  constructor(
    image: Image | null,
    tree: HostFilesystem,
    private readonly layers: readonly Layer[],
  ) {
    const { name = null, files = new Map(), directories = [] } = image ?? {};
    this.fs = containerFilesystem({ image: name, texts: files, directories, layers: [] }, tree);
  }

  /** As they are with the layers that are there now. */
  get now(): HostFilesystem {
    for (const layer of this.layers.slice(this.added)) this.fs.add(layer);
    this.added = this.layers.length;
    return this.fs;
  }
}

/** Adds to the layers what a RUN makes of the files that they bring. `files`: of these layers. */
export function applyRun(text: string, around: Around, layers: Layer[], files: BuiltFiles): void {
  new Shell(around, layers, files).run(text);
}

class Shell {
  private readonly around: Around;
  /** What is there, and what the commands so far made of it. */
  private readonly layers: Layer[];
  private readonly built: BuiltFiles;
  /** The directory that relative paths count from; `null`: nobody can tell. */
  private directory: string | null;

  constructor(around: Around, layers: Layer[], built: BuiltFiles) {
    this.around = around;
    this.layers = layers;
    this.built = built;
    this.directory = around.workdir;
  }

  run(text: string): void {
    const commands = commandsOf(text);
    // One for each condition around a command: whether it only asks for files, so that the command does what it would do alone.
    const conditions: boolean[] = [];
    for (const [index, whole] of commands.entries()) {
      const [keywords = ""] = KEYWORDS.exec(whole) ?? [];
      const command = whole.slice(keywords.length);
      for (const word of keywords.match(/\w+/g) ?? []) {
        if (word === "if") conditions.push(/^\[\s+(?:!\s+)?-[defhLrs]\s/.test(command));
        else if (word === "elif" || word === "else") conditions.splice(-1, 1, false);
      }
      if (/^case\b/.test(command)) conditions.push(false);
      if (/^(?:fi|esac)\b/.test(command)) conditions.pop();
      this.command(command, !conditions.includes(false), commands[index + 1] ?? "");
    }
  }

  /** `next`: the command after it, which may be given the files that it lists. */
  private command(command: string, certain: boolean, next: string): void {
    const { values } = this.around;
    const words = wordsOf(command).map((word) => expand(word, values) ?? word);
    const first = words.findIndex((word) => !/^\w+=/.test(word));
    const program = nameOf(words[first] ?? "");
    const named = words.slice(first + 1).filter((word) => !word.startsWith("-"));
    const redirected = /(?:^|[^0-9&])>/.test(command);
    if (program === "cd") {
      const to = named[0] ?? "$HOME";
      const from = to.startsWith("/") ? "/" : this.directory;
      this.directory = from === null || to.includes("$") ? null : resolvePath(from, to);
      return;
    }
    const text = redirected ? writtenBy(command, program, values) : emptiedBy(program, words);
    const paths = (text?.paths ?? []).flatMap((path) => this.path(path) ?? []);
    if (certain && text !== null && paths.length > 0) {
      for (const path of paths) this.put(path, this.said(text.text, program));
      return;
    }
    if (HARMLESS.has(program) && !redirected) return;
    if (!certain) this.change(words);
    else if (program === "rm" || program === "unlink")
      for (const word of named.filter((one) => !one.includes(">"))) this.remove(word);
    else if (program === "find") this.find(words, next);
    else if (redirected || !MOVES.has(program) || !this.move(program, words.slice(first + 1)))
      this.change(words);
  }

  private put(target: string, source: LayerSource): void {
    this.layers.push({ target, kind: "copy", source, place: this.around.at });
  }

  private said(text: string, program: string): LayerSource {
    const display = `${this.around.where} (${program || ">"})`;
    return { kind: "text", text: () => text, display, whole: null };
  }

  /** The files as they are after the commands so far. */
  private get files(): HostFilesystem {
    return this.built.now;
  }

  /** The path below the directories of the daemons that a word means; `null`: it is another one. */
  private path(word: string): string | null {
    if (word.includes("$") || (!word.startsWith("/") && this.directory === null)) return null;
    const path = resolvePath(this.directory ?? "/", word);
    return OF_DAEMONS.test(path) ? path : null;
  }

  /** The paths that a word means once its wildcards are replaced by what is there. */
  private paths(word: string): readonly string[] {
    const path = this.path(word);
    if (path === null) return [];
    return isGlob(path) ? glob(this.files, path) : [path];
  }

  private remove(word: string): void {
    const all = word.endsWith("/*") ? word.slice(0, -2) : undefined;
    const named = this.directory === null && !word.startsWith("/") ? BY_NAME.get(word) : undefined;
    // Also what is there and nobody knows of.
    const paths =
      named !== undefined ? [named] : all !== undefined && !isGlob(all) ? this.paths(all) : this.paths(word);
    for (const path of paths) this.put(path, { kind: "removed" });
  }

  /** `find DIR -name '*.conf' -delete`, or with another command: what becomes of the files that it finds. */
  private find(words: readonly string[], next: string): void {
    const rest = words.slice(words.indexOf("find") + 1);
    const option = rest.findIndex((word) => /^[-!(\\]/.test(word));
    const starts = option === -1 ? rest : rest.slice(0, option);
    const tests = option === -1 ? [] : rest.slice(option);
    const exec = tests.findIndex((word) => /^-(?:exec|ok)(?:dir)?$/.test(word));
    const [taker, ...after] = wordsOf(next);
    const given = taker === "xargs" ? after.find((word) => /^[a-z./]/.test(word)) : undefined;
    const program = tests.includes("-delete") ? "rm" : nameOf(given ?? tests[exec + 1] ?? "");
    if ((exec === -1 && given === undefined && program !== "rm") || HARMLESS.has(program)) return;
    const names = tests.flatMap((word, index) => (word === "-name" ? [tests[index + 1] ?? ""] : []));
    const source: LayerSource =
      program === "rm" && !tests.some((word) => MORE_TESTS.test(word)) ? { kind: "removed" } : this.unknown;
    for (const start of starts.flatMap((word) => this.paths(word))) {
      const whole = source.kind === "removed" && names.length === 0;
      const files = this.files;
      const found = whole ? [start] : below(files, start, MOST_DEPTH).filter((path) => isNamed(path, names));
      for (const path of found) this.put(path, source);
    }
  }

  private get unknown(): LayerSource {
    return { kind: "unknown", reason: `is changed in ${this.around.where}` };
  }

  /** A command of which nobody can tell what it does: what is in the files that it names is unknown. */
  private change(words: readonly string[]): void {
    for (const written of words) {
      const word = written.replace(/^\d?>+/, "");
      const path = this.path(word) ?? (/^\/|=/.test(word) ? null : (BY_NAME.get(nameOf(word)) ?? null));
      if (path === null || path.includes("{")) continue;
      if (/\.(?:conf|ini)$|\/\*$/.test(path)) this.put(path.replace(/\/\*(?:\.conf)?$/, ""), this.unknown);
      else if (/\/sites-\w+\/./.test(path) && this.files.entry(path).kind === "file")
        this.put(path, this.unknown);
    }
  }

  /**
   * `ln`, `cp` and `mv` of files of the daemons: what is at the second place is what was brought to the first one.
   * Whether it is known what they do.
   */
  private move(program: string, words: readonly string[]): boolean {
    const named = words.filter((word) => !word.startsWith("-"));
    const link = program === "ln";
    const to = named.length === 1 && link ? "." : (named.pop() ?? "");
    const target =
      to.includes("$") || this.directory === null ? this.path(to) : resolvePath(this.directory, to);
    const gone = (program === "mv" ? named : []).flatMap((word) => this.paths(word));
    if (target === null || named.length === 0) return false;
    const into =
      named.length > 1 || /\/\.?$|^\.$/.test(to) || isGlob(named[0] ?? "") || this.isDirectory(target);
    const made: [path: string, source: LayerSource][] = [];
    let known = true;
    for (const word of named) {
      // What a link names counts from the directory that it is in.
      const from =
        link && /^\.\.?\//.test(word) ? resolvePath(into ? target : directoryOf(target), word) : word;
      const paths = isGlob(from)
        ? this.paths(from)
        : [this.directory === null ? from : resolvePath(this.directory, from)];
      for (const path of paths) {
        const source = link ? this.linked(path) : this.sourceAt(path);
        if (source === null) known = false;
        else made.push([into ? normalizePath(`${target}/${nameOf(path)}`) : target, source]);
      }
    }
    if (OF_DAEMONS.test(target)) {
      if (!known && program !== "mv") return false;
      for (const [path, source] of made) this.put(path, source);
      if (!known) this.change([target]);
    }
    for (const path of gone) this.put(path, { kind: "removed" });
    return known || gone.length > 0;
  }

  private isDirectory(path: string): boolean {
    return /\/(?:sites-enabled|[\w-]+\.d)$/.test(path) || this.files.entry(path).kind === "directory";
  }

  /** A link to a file of the daemons, which may be brought later; `null`: to something else. */
  private linked(to: string): LayerSource | null {
    if (!OF_DAEMONS.test(to)) return this.sourceAt(to);
    return { kind: "link", to, reason: `is a link to ${to}, which ${this.around.where} makes` };
  }

  /** What the last layer around a path has at it, or its image; `null`: none has it for certain. */
  private sourceAt(path: string): LayerSource | null {
    if (path === "/dev/null") return this.said("", "cp");
    if (!path.startsWith("/etc/") && !OF_DAEMONS.test(path)) return null;
    const { image, tree } = this.around;
    const layer = this.layers.findLast(({ target }) => isWithin(target, path));
    const shipped = image?.files.get(path);
    if (layer === undefined && image !== null && shipped !== undefined)
      return { kind: "text", text: () => shipped, display: ofImage(path, image.name), whole: null };
    if (layer === undefined || layer.source.kind === "removed") return null;
    if (layer.target === path) return layer.source;
    if (layer.source.kind !== "tree") return null;
    const inside = normalizePath(`${layer.source.path}/${path.slice(layer.target.length)}`);
    return tree.fs.entry(inside).kind === "missing" ? null : { kind: "tree", path: inside };
  }
}

/** How deep `find` is followed. */
const MOST_DEPTH = 20;

/** The commands of a line of the shell: what stands in quotes parts none. */
export function commandsOf(text: string): readonly string[] {
  return text.match(/(?:"[^"]*"|'[^']*'|\\[;&|]|[^;&|"'])+/g) ?? [];
}

/** Words of the shell before a command, and programs that run another one. */
const KEYWORDS = /^\s*(?:(?:if|elif|then|else|do|while|!|\{|\(|sudo|exec|command)\s+)*/;

/** The directories of the daemons, and what is below them. */
const OF_DAEMONS =
  /^\/(?:etc\/(?:nginx|openresty|php)[^/]*|etc\/opt\/remi|usr\/local\/etc\/php[^/]*|usr\/local\/nginx|usr\/local\/openresty\/nginx|opt\/bitnami\/php\/etc)(?:\/|$)/;

/** Commands after which a file is at a second place, or at another one. */
const MOVES: ReadonlySet<string> = new Set(["ln", "cp", "mv"]);

/** Commands that do not change what is in the files that they name. */
const HARMLESS: ReadonlySet<string> = new Set([
  "chmod",
  "chown",
  "chgrp",
  "mkdir",
  "rmdir",
  "touch",
  "ls",
  "cat",
  "echo",
  "test",
  "[",
  "grep",
  "nginx",
  "php-fpm",
]);

/** Names by which commands after a `cd` to nobody knows where call files of the images. */
const BY_NAME: ReadonlyMap<string, string> = wordMap({
  "www.conf": "/usr/local/etc/php-fpm.d/www.conf",
  "docker.conf": "/usr/local/etc/php-fpm.d/docker.conf",
  "zz-docker.conf": "/usr/local/etc/php-fpm.d/zz-docker.conf",
  "php-fpm.conf": "/usr/local/etc/php-fpm.conf",
  "nginx.conf": "/etc/nginx/nginx.conf",
  "default.conf": "/etc/nginx/conf.d/default.conf",
});

interface Written {
  readonly paths: readonly string[];
  readonly text: string;
}

/** `echo "…" > file`, and what empties one: `> file`, `: > file`, `cat /dev/null > file`. `null`: another command. */
function writtenBy(
  command: string,
  program: string,
  values: ReadonlyMap<string, string | null>,
): Written | null {
  const [before = "", after = "", more] = command.split(">");
  const [emptied, further] = wordsOf(after);
  if (SAYS_NOTHING.has(wordsOf(before).join(" ").trim()) && more === undefined && further === undefined)
    return { paths: [expand(emptied ?? "", values) ?? ""], text: "" };
  if (program !== "echo") return null;
  const [, double, single, to = ""] =
    /^\s*echo\s+(?:"([^"\\`]*)"|'([^'\\]*)')\s*>\s*(\S+)\s*$/.exec(command) ?? [];
  const text = single ?? (double === undefined ? null : expand(double, values));
  const path = expand(unquoted(to), values);
  return path === null || text === null ? null : { paths: [path], text: `${text}\n` };
}

/** Commands without output, as they are written before `>`. */
const SAYS_NOTHING: ReadonlySet<string> = new Set(["", ":", "true", "cat /dev/null", "echo -n"]);

/** `truncate -s 0 file`; `null`: another command. */
function emptiedBy(program: string, words: readonly string[]): Written | null {
  if (program !== "truncate" || !/\s(?:-s|--size)[ =]?0(?:\s|$)/.test(words.join(" "))) return null;
  return { paths: words.filter((word) => word.includes("/") || word.includes(".")), text: "" };
}

function unquoted(word: string): string {
  return word.replace(/["']/g, "");
}

/** Whether `find` with these names takes a path. */
function isNamed(path: string, names: readonly string[]): boolean {
  return names.every((name) => componentPattern(name, true)(nameOf(path)));
}

/** The files below a directory, `depth` directories deep. */
function below(fs: HostFilesystem, directory: string, depth: number): readonly string[] {
  const entry = fs.entry(directory);
  if (entry.kind !== "directory") return entry.kind === "missing" ? [] : [directory];
  if (depth === 0) return [];
  return entry.names.flatMap((name) => below(fs, normalizePath(`${directory}/${name}`), depth - 1));
}

/** Tests of `find` by which it leaves some files. */
const MORE_TESTS =
  /^(?:!|-(?:not|o|or|i?path|i?regex|iname|newer\w*|[acm](?:time|min)|size|prune|user|group|perm))$/;
