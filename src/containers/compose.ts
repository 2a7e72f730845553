/** Compose files: services, what they are built from and what is mounted into them. */
import { directoryOf, nameOf, normalizePath } from "../host/path.js";
import type { ContainerMemory } from "../host/spec.js";
import { withCommas } from "../source/digits.js";
import type { SourceFile } from "../source/file.js";
import { type Built, buildOf, isRoot, plainImage } from "./build.js";
import { commandOf, expand } from "./dockerfile.js";
import { environment } from "./env.js";
import type { Layer, LayerSource } from "./filesystem.js";
import { type Container, containerOf } from "./machine.js";
import { type Mount, shortMount } from "./mounts.js";
import {
  isFirstVersion,
  mergedService,
  mergedServices,
  type Service,
  type Services,
  serviceOf,
  sizeOf,
} from "./services.js";
import { pathIn, placeIn, type Tree } from "./tree.js";
import { at, entriesOf, itemsOf, textOf, type Yaml, type YamlMap } from "./yaml.js";

/** The containers of one compose project. */
export interface Project {
  /** The file that a person would name: the first one. */
  readonly file: string;
  readonly containers: readonly Container[];
}

const COMPOSE = /^(?:docker-)?compose(?:[.-][\w.-]{1,80})?\.ya?ml$/;
const BASES = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const OVERRIDES = BASES.map((name) => name.replace(".y", ".override.y"));

/** Whether a file has the name of a compose file. */
export function isCompose(path: string): boolean {
  return COMPOSE.test(nameOf(path));
}

/** How many variants of a project (`docker-compose.prod.yml`) are looked at. */
const MOST_VARIANTS = 12;

/** How many layers the services of one project may have together: aliases bring many with few letters. */
const MOST_LAYERS = 50_000;

/** The projects of a directory. `names`: those of its compose files. */
export function composeProjects(tree: Tree, directory: string, names: readonly string[]): readonly Project[] {
  const path = (name: string): string => normalizePath(`${directory}/${name}`);
  const base = BASES.find((name) => names.includes(name));
  const override = OVERRIDES.find((name) => names.includes(name));
  const first = [base, base === undefined ? undefined : override].flatMap((name) =>
    name === undefined ? [] : [path(name)],
  );
  const variants = names
    .filter((name) => !BASES.includes(name) && !OVERRIDES.includes(name))
    .slice(0, MOST_VARIANTS);
  const projects = first.length === 0 ? [] : [first];
  for (const name of variants) {
    const own = new Reading(tree, directory).services(path(name));
    // What names all its images stands for itself; else it changes the first one.
    const alone = [...own.values()].every(
      ({ value }) =>
        at(value, "image") !== null || at(value, "build") !== null || at(value, "extends") !== null,
    );
    projects.push(alone || base === undefined ? [path(name)] : [path(base), path(name)]);
  }
  return projects.flatMap((files) => {
    const containers = new Reading(tree, directory).project(files);
    return containers.length === 0 ? [] : [{ file: files.at(-1) ?? directory, containers }];
  });
}

/** How deep `include` and `extends` are followed. */
const DEEPEST = 8;

/** How many services one project may have. */
const MOST_SERVICES = 2000;

interface Mounts {
  readonly layers: readonly Layer[];
  readonly volumes: ReadonlyMap<string, string>;
  readonly open: boolean;
}

class Reading {
  private readonly tree: Tree;
  private readonly env: ReadonlyMap<string, string | null>;
  /** Values of top-level keys of all files, by their key and name. */
  private readonly top = new Map<
    string,
    { readonly value: Yaml; readonly file: SourceFile; readonly directory: string }
  >();
  /** Services by the path of the file that has or includes them. */
  private readonly read = new Map<string, Services>();
  private layers = 0;

  constructor(tree: Tree, directory: string) {
    this.tree = tree;
    this.env = environment(tree, directory);
  }

  project(files: readonly string[]): readonly Container[] {
    let all: Services = new Map();
    for (const file of files) all = mergedServices(all, this.services(file));
    const containers: Container[] = [];
    for (const [name, service] of all) {
      if (containers.length >= MOST_SERVICES) break;
      containers.push(this.container(name, this.extended(name, service, 0), all));
    }
    return containers;
  }

