/** The files of a container: its image, what was copied into it, what is mounted. */
import type { Entry, HostFilesystem } from "../host/filesystem.js";
import { ofImage } from "../host/image-file.js";
import { memoryFilesystem } from "../host/memory.js";
import { byBytes, directoryOf, isWithin, nameOf, normalizePath, withParents } from "../host/path.js";
import { TOO_MANY_LINKS } from "../host/system-error.js";
import type { Place } from "../source/file.js";

/** Files at a path of the container. */
export interface Layer {
  /** Absolute and normalised. */
  readonly target: string;
  /** A mount hides what was there; a copy lies over it. */
  readonly kind: "mount" | "copy";
  readonly source: LayerSource;
  /** The words that say so; `null`: no file of the tree does. */
  readonly place: Place | null;
}

export type LayerSource =
  /** A file or directory of the tree that is searched. */
  | { readonly kind: "tree"; readonly path: string }
  /** A text that a file of the tree holds. `whole`: that file's own, as `FileEntry` has it. */
  | {
      readonly kind: "text";
      readonly text: () => string;
      readonly display: string;
      readonly whole: string | null;
      /** A template's text, as it is before words of it are filled in. */
      readonly filledIn?: true;
    }
  /** Something is there, and nothing in the tree tells what. */
  | { readonly kind: "unknown"; readonly reason: string }
  /** A link to another path of the container. `reason`: what is said where nothing is known to be there. */
  | { readonly kind: "link"; readonly to: string; readonly reason: string }
  /** Nothing is there any more. */
  | { readonly kind: "removed" };

/** What a container is made of. */
export interface Contents {
  /** The name of its image. */
  readonly image: string | null;
  readonly texts: ReadonlyMap<string, string>;
  readonly directories: readonly string[];
  /** Later ones lie over earlier ones. */
  readonly layers: readonly Layer[];
}

/** Keeps paths of the tree apart from those of the container. */
const OUTSIDE = "/\u0000tree";

/** The path by which the file system of a container has a file of the tree that no layer brings. */
export function outsidePath(treePath: string): string {
  return OUTSIDE + treePath;
}

/** A file that only containers have, by which others know that this is one. */
const MARK = "/.dockerenv";

/** The file system of a container while it is built. */
export interface GrowingFilesystem extends HostFilesystem {
  /** Lays one more over all others. */
  add(layer: Layer): void;
}

/** The container as a host's file system. `tree`: the one that layers come from. */
export function containerFilesystem(contents: Contents, tree: HostFilesystem): GrowingFilesystem {
  return new ContainerFilesystem(contents, tree);
}

/** Characters of a path that the kernel takes. */
const LONGEST_PATH = 4095;

class ContainerFilesystem implements GrowingFilesystem {
  private readonly image: HostFilesystem;
  private readonly tree: HostFilesystem;
  private readonly contents: Contents;
  /** Layers by their target, in order. */
  private readonly at = new Map<string, Layer[]>();
  /** Names that layers below a directory give it. */
  private readonly names = new Map<string, Set<string>>();
  private readonly shown = new Map<string, string>();
  private readonly known = new Map<string, Entry>();
  private readonly order = new Map<Layer, number>();
  /** Paths that are being looked at: a link that leads to one of them leads back. */
  private readonly pending = new Set<string>();

  constructor(contents: Contents, tree: HostFilesystem) {
    this.contents = contents;
    this.tree = tree;
    const files = new Map([...contents.texts, [MARK, ""]]);
    for (const directory of contents.directories) files.set(`${directory}/.keep`, "");
    this.image = memoryFilesystem(files);
    for (const layer of contents.layers) this.add(layer);
  }

  add(layer: Layer): void {
    this.known.clear();
    if (layer.target.length > LONGEST_PATH) return;
    const index = this.order.size;
    // Mounts lie over all copies, the inner ones over the outer ones, of two at one path the later.
    this.order.set(layer, layer.kind === "mount" ? (1 + layer.target.length) * 1e9 + index : index);
    const same = this.at.get(layer.target) ?? [];
    same.push(layer);
    this.at.set(layer.target, same);
    for (const path of withParents(layer.target)) {
      const parent = directoryOf(path);
      const names = this.names.get(parent) ?? new Set();
      if (names.has(nameOf(path))) break;
      names.add(nameOf(path));
      this.names.set(parent, names);
    }
  }

  entry(path: string): Entry {
    const wanted = normalizePath(path);
    const before = this.known.get(wanted);
    if (before !== undefined) return before;
    this.pending.add(wanted);
    const entry = wanted.startsWith(OUTSIDE) ? this.outside(wanted) : this.look(wanted);
    this.pending.delete(wanted);
    this.known.set(wanted, entry);
    return entry;
  }

