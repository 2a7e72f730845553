/** Hosts of containers: nginx in one, PHP-FPM in the same one or in others. */
import { type Container, containersIn, outsidePath, type Project } from "../../containers/containers.js";
import { lazily } from "../../source/memo.js";
import type { HostFilesystem } from "../filesystem.js";
import { mayMatter } from "../names.js";
import { directoryOf, isWithin, isWithinAny } from "../path.js";
import type { AsideFile, HostSpec, MachineSpec, UnreadPath } from "../spec.js";
import type { FoundHost } from "./found.js";
import { hasFpm, isHalf, machineIn } from "./halves.js";
import { byDirectory, kindOf } from "./survey.js";

/** A host of a container that nginx runs in. */
interface ContainerHost extends FoundHost {
  /** Whether the container has a file of the tree. */
  readonly takes: (treePath: string) => boolean;
  /** Directories that containers of the project are built from of which nothing else is known. */
  readonly open: readonly string[];
}

/** What the containers of a tree give. */
export interface ContainerHosts {
  readonly hosts: readonly ContainerHost[];
  /** Files and directories of the tree that containers have as theirs: nobody else reads them. */
  readonly claimed: ReadonlySet<string>;
  /** Directories of those that are for nginx. */
  readonly nginxFrom: ReadonlySet<string>;
  /** PHP-FPM of containers whose nginx is not known. */
  readonly machines: readonly MachineSpec[];
  /** Those of them with files of the tree. */
  readonly lonely: readonly MachineSpec[];
  readonly neighbours: ReadonlySet<string>;
  /** A command line has `-R`. */
  readonly allowsRoot: boolean;
  readonly unread: readonly UnreadPath[];
}

/** Where the daemons look for their files in a container. */
const NGINX = ["/etc/nginx", "/usr/local/nginx", "/usr/local/openresty/nginx", "/etc/openresty"];
const FPM = [
  "/usr/local/etc",
  "/etc/php",
  "/etc/php-fpm.conf",
  "/etc/php-fpm.d",
  "/etc/opt/remi",
  "/opt/bitnami/php",
];

/** A container with the daemons in it. */
interface Manned {
  readonly container: Container;
  readonly spec: HostSpec;
  readonly nginx: boolean;
  readonly fpm: boolean;
}

/** `read`: the host that is in a container's files. */
export function containerHosts(
  fs: HostFilesystem,
  directory: string,
  paths: readonly string[],
  read: (name: string, fs: HostFilesystem) => HostSpec,
): ContainerHosts {
  const { projects, unread } = containersIn(fs, paths);
  const hosts: ContainerHost[] = [];
  const claimed = new Set<string>();
  const nginxFrom = new Set<string>();
  const alone: MachineSpec[] = [];
  const lonely: MachineSpec[] = [];
  const seen = new Set<string>();
  const neighbours = new Set<string>();
  let allowsRoot = false;
  const manned = projects.map((project) => ({
    project,
    all: project.containers.map((one) => mannedBy(one, read)),
  }));
  for (const { project, all } of manned) {
    allowsRoot ||= all.some(
      ({ container, fpm }) => container.facts.allowsRoot && (fpm || isFpmImage(container)),
    );
    for (const one of all) {
      if (one.nginx)
        for (const path of claims(fs, one.container, NGINX)) {
          claimed.add(path);
          nginxFrom.add(directoryOf(path));
        }
      if (one.fpm)
        for (const path of claims(fs, one.container, [...FPM, ...versioned(one.container)]))
          claimed.add(path);
    }
    const webs = all.filter(({ nginx }) => nginx);
    // What runs in a container of an unknown image may be PHP-FPM with files of the tree.
    const own = new Set(
      project.containers.flatMap(({ names, built }) => (isOpen(built) ? [] : (names ?? []))),
    );
    const open = project.containers.flatMap(({ built }) => (isOpen(built) ? built.contexts : []));
    if (webs.length === 0) {
      for (const one of all.filter(({ fpm }) => fpm)) {
        const machine = machineOf(one, null);
        alone.push(machine);
        if (hasOwn(one.container, FPM)) lonely.push(machine);
      }
      for (const name of own) neighbours.add(name);
    }
    for (const web of webs) {
      const machines = all
        .filter((one) => one !== web && one.fpm)
        .map((one) => machineOf(one, web.container));
      const shared = all.some((one) => one !== web && one.container.network === web.container.network);
      const key = keyOf(web, all);
      if (seen.has(key)) continue;
      seen.add(key);
      hosts.push({
        spec: hostSpec(project, directory, web, webs.length, machines, own, shared),
        fs: web.container.fs,
        takes: (path) =>
          web.container.layers.some(({ source }) => source.kind === "tree" && isWithin(source.path, path)),
        open,
      });
    }
  }
  return {
    hosts: withStrays(withBorrowed(hosts, fs, paths, claimed), alone),
    claimed,
    nginxFrom,
    machines: alone,
    lonely,
    neighbours,
    allowsRoot,
    unread,
  };
}