  /** What a file and those that it includes have; files may include each other, and each other's several times. */
  services(path: string, depth = 0): Services {
    const known = this.read.get(path);
    if (known !== undefined || depth > DEEPEST) return known ?? new Map();
    this.read.set(path, new Map());
    const found = this.servicesIn(path, depth);
    this.read.set(path, found);
    return found;
  }

  private servicesIn(path: string, depth: number): Services {
    const file = this.tree.file(path);
    if (file === null || !/nginx|php|fpm|openresty|\bbuild\b/i.test(file.text)) return new Map();
    const [root] = this.tree.yaml(path);
    const directory = directoryOf(path);
    for (const key of ["configs", "secrets"])
      for (const [name, value] of entriesOf(at(root, key)))
        this.top.set(`${key} ${name}`, { value, file, directory });
    let all: Services = new Map();
    for (const one of itemsOf(at(root, "include"))) {
      const paths =
        one.kind === "text"
          ? [one]
          : [at(one, "path")].flatMap((value) => (value?.kind === "list" ? value.items : (value ?? [])));
      for (const value of paths) {
        const other = this.resolved(file, directory, value);
        if (other !== null) all = mergedServices(all, this.services(other, depth + 1));
      }
    }
    // Before version 2 the services were the file itself.
    const own =
      at(root, "services") ?? (at(root, "version") === null && isFirstVersion(root) ? (root ?? null) : null);
    const services = entriesOf(own).flatMap(([name, value]) =>
      value.kind === "map" ? [[name, serviceOf(value, file)] as const] : [],
    );
    return mergedServices(all, new Map(services));
  }

  /** A path in the tree; `null`: a variable is open, or it leads out of the tree, which is noted. */
  private resolved(file: SourceFile, directory: string, value: Yaml): string | null {
    const written = textOf(value);
    const text = written === null ? null : expand(written, this.env);
    const path = text === null ? null : pathIn(directory, text);
    if (text !== null && path === null)
      this.tree.noteAt(placeIn(file, value), `${text} is outside of the tree and was not read`);
    return path;
  }

  private extended(name: string, service: Service, depth: number): Service {
    const written = at(service.value, "extends");
    const file = service.files.get("extends");
    if (written === null || file === undefined || depth > DEEPEST) return service;
    const other = textOf(written) ?? textOf(at(written, "service")) ?? name;
    const elsewhere = at(written, "file");
    const path = elsewhere === null ? file.path : this.resolved(file, directoryOf(file.path), elsewhere);
    const base = path === null ? undefined : this.services(path).get(other);
    if (base === undefined || base.value === service.value) return service;
    return mergedService(this.extended(other, base, depth + 1), service);
  }

  private text(value: Yaml | null): string | null {
    const written = textOf(value);
    return written === null ? null : expand(written, this.env);
  }

  private container(name: string, service: Service, all: Services): Container {
    const { value } = service;
    const mounts = this.mounts(service, all, new Set([service]));
    const built = this.built(service);
    const mode = textOf(at(value, "network_mode")) ?? "";
    const shared = /^service:(.+)$/.exec(mode)?.[1];
    const place = service.files.get("image") ?? service.files.get("build");
    const at_ = at(value, "image") ?? at(value, "build");
    const described = {
      label: `service ${name}`,
      names: this.names(name, service, all),
      network: mode === "host" ? "host" : `service ${shared ?? name}`,
      built: { ...built, unsure: built.unsure || mounts.open },
      mounts: mounts.layers,
      volumes: mounts.volumes,
      command: this.command(value),
      ownUser: at(value, "user") === null ? null : !isRoot(this.text(at(value, "user"))),
      memory: this.memory(name, service),
      env: this.environmentOf(value),
      place: place === undefined || at_ === null ? null : placeIn(place, at_),
    };
    return containerOf(described, this.tree.fs);
  }

