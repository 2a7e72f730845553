import type { TreeTexts } from "../../../src/host/memory.js";
import { directoryOf } from "../../../src/host/path.js";
import type { Host } from "../../../src/model/host.js";
import type { SourceFile } from "../../../src/source/file.js";
import type { CopiedHost } from "../../rules/support/copied-host.js";

/** The sites of a fixture, many times: a host of many sites that are alike. */

export interface Parts {
  /** Everything but the sites and the pools, with an include where the sites were. */
  readonly rest: TreeTexts;
  readonly sites: string;
  /** Files of one pool with a socket, by the directory that the master includes. */
  readonly pools: readonly { readonly directory: string; readonly text: string }[];
}

const WHERE = "/etc/nginx/clones";

/** `null`: it has no servers that could stand in files of their own. */
export function partsOf({ host, nodes }: CopiedHost): Parts | null {
  const { nginx } = host;
  const [http] = nginx?.root.children.filter(({ name }) => name === "http") ?? [];
  const servers = http?.children.filter(({ name }) => name === "server" || name === "upstream") ?? [];
  const [first] = servers;
  if (nginx === null || http === undefined || first === undefined || http.file !== nginx.root.file)
    return null;
  if (servers.some(({ file, via }) => file !== http.file && via.length === 0)) return null;
  const cut = new Set(servers);
  let main = http.file.text;
  for (const { file, directive } of [...cut].filter(({ file }) => file === http.file).reverse())
    main = blanked(main, file, directive.start, directive.end);
  const end = http.directive.end - 1;
  main = `${main.slice(0, end)}\n  include ${WHERE}/*.conf;\n${main.slice(end)}`;
  const owned = new Set(servers.map(({ file }) => file.path));
  owned.delete(http.file.path);
  const pools = poolsOf(host);
  const away = new Set([...owned, ...pools.map(({ file }) => file.path)]);
  const rest = Object.fromEntries(
    [...nodes].flatMap(([path, node]) =>
      typeof node === "string" && !away.has(path)
        ? [[path.slice(1), path === http.file.path ? main : node]]
        : [],
    ),
  );
  const sites = servers
    .map(({ file, directive }) => file.text.slice(directive.start, directive.end))
    .join("\n");
  return {
    rest,
    sites,
    pools: pools.map(({ file }) => ({ directory: directoryOf(file.path), text: file.text })),
  };
}

function blanked(text: string, _file: SourceFile, start: number, end: number): string {
  return text.slice(0, start) + text.slice(start, end).replace(/[^\n]/g, " ") + text.slice(end);
}

function poolsOf({ masters }: Host): readonly { readonly file: SourceFile }[] {
  return masters.flatMap((master) =>
    master.main === null
      ? []
      : master.files
          .filter((file) => file !== master.main && /^[ \t]*listen[ \t]*=[ \t]*\//m.test(file.text))
          .filter((file) => (file.text.match(/^[ \t]*\[/gm) ?? []).length === 1)
          .map((file) => ({ file })),
  );
}

export interface CloneOptions {
  /** Each has pools of its own. */
  readonly ownPools: boolean;
  /** Each has directories of its own. */
  readonly ownRoots: boolean;
}

/** The tree with these sites, each with names of its own. `odd`: other parts for one of them. */
export function cloned(
  parts: Parts,
  names: readonly string[],
  { ownPools, ownRoots }: CloneOptions,
  odd: { readonly at: number; readonly parts: Parts } | null = null,
): TreeTexts {
  const files: Record<string, string> = { ...parts.rest };
  for (const [at, name] of names.entries()) {
    const { sites, pools } = odd?.at === at ? odd.parts : parts;
    files[`${WHERE.slice(1)}/${name}.conf`] = siteText(sites, name, ownPools, ownRoots);
    if (!ownPools && at > 0 && odd?.at !== at) continue;
    for (const [number, { directory, text }] of pools.entries())
      files[`${directory.slice(1)}/${name}-${number}.conf`] = ownPools ? poolText(text, name) : text;
  }
  if (ownRoots) {
    for (const [path, text] of Object.entries(parts.rest)) {
      const [, root = "", below = ""] = /^((?:var\/www|srv)\/[^/]+)(\/.*)$/.exec(path) ?? [];
      if (root !== "") for (const name of names) files[`${root}-${name}${below}`] = text;
    }
  }
  return files;
}

function siteText(text: string, name: string, ownPools: boolean, ownRoots: boolean): string {
  const named = text.replace(/(\bserver_name[ \t]+)([^;{}]+)(?=;)/g, (_, before: string, list: string) => {
    const renamed = list.replace(/(?<![^\s"'])[a-z][\w-]*(?=[.\s"']|$)/g, (label) => `${name}-${label}`);
    return before + renamed;
  });
  const sockets = ownPools ? named.replace(/(unix:\/[^;\s"'$]*)\.sock/g, `$1-${name}.sock`) : named;
  return ownRoots
    ? sockets.replace(/(\b(?:root|alias)[ \t]+"?\/(?:var\/www|srv)\/[\w-]+)/g, `$1-${name}`)
    : sockets;
}

function poolText(text: string, name: string): string {
  return text
    .replace(/^([ \t]*\[)([\w.-]+)(?=\])/m, `$1$2-${name}`)
    .replace(/^([ \t]*listen[ \t]*=[ \t]*\/\S*)\.sock/m, `$1-${name}.sock`);
}
