/** A container of a project, as its files tell. */
import type { HostFilesystem } from "../host/filesystem.js";
import { isWithin, nameOf, normalizePath, withParents } from "../host/path.js";
import type {
  ContainerAccounts,
  ContainerFacts,
  ContainerMemory,
  MountedAt,
  PortBehind,
} from "../host/spec.js";
import type { Place } from "../source/file.js";
import type { Built } from "./build.js";
import { containerFilesystem, type Layer } from "./filesystem.js";
import { partsOfName } from "./images.js";
import { hasDebianNginx, packagedFiles } from "./packages.js";
import { allowsRoot, startsAsRoot, writesRoot } from "./started-as-root.js";

/** What a service of compose, a container of Kubernetes or a Dockerfile alone is. */
export interface Container {
  /** For reports: `service php`. */
  readonly label: string;
  /** What others call it, in lower case; `null`: nothing tells. */
  readonly names: readonly string[] | null;
  /** The port of the container behind a port of one of its names; absent: the same. */
  readonly portBehind?: PortBehind;
  /** Containers with the same text share one network, and so 127.0.0.1. */
  readonly network: string;
  readonly fs: HostFilesystem;
  readonly built: Built;
  readonly layers: readonly Layer[];
  readonly facts: ContainerFacts;
}

/** What of a container its own description says, apart from what it is built from. */
export interface Described {
  readonly label: string;
  readonly names: readonly string[] | null;
  readonly portBehind?: PortBehind;
  readonly network: string;
  readonly built: Built;
  readonly mounts: readonly Layer[];
  /** Its command line; `null`: that of the image. */
  readonly command: readonly string[] | null;
  /** Whether another account than root starts the command; `null`: its description does not say. */
  readonly ownUser: boolean | null;
  readonly memory: ContainerMemory | null;
  /** The names of volumes, by the paths where they are mounted. */
  readonly volumes: ReadonlyMap<string, string>;
  readonly place: Place | null;
  /** Its environment; `null`: a value is not known. */
  readonly env: ReadonlyMap<string, string | null>;
}

/** Puts a container together. `tree`: the file system that its layers come from. */
export function containerOf(described: Described, tree: HostFilesystem): Container {
  const { built, mounts, label, names, portBehind, network, volumes } = described;
  const { image } = built;
  const own = [...built.layers, ...mounts];
  const command = described.command ?? built.command;
  const contents = (layers: readonly Layer[], files: ReadonlyMap<string, string>) => ({
    image: image?.name ?? built.from,
    texts: new Map([...(image?.files ?? []), ...files]),
    directories: image?.directories ?? [],
    layers,
  });
  const bare = containerFilesystem(contents(own, new Map()), tree);
  const packaged = packagesOf(built, own, command, bare);
  const before = packaged.size === 0 ? bare : containerFilesystem(contents(own, packaged), tree);
  const scripts = [...scriptsOf(own, command, before), (command ?? []).join(" ")];
  const packagedNginx =
    built.from !== null &&
    !built.unsure &&
    before.entry("/etc/nginx/nginx.conf").kind === "missing" &&
    hasDebianNginx(partsOfName(built.from), built.installed, [...built.runs, ...scripts]);
  const templates = image?.templates === true ? templatesOf(before, described.env) : [];
  const layers = [...own, ...templates];
  const fs = templates.length === 0 ? before : containerFilesystem(contents(layers, packaged), tree);
  const facts: ContainerFacts = {
    label,
    image: image?.name ?? built.from,
    alone: image?.runs === "nginx" && !built.unsure && !built.runs.some((run) => /php/i.test(run)),
    onlyFpm: image?.runs === "php-fpm" && (command === null || STARTS_FPM.test(command[0] ?? "")),
    builtHere: built.runs.length > 0 || built.command !== null || built.layers.length > 0,
    phpVersion: image?.phpVersion ?? null,
    nginxVersion: image?.nginxVersion ?? null,
    allowsRoot:
      (command !== null && allowsRoot(command)) ||
      [...built.runs, ...built.documents].some(writesRoot) ||
      startedWithRoot(fs, layers),
    accounts: accountsOf(built, own, command),
    ownUser: described.ownUser ?? built.ownUser ?? image?.ownUser ?? false,
    packaged: new Set(
      [...packaged.keys()].filter((path) => !own.some(({ target }) => isWithin(target, path))),
    ),
    packagedNginx,
    memory: described.memory,
    place: described.place,
    listenMovedIn: image?.listenMovedIn ?? null,
    mountOf: (path) => mountOf(own, path),
    seenAt: (path) => seenAt(own, path),
    surelyLacks: (path) => surelyLacks(built, own, fs, path),
    mayHoldMore: (directory) => mayHoldMore(built, own, directory),
    spotOf: (path) => spotOf(volumes, path),
  };
  const door = portBehind === undefined ? {} : { portBehind };
  return { label, names, ...door, network, fs, built, layers, facts };
}

