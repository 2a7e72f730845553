/** Services of compose files, and how several files make one. */
import type { SourceFile } from "../source/file.js";
import { wordMap } from "../source/word-map.js";
import { at, entriesOf, itemsOf, type Yaml, type YamlMap } from "./yaml.js";

/** A service with the file that its relative paths count from. */
export interface Service {
  readonly value: Yaml;
  /** Where each key of it stands. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** The items of lists that several files add to. */
  readonly lists: ReadonlyMap<string, readonly Item[]>;
}

/** By their names. */
export type Services = ReadonlyMap<string, Service>;

/** Whether a file is of the first version of compose, whose services stand at the top. */
export function isFirstVersion(root: Yaml | undefined): boolean {
  return entriesOf(root).some(([, value]) => at(value, "image") !== null || at(value, "build") !== null);
}

/** An item of a list, and where it stands. */
export interface Item {
  readonly value: Yaml;
  readonly file: SourceFile;
}

export function mergedServices(below: Services, above: Services): Services {
  if (below.size === 0) return above;
  const merged = new Map(below);
  for (const [name, service] of above) {
    const before = merged.get(name);
    merged.set(name, before === undefined ? service : mergedService(before, service));
  }
  return merged;
}

/** Lists that a later file adds to; maps it merges key by key, and everything else it replaces. */
const ADDED = ["volumes", "links", "configs", "volumes_from"];

export function serviceOf(value: YamlMap, file: SourceFile): Service {
  const files = new Map([...value.entries.keys()].map((key) => [key, file]));
  const lists = ADDED.flatMap((key) => {
    const items = itemsOf(at(value, key)).map((item) => ({ value: item, file }));
    return items.length === 0 ? [] : [[key, items] as const];
  });
  return { value, files, lists: new Map(lists) };
}

export function mergedService(below: Service, above: Service): Service {
  if (below.value.kind !== "map" || above.value.kind !== "map") return above;
  const value: YamlMap = {
    ...above.value,
    entries: new Map([...below.value.entries, ...above.value.entries, ...mapsOf(below.value, above.value)]),
  };
  const lists = new Map(below.lists);
  for (const [key, items] of above.lists) lists.set(key, [...(lists.get(key) ?? []), ...items]);
  const files = new Map([...below.files, ...above.files]);
  // Its paths count from the file that names them.
  const build = below.files.get("build");
  if (build !== undefined && at(asMap("build", at(above.value, "build")), "context") === null)
    files.set("build", build);
  return { value, files, lists };
}

/** Keys whose maps two files make together. */
const MAPS = ["build", "environment", "networks", "deploy"];

function mapsOf(below: YamlMap, above: YamlMap): readonly (readonly [string, Yaml])[] {
  return MAPS.flatMap((key) => {
    const [one, other] = [asMap(key, at(below, key)), asMap(key, at(above, key))];
    if (one?.kind !== "map" || other?.kind !== "map") return [];
    return [[key, { ...other, entries: new Map([...one.entries, ...other.entries]) }] as const];
  });
}

/** `build: ./php` is short for a map with a context. */
function asMap(key: string, value: Yaml | null): Yaml | null {
  if (key !== "build" || value?.kind !== "text") return value;
  return { kind: "map", entries: new Map([["context", value]]), start: value.start, end: value.end };
}

const FACTORS: ReadonlyMap<string, number> = wordMap({
  "": 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
});

/** Bytes as compose reads them: all units are binary. */
export function sizeOf(text: string): number | null {
  const [, number, unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([bkmgt]?)b?$/i.exec(text.trim()) ?? [];
  const bytes =
    number === undefined ? 0 : Math.floor(Number(number) * (FACTORS.get(unit.toLowerCase()) ?? 0));
  return bytes > 0 && Number.isSafeInteger(bytes) ? bytes : null;
}
