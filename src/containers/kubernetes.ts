/** Manifests of Kubernetes: pods with their containers, ConfigMaps and services. */
import { directoryOf, nameOf, normalizePath } from "../host/path.js";
import type { ContainerMemory } from "../host/spec.js";
import type { SourceFile } from "../source/file.js";
import { wordMap } from "../source/word-map.js";
import { plainImage } from "./build.js";
import type { Project } from "./compose.js";
import type { Layer, LayerSource } from "./filesystem.js";
import { type Container, containerOf } from "./machine.js";
import { pathIn, placeIn, type Tree } from "./tree.js";
import { at, entriesOf, itemsOf, textOf, type Yaml } from "./yaml.js";

/** A manifest is looked for where its path says so: trees hold thousands of other YAML files. */
const NAMED =
  /k8s|kube|manifest|deploy|openshift|configmap|statefulset|daemonset|kustomization|pods?\b|nginx|php|fpm/i;

/** Whether the name of a file may be that of a manifest. */
export function mayBeManifest(path: string): boolean {
  return /\.ya?ml$/.test(path) && NAMED.test(path);
}

/** Whether a text may be one that says something of nginx or PHP-FPM. */
function isManifest(text: string): boolean {
  return (
    /^[ \t-]*(?:containers|configMapGenerator):|^kind:[ \t]*["']?(?:ConfigMap|Service|Pod)\b/m.test(text) &&
    /nginx|php|fpm/i.test(text)
  );
}

/** A value, and where it stands. */
interface Found {
  readonly value: Yaml;
  readonly file: SourceFile;
}

interface Cluster {
  /** Data of ConfigMaps by their name. */
  readonly maps: Map<string, readonly Found[]>;
  /** Those that a pod mounts. */
  readonly mounted: Set<string>;
  /** Files of generated ConfigMaps by their name, each by its key. */
  readonly generated: Map<string, Map<string, string>>;
  readonly services: Found[];
  readonly pods: Pod[];
}

interface Pod {
  readonly spec: Yaml;
  readonly labels: ReadonlyMap<string, string>;
  readonly name: string | null;
  readonly file: SourceFile;
}

const MOST_PODS = 500;

/** The containers of all manifests of the tree; `paths`: files that may be such. */
export function manifestProjects(tree: Tree, paths: readonly string[]): readonly Project[] {
  const cluster: Cluster = {
    maps: new Map(),
    mounted: new Set(),
    generated: new Map(),
    services: [],
    pods: [],
  };
  for (const path of paths) {
    const file = tree.file(path);
    if (file === null || !isManifest(file.text)) continue;
    for (const document of tree.yaml(path)) gather(tree, cluster, document, file);
  }
  const byDirectory = new Map<string, Container[]>();
  for (const pod of cluster.pods.slice(0, MOST_PODS)) {
    const made = containersOf(tree, cluster, pod);
    const key = pod.file.path;
    byDirectory.set(key, [...(byDirectory.get(key) ?? []), ...made]);
  }
  noteUnmounted(tree, cluster);
  const containers = [...byDirectory.values()].flat();
  const [first] = byDirectory.keys();
  return first === undefined ? [] : [{ file: first, containers }];
}

/** Files of the daemons that no pod of the tree has, as where the pods are written in another format. */
function noteUnmounted(tree: Tree, { maps, mounted }: Cluster): void {
  for (const [name, found] of maps) {
    if (mounted.has(name)) continue;
    for (const { value, file } of found) {
      const entries = entriesOf(at(value, "data"));
      const key = entries.find(([, one]) => OF_DAEMONS.test(textOf(one) ?? ""))?.[0];
      if (key !== undefined)
        tree.note(
          file.path,
          null,
          `${key} of the ConfigMap ${name} is not read: no pod of the tree mounts it`,
          true,
        );
    }
  }
}

/** A block of nginx, or a setting that only pools have. */
const OF_DAEMONS = /^[ \t]*(?:server|http|location|pm)\b[ \t]?[{=~/]/m;

function gather(tree: Tree, cluster: Cluster, document: Yaml, file: SourceFile): void {
  const kind = textOf(at(document, "kind"));
  const name = textOf(at(document, "metadata", "name")) ?? "";
  if (kind === "List") for (const item of itemsOf(at(document, "items"))) gather(tree, cluster, item, file);
  else if (kind === "ConfigMap")
    cluster.maps.set(name, [...(cluster.maps.get(name) ?? []), { value: document, file }]);
  else if (kind === "Service") cluster.services.push({ value: document, file });
  else pods(cluster, document, file, 0);
  for (const one of itemsOf(at(document, "configMapGenerator"))) generate(tree, cluster, one, file);
}

/** `nginx.conf`, or `key=nginx.conf`, next to the kustomization. */
function generate(tree: Tree, cluster: Cluster, value: Yaml, file: SourceFile): void {
  const files = new Map<string, string>();
  for (const one of itemsOf(at(value, "files"))) {
    const written = textOf(one) ?? "";
    const sign = written.indexOf("=");
    const path = pathIn(directoryOf(file.path), written.slice(sign + 1));
    if (path === null) tree.noteAt(placeIn(file, one), `${written} is outside of the tree and was not read`);
    else files.set(sign === -1 ? nameOf(path) : written.slice(0, sign), path);
  }
  cluster.generated.set(textOf(at(value, "name")) ?? "", files);
}

/** Where the description of a pod lies in that of a Deployment, a StatefulSet, a CronJob and so on. */
const DEEPEST = 8;

function pods(cluster: Cluster, value: Yaml, file: SourceFile, depth: number): void {
  if (value.kind !== "map" || depth > DEEPEST) return;
  const spec = at(value, "spec", "containers") === null ? null : at(value, "spec");
  const bare = at(value, "containers")?.kind === "list" && spec === null;
  if (spec !== null || bare) {
    const labels = entriesOf(at(value, "metadata", "labels")).flatMap(([key, one]) => {
      const text = textOf(one);
      return text === null ? [] : [[key, text] as const];
    });
    cluster.pods.push({
      spec: spec ?? value,
      labels: new Map(labels),
      name: textOf(at(value, "metadata", "name")),
      file,
    });
    return;
  }
  for (const key of ["spec", "template", "jobTemplate"]) {
    const inner = at(value, key);
    if (inner !== null) pods(cluster, inner, file, depth + 1);
  }
}

function containersOf(tree: Tree, cluster: Cluster, pod: Pod): readonly Container[] {
  const doors = doorsOf(cluster, pod);
  const names = doors.size === 0 ? null : [...doors.keys()];
  const network = `pod ${pod.file.path}:${pod.spec.start}`;
  const volumes = new Map(
    itemsOf(at(pod.spec, "volumes")).map((value) => [textOf(at(value, "name")) ?? "", value] as const),
  );
  return itemsOf(at(pod.spec, "containers")).map((value) => {
    const name = textOf(at(value, "name")) ?? "";
    const image = at(value, "image");
    const mounts = mountsOf(tree, cluster, pod, volumes, value);
    const words = [...itemsOf(at(value, "command")), ...itemsOf(at(value, "args"))].flatMap(
      (one) => textOf(one) ?? [],
    );
    const described = {
      label: `container ${name}`,
      names,
      portBehind: (door: string, port: number) => doors.get(door)?.(port) ?? null,
      network,
      built: plainImage(textOf(image)),
      mounts: mounts.layers,
      volumes: mounts.volumes,
      command: words.length === 0 ? null : words,
      ownUser: ownUser(pod, value),
      memory: memoryOf(pod.file, name, value),
      place: image === null ? null : placeIn(pod.file, image),
      env: environmentOf(value),
    };
    return containerOf(described, tree.fs);
  });
}

/** What the container says counts before what its pod says. */
function ownUser({ spec }: Pod, container: Yaml): boolean | null {
  for (const value of [container, spec]) {
    const user = textOf(at(value, "securityContext", "runAsUser"));
    if (user !== null) return user !== "0";
    if (textOf(at(value, "securityContext", "runAsNonRoot")) === "true") return true;
  }
  return null;
}

/** Literal values alone: others come from elsewhere. */
function environmentOf(container: Yaml): ReadonlyMap<string, string | null> {
  return new Map(
    itemsOf(at(container, "env")).map(
      (one) => [textOf(at(one, "name")) ?? "", textOf(at(one, "value"))] as const,
    ),
  );
}

/** The port of the pod behind one of a service; `null`: it has no such port, or nothing tells. */
type Ports = (port: number) => number | null;

/** The names of the services whose selector the labels of the pod fit, with what is behind their ports. */
function doorsOf(cluster: Cluster, pod: Pod): ReadonlyMap<string, Ports> {
  const doors = new Map<string, Ports>();
  for (const { value } of cluster.services) {
    const selector = entriesOf(at(value, "spec", "selector"));
    const fits = selector.length > 0 && selector.every(([key, one]) => pod.labels.get(key) === textOf(one));
    const name = textOf(at(value, "metadata", "name"))?.toLowerCase();
    if (!fits || name === undefined) continue;
    const space = (textOf(at(value, "metadata", "namespace")) ?? "default").toLowerCase();
    const ports = portsOf(value, pod);
    for (const one of [
      name,
      `${name}.${space}`,
      `${name}.${space}.svc`,
      `${name}.${space}.svc.cluster.local`,
    ])
      doors.set(one, ports);
  }
  return doors;
}

/** Without an address of its own a service is a name for the pods, which have all their ports. */
function portsOf(service: Yaml, pod: Pod): Ports {
  const listed = itemsOf(at(service, "spec", "ports"));
  if (textOf(at(service, "spec", "clusterIP")) === "None" || listed.length === 0) return (port) => port;
  const named = new Map(
    itemsOf(at(pod.spec, "containers"))
      .flatMap((one) => itemsOf(at(one, "ports")))
      .map((one) => [textOf(at(one, "name")) ?? "", numberOf(at(one, "containerPort"))] as const),
  );
  const behind = new Map(
    listed.map((one) => {
      const to = at(one, "targetPort") ?? at(one, "port");
      return [numberOf(at(one, "port")), numberOf(to) ?? named.get(textOf(to) ?? "") ?? null] as const;
    }),
  );
  return (port) => behind.get(port) ?? null;
}

function numberOf(value: Yaml | null): number | null {
  const text = textOf(value) ?? "";
  return /^\d{1,5}$/.test(text) ? Number(text) : null;
}

function mountsOf(
  tree: Tree,
  cluster: Cluster,
  pod: Pod,
  declared: ReadonlyMap<string, Yaml>,
  container: Yaml,
): { readonly layers: readonly Layer[]; readonly volumes: ReadonlyMap<string, string> } {
  const layers: Layer[] = [];
  const volumes = new Map<string, string>();
  for (const mount of itemsOf(at(container, "volumeMounts"))) {
    const [name, path] = [textOf(at(mount, "name")), textOf(at(mount, "mountPath"))];
    if (path === null || !path.startsWith("/")) continue;
    const target = normalizePath(path);
    const place = placeIn(pod.file, at(mount, "mountPath") ?? mount);
    const layer = (to: string, source: LayerSource): Layer => ({ target: to, kind: "mount", source, place });
    const volume = declared.get(name ?? "") ?? null;
    const subPath = textOf(at(mount, "subPath"));
    const map = textOf(at(volume, "configMap", "name"));
    if (map === null) {
      const what =
        at(volume, "emptyDir") === null
          ? "is a volume, whose files are not in the tree"
          : "is empty when the pod starts";
      layers.push(layer(target, { kind: "unknown", reason: what }));
      if (name !== null && volume !== null)
        volumes.set(target, `pod volume ${name}${subPath === null ? "" : `/${subPath}`}`);
      continue;
    }
    const files = configMap(tree, cluster, map, at(volume, "configMap"));
    if (files === null) {
      layers.push(
        layer(target, { kind: "unknown", reason: `is the ConfigMap ${map}, which is not in the tree` }),
      );
    } else if (subPath !== null) {
      layers.push(
        layer(
          target,
          files.get(subPath) ?? {
            kind: "unknown",
            reason: `is ${subPath} of the ConfigMap ${map}, which is not in the tree`,
          },
        ),
      );
    } else {
      // The mount hides the directory, also where the map is empty.
      layers.push(layer(target, { kind: "removed" }));
      for (const [key, source] of files) layers.push(layer(normalizePath(`${target}/${key}`), source));
    }
  }
  return { layers, volumes };
}

/** The files of a ConfigMap by their paths in the volume; `null`: the tree has none of this name, or several. */
function configMap(
  tree: Tree,
  cluster: Cluster,
  name: string,
  volume: Yaml | null,
): ReadonlyMap<string, LayerSource> | null {
  cluster.mounted.add(name);
  const found = cluster.maps.get(name) ?? [];
  const [first] = found;
  const generated = cluster.generated.get(name);
  if (found.length > 1 || (first === undefined && generated === undefined)) return null;
  const all = new Map<string, LayerSource>();
  for (const [key, path] of generated ?? []) all.set(key, { kind: "tree", path });
  if (first !== undefined)
    for (const [key, value] of entriesOf(at(first.value, "data")))
      all.set(key, inlineText(tree, first.file, key, value));
  const items = itemsOf(at(volume, "items"));
  if (items.length === 0) return all;
  return new Map(
    items.flatMap((item) => {
      const [key, path] = [textOf(at(item, "key")) ?? "", textOf(at(item, "path"))];
      const source = all.get(key);
      return source === undefined || path === null ? [] : [[path, source] as const];
    }),
  );
}

/**
 * The text of an entry with the places that it has in its file: what stands before it there is blank. Where
 * its lines do not stand in the file as they are, it counts from its own beginning.
 */
function inlineText(tree: Tree, file: SourceFile, key: string, value: Yaml): LayerSource {
  if (value.kind !== "text") return { kind: "unknown", reason: `is ${key}, which has no text` };
  const display = tree.fs.display(file.path);
  // Each text that is read brings the lines before it once more.
  const first = file.text.indexOf("\n", value.start) + 1;
  if (!value.literal || first === 0 || file.text.length > LARGEST_WITH_PLACES)
    return { kind: "text", text: () => value.text, display: `${display} (${key})`, whole: null };
  const text = (): string =>
    file.text.slice(0, first).replace(/[^\n]/g, " ") + file.text.slice(first, value.end);
  return { kind: "text", text, display, whole: file.text };
}

/** Characters of a manifest in which texts keep their places. */
const LARGEST_WITH_PLACES = 64 * 1024;

const FACTORS: ReadonlyMap<string, number> = wordMap({
  "": 1,
  k: 1000,
  M: 1000 ** 2,
  G: 1000 ** 3,
  T: 1000 ** 4,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
});

function memoryOf(file: SourceFile, name: string, container: Yaml): ContainerMemory | null {
  const limit = at(container, "resources", "limits", "memory");
  const [, number, unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?)([kMGT]i?|Ki)?$/.exec(textOf(limit) ?? "") ?? [];
  const bytes = number === undefined ? 0 : Math.floor(Number(number) * (FACTORS.get(unit) ?? 0));
  if (limit === null || bytes <= 0 || !Number.isSafeInteger(bytes)) return null;
  return { bytes, source: `resources.limits.memory of container ${name}`, place: placeIn(file, limit) };
}