  private names(name: string, { value }: Service, all: Services): readonly string[] {
    const own = [name, this.text(at(value, "container_name")), this.text(at(value, "hostname"))];
    const networks = entriesOf(at(value, "networks")).flatMap(([, network]) => [
      ...itemsOf(at(network, "aliases")).map((alias) => this.text(alias)),
      this.text(at(network, "ipv4_address")),
    ]);
    // A link gives the service another name for the one that has it.
    const links = [...all.values()].flatMap((other) =>
      (other.lists.get("links") ?? []).flatMap((link) => {
        const [to, alias] = (this.text(link.value) ?? "").split(":");
        return to === name && alias !== undefined ? [alias] : [];
      }),
    );
    return [...own, ...networks, ...links].flatMap((one) =>
      one === null || one === "" ? [] : [one.toLowerCase()],
    );
  }

  private environmentOf(value: Yaml): ReadonlyMap<string, string | null> {
    const environment = at(value, "environment");
    const pairs = entriesOf(environment).map(([key, one]) => [key, this.text(one)] as const);
    const listed = itemsOf(environment).map((one): readonly [string, string | null] => {
      const [key = "", ...rest] = (textOf(one) ?? "").split("=");
      return [key, rest.length === 0 ? (this.env.get(key) ?? null) : expand(rest.join("="), this.env)];
    });
    return new Map([...pairs, ...listed]);
  }

  private command(value: Yaml): readonly string[] | null {
    const [entrypoint, command] = ["entrypoint", "command"].map((key) => this.words(at(value, key)));
    if (entrypoint == null && command == null) return null;
    return [...(entrypoint ?? []), ...(command ?? [])];
  }

  private words(value: Yaml | null): readonly string[] | null {
    if (value === null) return null;
    if (value.kind === "list") return value.items.flatMap((item) => this.text(item) ?? []);
    const text = this.text(value);
    return text === null ? null : commandOf(text);
  }

  private memory(name: string, { value, files }: Service): ContainerMemory | null {
    const rows = [
      ["mem_limit", at(value, "mem_limit"), "mem_limit"],
      ["deploy", at(value, "deploy", "resources", "limits", "memory"), "deploy.resources.limits.memory"],
    ] as const;
    for (const [key, limit, source] of rows) {
      const file = files.get(key);
      const bytes = limit === null ? null : sizeOf(this.text(limit) ?? "");
      if (limit !== null && file !== undefined && bytes !== null)
        return { bytes, source: `${source} of service ${name}`, place: placeIn(file, limit) };
    }
    return null;
  }

  private built(service: Service): Built {
    const { value, files } = service;
    const build = at(value, "build");
    const image = this.text(at(value, "image"));
    const file = files.get("build");
    if (build === null || file === undefined) return plainImage(image);
    const directory = directoryOf(file.path);
    const written = build.kind === "text" ? build : at(build, "context");
    const context = written === null ? directory : this.resolved(file, directory, written);
    if (context === null) return plainImage(null);
    const name = this.text(at(build, "dockerfile")) ?? "Dockerfile";
    const path = pathIn(context, name) ?? (name.startsWith("/") ? pathIn("/", name.slice(1)) : null);
    const dockerfile = path === null ? null : (this.tree.file(path) ?? this.inOtherCase(path));
    if (dockerfile === null) return plainImage(null);
    const args = new Map<string, string | null>();
    for (const [key, one] of entriesOf(at(build, "args"))) args.set(key, this.text(one));
    for (const one of itemsOf(at(build, "args"))) {
      const [key = "", ...rest] = (textOf(one) ?? "").split("=");
      args.set(key, rest.length === 0 ? (this.env.get(key) ?? null) : expand(rest.join("="), this.env));
    }
    const target = textOf(at(build, "target"));
    return (
      buildOf(this.tree, dockerfile, {
        contexts: [context],
        args,
        target: target === null ? null : expand(target, this.env),
      }) ?? plainImage(null)
    );
  }

  /** `dockerfile`, which is the same on the disks of macOS and Windows. */
  private inOtherCase(path: string): SourceFile | null {
    const [directory, name] = [directoryOf(path), nameOf(path)];
    const entry = this.tree.fs.entry(directory);
    const names = entry.kind === "directory" ? entry.names : [];
    const other = names.find((one) => one.toLowerCase() === name.toLowerCase());
    return other === undefined ? null : this.tree.file(normalizePath(`${directory}/${other}`));
  }