  display(path: string): string {
    const wanted = normalizePath(path);
    if (wanted.startsWith(OUTSIDE)) return this.tree.display(wanted.slice(OUTSIDE.length) || "/");
    if (!this.shown.has(wanted)) this.entry(wanted);
    const { image } = this.contents;
    return this.shown.get(wanted) ?? (image === null ? wanted : ofImage(wanted, image));
  }

  private outside(wanted: string): Entry {
    const entry = this.tree.entry(wanted.slice(OUTSIDE.length) || "/");
    return { ...entry, path: OUTSIDE + entry.path };
  }

  private look(wanted: string): Entry {
    const ways = [...withParents(wanted), "/"];
    const mounted = ways.findIndex((path) => (this.at.get(path) ?? []).some(({ kind }) => kind === "mount"));
    const above = mounted === -1 ? ways : ways.slice(0, mounted + 1);
    let directory: Extract<Entry, { kind: "directory" }> | null = null;
    let missing: Entry = { kind: "missing", path: wanted, dangling: false };
    for (const layer of this.over(above)) {
      const entry = this.through(layer, wanted);
      // A link to what nobody knows of leaves everything as it is.
      if (entry === null) continue;
      if (entry.kind === "directory") {
        directory = directory === null ? entry : { ...entry, names: [...directory.names, ...entry.names] };
      } else if (directory === null && entry.kind !== "missing") return entry;
      else if (entry.kind === "missing") missing = entry;
      // What is below a mount cannot be seen, nor what was removed.
      if (layer.kind === "mount" || layer.source.kind === "removed" || layer.source.kind === "link")
        return this.withNames(directory ?? missing, wanted);
    }
    const own = this.image.entry(wanted);
    const shipped: Entry = own.kind === "file" ? { ...own, whole: null } : own;
    if (directory === null && shipped.kind !== "directory") return this.withNames(shipped, wanted);
    const names = [...(directory?.names ?? []), ...(shipped.kind === "directory" ? shipped.names : [])];
    return this.withNames({ kind: "directory", path: directory?.path ?? wanted, names }, wanted);
  }

  /** The layers at these paths, what lies on top first. */
  private over(paths: readonly string[]): readonly Layer[] {
    const order = (layer: Layer): number => this.order.get(layer) ?? 0;
    return paths.flatMap((path) => this.at.get(path) ?? []).sort((a, b) => order(b) - order(a));
  }

  private withNames(entry: Entry, wanted: string): Entry {
    // What is missing may be a directory further up.
    const path = entry.kind === "missing" ? wanted : entry.path;
    const more = this.names.get(path);
    if (more === undefined && entry.kind !== "directory") return entry;
    if (entry.kind !== "directory" && entry.kind !== "missing") return entry;
    const names = new Set([...(entry.kind === "directory" ? entry.names : []), ...(more ?? [])]);
    names.delete(".keep");
    const below = path === "/" ? "" : path;
    // What is hidden by a mount or a removal is not there.
    for (const name of more ?? []) if (this.entry(`${below}/${name}`).kind === "missing") names.delete(name);
    return { kind: "directory", path, names: [...names].sort(byBytes) };
  }

  private through({ target, source }: Layer, wanted: string): Entry | null {
    switch (source.kind) {
      case "tree": {
        const below = wanted === target ? "" : wanted.slice(target === "/" ? 0 : target.length);
        const inside = normalizePath(source.path + below);
        const entry = this.tree.entry(inside);
        // Links lead elsewhere in the tree, which may be no place of the container.
        const path =
          entry.path === inside
            ? wanted
            : isWithin(source.path, entry.path)
              ? normalizePath(`${target}/${entry.path.slice(source.path.length)}`)
              : OUTSIDE + entry.path;
        this.shown.set(path, this.tree.display(entry.path));
        return { ...entry, path };
      }
      case "text":
        if (wanted !== target) return { kind: "missing", path: wanted, dangling: false };
        this.shown.set(wanted, source.display);
        return {
          kind: "file",
          path: wanted,
          read: () => ({ text: source.text() }),
          whole: source.whole,
          ...(source.filledIn === true ? { filledIn: () => true } : {}),
        };
      case "unknown":
        return { kind: "unreadable", path: wanted, reason: source.reason, made: true };
      case "link":
        return this.followed(
          wanted === target ? source.reason : null,
          normalizePath(source.to + wanted.slice(target.length)),
          wanted,
        );
      case "removed":
        return { kind: "missing", path: wanted, dangling: false };
    }
  }

  /** `null`: nothing tells whether a directory, or a file of another kind, is there. */
  private followed(reason: string | null, to: string, wanted: string): Entry | null {
    if (this.pending.has(to)) return { kind: "unreadable", path: wanted, reason: TOO_MANY_LINKS };
    const entry = this.entry(to);
    if (entry.kind !== "missing") return entry;
    return reason !== null && /\.(?:conf|ini)$/.test(wanted)
      ? { kind: "unreadable", path: wanted, reason, made: true }
      : null;
  }
}