/**
 * Files of packages that the image is built with; none where it has PHP-FPM already, or where a script that is copied
 * into it, or that it starts, may change them.
 */
function packagesOf(
  { image, from, installed, runs, unsure }: Built,
  layers: readonly Layer[],
  command: readonly string[] | null,
  fs: HostFilesystem,
): ReadonlyMap<string, string> {
  if (from === null || unsure || image?.phpVersion != null || installed.length === 0) return new Map();
  const files = packagedFiles(partsOfName(from), installed, runs);
  if (files.size === 0) return files;
  const scripts = scriptsOf(layers, command, fs);
  return packagedFiles(partsOfName(from), installed, [...runs, ...scripts, (command ?? []).join(" ")]);
}

/** The texts of scripts that are copied into a container, or that it starts. */
function scriptsOf(
  layers: readonly Layer[],
  command: readonly string[] | null,
  fs: HostFilesystem,
): readonly string[] {
  const copied = layers.flatMap(({ target, source }) =>
    source.kind === "tree" && /\.sh$/.test(source.path) ? [target, `${target}/${nameOf(source.path)}`] : [],
  );
  const started = (command ?? []).filter((word) => word.startsWith("/"));
  return [...new Set([...copied, ...started])].flatMap((path) => {
    const entry = fs.entry(path);
    const answer = entry.kind === "file" ? entry.read() : null;
    return answer !== null && "text" in answer ? [answer.text] : [];
  });
}

/** Commands that change accounts, and those of which nobody can tell what they do. */
const CHANGES_ACCOUNTS =
  /\b(?:user|group)(?:add|mod|del)\b|\b(?:add|del)(?:user|group)\b|\/etc\/(?:passwd|group)\b|\.sh\b|<</;

const STARTS_FPM = /^(?:docker-php-entrypoint|(?:\/usr\/local\/sbin\/)?php-fpm)$/;

/** The programs with which the images themselves start their daemon. */
const STARTS = /^(?:docker-php-entrypoint|php-fpm|nginx|\/docker-entrypoint\.sh)$/;

/** The users and groups of a container; `null`: nothing is known of its image, or they may be changed. */
function accountsOf(
  built: Built,
  layers: readonly Layer[],
  command: readonly string[] | null,
): ContainerAccounts | null {
  const accounts = built.image?.accounts ?? null;
  const [program] = command ?? [];
  if (accounts === null || built.unsure || (program !== undefined && !STARTS.test(program))) return null;
  if (built.runs.some((run) => CHANGES_ACCOUNTS.test(run))) return null;
  const brought = layers.some(
    ({ target }) =>
      isWithin(target, "/etc/passwd") ||
      isWithin(target, "/etc/group") ||
      isWithin("/docker-entrypoint.d", target),
  );
  if (brought) return null;
  return built.runs.length === 0 ? accounts : { ...accounts, complete: false };
}

/** What the entrypoint of nginx's image makes of the files in `templates`; variables of the container say from where to where. */
function templatesOf(fs: HostFilesystem, env: ReadonlyMap<string, string | null>): readonly Layer[] {
  const directory = env.get("NGINX_ENVSUBST_TEMPLATE_DIR") ?? "/etc/nginx/templates";
  const to = env.get("NGINX_ENVSUBST_OUTPUT_DIR") ?? "/etc/nginx/conf.d";
  const suffix = env.get("NGINX_ENVSUBST_TEMPLATE_SUFFIX") ?? ".template";
  const entry = fs.entry(directory);
  if (entry.kind !== "directory") return [];
  return entry.names.flatMap((name): readonly Layer[] => {
    if (!name.endsWith(suffix)) return [];
    const file = fs.entry(`${directory}/${name}`);
    if (file.kind !== "file") return [];
    const answer = file.read();
    const target = normalizePath(`${to}/${name.slice(0, name.length - suffix.length)}`);
    const source: Layer["source"] =
      "text" in answer
        ? {
            kind: "text",
            text: () => answer.text,
            display: fs.display(file.path),
            whole: file.whole === undefined ? answer.text : file.whole,
            filledIn: true,
          }
        : { kind: "unknown", reason: answer.unreadable };
    return [{ target, kind: "copy", source, place: null }];
  });
}