/**
 * A container of which only the directory is known that it is built from may run the pools that lie there and that
 * another container has: `docker-compose.dev.yml` mounts less than the file for production.
 */
function withBorrowed(
  hosts: readonly ContainerHost[],
  fs: HostFilesystem,
  paths: readonly string[],
  claimed: ReadonlySet<string>,
): readonly ContainerHost[] {
  const inUse = lazily(() =>
    paths.flatMap((path) => {
      if (!mayMatter(path) || !isWithinAny(claimed, path)) return [];
      const kind = kindOf(fs, path, () => {});
      return kind === "fpm-main" || kind === "fpm-pool" ? [{ path, kind }] : [];
    }),
  );
  return hosts.map((host) => {
    const { spec, open } = host;
    if (open.length === 0 || hasFpm(spec)) return host;
    const near = inUse().filter(({ path }) => open.some((directory) => isWithin(directory, path)));
    if (near.length === 0 || near.length > MOST_BORROWED) return host;
    const of = (wanted: string) => near.filter(({ kind }) => kind === wanted).map(({ path }) => path);
    const machine = machineIn({ fs }, { fpm: of("fpm-main"), pools: byDirectory(of("fpm-pool")) });
    return { ...host, spec: { ...spec, machines: [machine] } };
  });
}

/** With more pools than these, nothing tells which one is meant. */
const MOST_BORROWED = 50;

/** nginx of a Dockerfile alone has PHP-FPM of another one. */
function withStrays(
  hosts: readonly ContainerHost[],
  alone: readonly MachineSpec[],
): readonly ContainerHost[] {
  return hosts.map((host) => {
    const { spec } = host;
    const has = (spec.machines ?? []).length + spec.fpm.length + spec.pools.length > 0;
    // A project has what it builds; with one Dockerfile besides there is no doubt which one it uses.
    if (spec.container?.place != null && alone.length > 1) return host;
    return has || alone.length === 0 ? host : { ...host, spec: { ...spec, machines: alone } };
  });
}

function mannedBy(container: Container, read: (name: string, fs: HostFilesystem) => HostSpec): Manned {
  const spec = read(container.label, container.fs);
  const nginx = (spec.nginx !== null || spec.fragments.length > 0) && hasOwn(container, NGINX);
  const isFile = (path: string): boolean => container.fs.entry(path).kind === "file";
  const fpm = [...spec.fpm, ...spec.pools.flat()].some(isFile);
  return {
    container,
    spec,
    nginx: nginx && (spec.nginx === null || isFile(spec.nginx)),
    fpm,
  };
}

/** Whether something of the tree is put into one of these places, or around one. */
function hasOwn({ layers }: Container, places: readonly string[]): boolean {
  return layers.some(
    ({ target, source }) =>
      (source.kind === "tree" || source.kind === "text") &&
      places.some((place) => isWithin(place, target) || isWithin(target, place)),
  );
}

/** Images of other programs, by the last part of their name. */
const OTHERS =
  /(?:^|\/)(?:mysql|mariadb|postgres|redis|valkey|memcached|mongo|node|nginx|httpd|haproxy|traefik|caddy|rabbitmq|elasticsearch|mailhog|mailpit|selenium|varnish|adminer)(?:[:@]|$)/;

/** Whether nothing is known of what is in an image. */
function isOpen({ image, from }: Container["built"]): boolean {
  return image === null && (from === null || !OTHERS.test(from));
}

function isFpmImage({ built }: Container): boolean {
  return built.image?.runs === "php-fpm";
}

/** Alpine has one directory for each version of PHP: `/etc/php83`. */
function versioned({ fs }: Container): readonly string[] {
  const etc = fs.entry("/etc");
  return (etc.kind === "directory" ? etc.names : [])
    .filter((name) => /^php\d/.test(name))
    .map((name) => `/etc/${name}`);
}

/** What of the tree is in these places. */
function claims(fs: HostFilesystem, { layers }: Container, places: readonly string[]): readonly string[] {
  return layers.flatMap(({ target, source }) => {
    if (source.kind !== "tree") return [];
    if (places.some((place) => isWithin(place, target))) return [source.path];
    return places
      .filter((place) => isWithin(target, place))
      .map(
        (place) =>
          `${source.path === "/" ? "" : source.path}${target === "/" ? place : place.slice(target.length)}`,
      )
      .filter((path) => fs.entry(path).kind !== "missing");
  });
}

function machineOf({ container, spec }: Manned, web: Container | null): MachineSpec {
  const { names, portBehind, network, fs, facts } = container;
  const door = portBehind === undefined ? {} : { portBehind };
  const { fpm, pools } = spec;
  return { names, ...door, sharesNetwork: network === web?.network, fs, fpm, pools, facts };
}