  /** `open`: something is mounted where a variable says. `met`: services whose mounts are there already. */
  private mounts(service: Service, all: Services, met: Set<Service>): Mounts {
    const { lists } = service;
    let open = false;
    const layers: Layer[] = [];
    const volumes = new Map<string, string>();
    for (const one of lists.get("volumes_from") ?? []) {
      const [name = ""] = (this.text(one.value) ?? "").split(":");
      const other = all.get(name);
      if (other === undefined || met.has(other)) continue;
      met.add(other);
      const inner = this.mounts(other, all, met);
      for (const layer of inner.layers) layers.push(layer);
      for (const [path, volume] of inner.volumes) volumes.set(path, volume);
      open ||= inner.open;
    }
    for (const { value, file } of lists.get("volumes") ?? []) {
      this.layers += 1;
      if (this.layers > MOST_LAYERS) {
        this.tree.note(
          file.path,
          null,
          `has more than ${withCommas(MOST_LAYERS)} mounts; the others were not read`,
          false,
        );
        break;
      }
      const mount = this.mount(value, file);
      if (mount === null) {
        open = true;
        continue;
      }
      layers.push(mount.layer);
      if (mount.volume !== null) volumes.set(mount.layer.target, mount.volume);
    }
    for (const { value, file } of lists.get("configs") ?? []) layers.push(...this.config(value, file));
    return { layers, volumes, open };
  }

  /** A mount with the name of what is mounted; `null`: it cannot be told where. */
  private mount(
    value: Yaml,
    file: SourceFile,
  ): { readonly layer: Layer; readonly volume: string | null } | null {
    const { source, target, type } =
      value.kind === "map" ? this.longMount(value) : shortMount(textOf(value) ?? "", this.env);
    if (target === null || !target.startsWith("/")) return null;
    const made = this.source(source, type, directoryOf(file.path));
    const layer: Layer = {
      target: normalizePath(target),
      kind: "mount",
      source: made.source,
      place: placeIn(file, value),
    };
    return { layer, volume: made.volume };
  }

  private longMount(value: YamlMap): Mount {
    const text = (key: string): string | null => this.text(at(value, key));
    return {
      source: text("source") ?? text("src"),
      target: text("target") ?? text("destination") ?? text("dst"),
      type: text("type") ?? "volume",
    };
  }

  private source(
    written: string | null,
    type: string,
    directory: string,
  ): { readonly source: LayerSource; readonly volume: string | null } {
    const unknown = (reason: string, volume: string | null) => ({
      source: { kind: "unknown", reason } as const,
      volume,
    });
    if (type === "tmpfs") return unknown("is empty when the container starts", null);
    if (type === "volume")
      return unknown(
        "is a volume, whose files are not in the tree",
        written === null ? null : `volume ${written}`,
      );
    if (written === null) return unknown("a variable says what is mounted there", null);
    const path = pathIn(directory, written);
    if (path === null) return unknown(`is ${written}, outside of the tree`, `path ${written}`);
    if (this.tree.fs.entry(path).kind === "missing")
      return unknown(`is ${written}, which is not in the tree`, `path ${path}`);
    return { source: { kind: "tree", path }, volume: `path ${path}` };
  }

  private config(value: Yaml, file: SourceFile): readonly Layer[] {
    const name = value.kind === "text" ? this.text(value) : this.text(at(value, "source"));
    const found = this.top.get(`configs ${name ?? ""}`);
    const target = (value.kind === "map" ? this.text(at(value, "target")) : null) ?? `/${name ?? ""}`;
    if (name === null || !target.startsWith("/")) return [];
    const path = found === undefined ? null : at(found.value, "file");
    const inside =
      found === undefined || path === null ? null : this.resolved(found.file, found.directory, path);
    const source: LayerSource =
      inside === null || this.tree.fs.entry(inside).kind === "missing"
        ? { kind: "unknown", reason: `is the config ${name}, which is not in the tree` }
        : { kind: "tree", path: inside };
    return [{ target: normalizePath(target), kind: "mount", source, place: placeIn(file, value) }];
  }
}