/** Whether a file of the tree that starts programs in the container starts PHP-FPM with `-R`. */
function startedWithRoot(fs: HostFilesystem, layers: readonly Layer[]): boolean {
  const paths = layers.flatMap(({ target, source }) => {
    if (source.kind !== "tree") return [];
    const below = [target, "/etc", "/etc/supervisor", "/etc/supervisor/conf.d", "/etc/supervisor.d"];
    return below
      .filter((path) => isWithin(target, path))
      .flatMap((path) => {
        const entry = fs.entry(path);
        return entry.kind === "directory"
          ? entry.names.map((name) => normalizePath(`${path}/${name}`))
          : [path];
      });
  });
  return [...new Set(paths)].some((path) => startsAsRoot(fs, path));
}

/** The innermost mount or copy that a path is in. */
function mountOf(layers: readonly Layer[], path: string): MountedAt | null {
  let found: Layer | null = null;
  for (const layer of layers)
    if (isWithin(layer.target, path) && layer.target.length >= (found?.target.length ?? 0)) found = layer;
  if (found === null || found.place === null) return null;
  const { source, place } = found;
  const treePath = source.kind === "tree" ? moved(found.target, source.path, path) : null;
  return { path, treePath, place };
}

/** The mount or copy through which a path of the tree is seen, the shortest path first. */
function seenAt(layers: readonly Layer[], treePath: string): MountedAt | null {
  const found = layers.flatMap(({ source, target, place }): readonly MountedAt[] =>
    source.kind === "tree" && place !== null && isWithin(source.path, treePath)
      ? [{ path: moved(source.path, target, treePath), treePath, place }]
      : [],
  );
  return found.toSorted((a, b) => a.path.length - b.path.length)[0] ?? null;
}

/** A path below one directory as the same below another. */
function moved(before: string, after: string, path: string): string {
  return normalizePath(`${after}/${path.slice(before === "/" ? 0 : before.length)}`);
}

/** Whether nothing can be at a path: no mount, no copy and no command brings it, and the image has nothing there. */
function surelyLacks(built: Built, layers: readonly Layer[], fs: HostFilesystem, path: string): boolean {
  if (built.image?.bare !== true || built.unsure) return false;
  // What is not in the tree may be on the machine that runs it.
  const covered = layers.some(
    ({ target, source }) => source.kind !== "removed" && (isWithin(target, path) || isWithin(path, target)),
  );
  if (covered || mayBeMade(built, path)) return false;
  return fs.entry(path).kind === "missing";
}

/** Whether a command that builds the image may put something at a path. */
function mayBeMade({ runs }: Built, path: string): boolean {
  // A link to it, or to a directory around it, may be made anywhere.
  const names = withParents(path).filter((one) => one.split("/").length > 2);
  return runs.some(
    (run) =>
      /\bln\b|\bunzip\b|\btar\b|\bgit\b|create-project|<</.test(run) ||
      names.some((one) => run.includes(one)),
  );
}

/** Whether a directory may have more than what the tree puts there: a mount of the tree hides what else there is. */
function mayHoldMore(built: Built, layers: readonly Layer[], directory: string): boolean {
  const mounts = layers.filter(({ target, kind }) => kind === "mount" && isWithin(target, directory));
  const [inner] = mounts.toSorted((a, b) => b.target.length - a.target.length);
  if (inner !== undefined) return inner.source.kind !== "tree";
  return built.image?.bare !== true || built.unsure || mayBeMade(built, directory);
}

/** A path in a volume that others may mount elsewhere: `volume sock/php.sock`; `null`: it is in none. */
function spotOf(volumes: ReadonlyMap<string, string>, path: string): string | null {
  for (const at of withParents(path)) {
    const volume = volumes.get(at);
    if (volume !== undefined) return `${volume}\0${path.slice(at.length)}`;
  }
  return null;
}