function hostSpec(
  { file }: Project,
  directory: string,
  { spec, container }: Manned,
  webs: number,
  machines: readonly MachineSpec[],
  neighbours: ReadonlySet<string>,
  shared: boolean,
): HostSpec {
  const name = `${file.slice(1)}${webs > 1 ? ` (${container.label})` : ""}`;
  const root = directory === "/" ? file : directory + file;
  const facts = { ...container.facts, alone: container.facts.alone && !shared };
  return { ...spec, name, root, tree: directory, container: facts, machines, neighbours };
}

/** Two variants of a project that have the same containers are one host. */
function keyOf(web: Manned, all: readonly Manned[]): string {
  return JSON.stringify(
    [web, ...all.filter(({ fpm }) => fpm)].map(({ container }) => {
      const { built, layers, names, facts } = container;
      return [
        built.from,
        names,
        facts.memory?.bytes,
        layers.map(({ target, kind, source }) => [
          target,
          kind,
          source.kind === "tree" ? source.path : source.kind,
        ]),
      ];
    }),
  );
}

/** Whether a host of the tree is made of files that containers have. */
export function isClaimed(
  claimed: ReadonlySet<string>,
  root: string,
  { nginx, fragments, fpm, pools }: HostSpec,
): boolean {
  const below = (path: string): string => (root === "/" ? path : root + path);
  const files = [...(nginx === null ? fragments : [nginx]), ...fpm, ...pools.flat()];
  return files.length > 0 && files.every((path) => isWithinAny(claimed, below(path)));
}

/** What a directory `etc` of the tree holds beside the files that containers have of it. */
export interface LeftOver {
  /** Its main file of nginx, which a container has. */
  readonly main: string;
  readonly files: readonly AsideFile[];
}

/**
 * Halves that no file joins. nginx's files that no container has are those of the containers that run PHP-FPM
 * alone, and the other way round.
 */
export function joinContainers(
  { hosts, machines, lonely, neighbours, nginxFrom, allowsRoot }: ContainerHosts,
  loose: readonly HostSpec[],
  left: readonly LeftOver[],
  fs: HostFilesystem,
  root: string,
): { readonly hosts: readonly FoundHost[]; readonly specs: readonly HostSpec[] } {
  const halves = loose.filter((spec) => isHalf(spec) && hosts.some((host) => !hasFpm(host.spec)));
  const more = halves.map((half) => machineIn({ fs }, half));
  const full = hosts.map((host): FoundHost => {
    const spec = withLeft(host, left);
    return hasFpm(spec) || more.length === 0
      ? { ...host, spec }
      : { ...host, spec: { ...spec, machines: more, allowsRoot } };
  });
  // Where both run in one container, other files for nginx are those that somebody puts into it.
  const whole = hosts.filter(({ spec }) => spec.fpm.length + spec.pools.length > 0);
  const [only] = whole.length === 1 && machines.length === 0 ? whole : [];
  const inside = only === undefined ? besideOnly(hosts) : [machineIn(only, only.spec)];
  const rest = loose
    .filter((spec) => !halves.includes(spec))
    .map((spec): HostSpec => {
      const web = spec.nginx !== null || spec.fragments.length > 0;
      const joins = web && !hasFpm(spec);
      const atRest = spec.nginx !== null && nginxFrom.has(directoryOf(spec.nginx));
      return {
        ...spec,
        ...(joins && machines.length > 0 ? { machines, neighbours } : {}),
        ...(joins && machines.length === 0 && inside.length > 0 ? { machines: inside } : {}),
        ...(allowsRoot ? { allowsRoot } : {}),
        ...(atRest ? { atRest } : {}),
      };
    });
  const used = [...full.map(({ spec }) => spec), ...rest].some((spec) => spec.machines === machines);
  // PHP-FPM by itself counts where the tree has files for it.
  const specs =
    used || lonely.length === 0 ? rest : [...rest, { ...NOTHING, root, machines: lonely, allowsRoot }];
  return { hosts: full, specs };
}

/** The machines beside nginx in the one host of containers that there is. */
function besideOnly(hosts: readonly ContainerHost[]): readonly MachineSpec[] {
  const [only, ...others] = hosts;
  return only === undefined || others.length > 0 ? [] : (only.spec.machines ?? []);
}

/** Files that lie in the tree where the container's main file looks for others, and that somebody mounts there. */
function withLeft({ spec, takes }: ContainerHost, left: readonly LeftOver[]): HostSpec {
  const own = left
    .filter(({ main }) => takes(main))
    .flatMap(({ files }) => files)
    // What the container has itself was looked at there.
    .filter(({ path }) => !takes(path));
  if (own.length === 0) return spec;
  const more = own.map(
    ({ path, half, reason }): AsideFile => ({
      path: outsidePath(path),
      half,
      reason: reason ?? (half === "fpm" && hasFpm(spec) ? "no container has it" : null),
    }),
  );
  return { ...spec, aside: [...(spec.aside ?? []), ...more] };
}

const NOTHING = { name: ".", nginx: null, fragments: [], fpm: [], pools: [] };
