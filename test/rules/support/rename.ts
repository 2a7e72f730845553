import type { NameWord } from "../../../src/engine/rule.js";
import type { MemoryNode } from "../../../src/host/memory.js";
import type { HostSpec } from "../../../src/host/spec.js";
import type { CopiedHost } from "./copied-host.js";

/**
 * Gives the names of a host other letters: as many, in the same places and in nearly the same order
 * of the alphabet, and others for each kind of name, so that what two kinds had in common is gone.
 * Names stay where they mean something to a daemon: sockets, logs, `root`, `localhost`, `html`.
 */

export interface Renamed {
  readonly spec: HostSpec;
  readonly nodes: ReadonlyMap<string, MemoryNode>;
  /** Every word that was replaced, as `old new`. */
  readonly words: ReadonlySet<string>;
}

const SHIFT: Readonly<Record<NameWord, number>> = { site: 1, pool: 2, account: 3, directory: 4 };

/** Accounts of packages, and names that nginx or resolvers know. */
const KEPT =
  /^(?:root|www-data|nginx|apache|http|nobody|daemon|bin|sys|_www|nogroup|localhost|localdomain|default_server|global|_)$/;

type Replace = (text: string) => string;

export function renamed(copy: CopiedHost, kinds: readonly NameWord[]): Renamed {
  const words = new Set<string>();
  const rename =
    (kind: NameWord): Replace =>
    (name) => {
      const other = KEPT.test(name)
        ? name
        : name.replace(/[a-z]/gi, (letter) => shifted(letter, SHIFT[kind]));
      const parts = other.split(/[^a-z0-9]+/i);
      for (const [at, part] of name.split(/[^a-z0-9]+/i).entries()) words.add(`${part} ${parts[at]}`);
      return other;
    };
  const steps = kinds.map((kind) => STEPS[kind](copy, rename(kind)));
  const inTurn =
    (of: keyof Step) =>
    (text: string, path: string): string =>
      steps.reduce((now, step) => step[of](now, path), text);
  const [text, path] = [inTurn("text"), (one: string) => inTurn("path")(one, one)];
  const nodes = [...copy.nodes].map(([at, node]) => {
    const other: MemoryNode =
      typeof node === "string" ? text(node, at) : "link" in node ? { link: path(node.link) } : node;
    return [path(at), other] as const;
  });
  const { nginx, fragments, fpm, pools } = copy.spec;
  const spec: HostSpec = {
    ...copy.spec,
    nginx: nginx === null ? null : path(nginx),
    fragments: fragments.map(path),
    fpm: fpm.map(path),
    pools: pools.map((list) => list.map(path)),
  };
  return { spec, nodes: new Map(nodes), words };
}

/** The letter so many places on; the last letters of the alphabet stay within it. */
function shifted(letter: string, by: number): string {
  const last = letter >= "a" ? "z" : "Z";
  return String.fromCharCode(Math.min(letter.charCodeAt(0) + by, last.charCodeAt(0)));
}

interface Step {
  /** `path`: of the file. */
  readonly text: (text: string, path: string) => string;
  readonly path: (path: string) => string;
}

const same: Replace = (text) => text;

const STEPS: Readonly<Record<NameWord, (copy: CopiedHost, rename: Replace) => Step>> = {
  site: (copy, rename) => {
    const path = (text: string): string => text.replace(SITE_FILE, rename);
    const names = [...new Set(serverNames(copy))].filter((name) => name.includes("."));
    const domains = names.length === 0 ? null : anyOf(names);
    const domain: Replace = (name) => name.replace(/[^.]+(?=\.)/g, (label) => rename(label));
    const inNginx = (text: string): string => {
      const alone = text.replace(
        SERVER_NAME,
        (_, before: string, list: string) =>
          `${before}${list.replace(/(?<![^\s"'])[\w-]+(?![^\s"'])/g, rename)}`,
      );
      return path(domains === null ? alone : alone.replace(domains, domain));
    };
    const own = nginxFiles(copy);
    return { text: (text, file) => (own.has(file) ? inNginx(text) : text), path };
  },
  pool: (copy, rename) => {
    // A socket that is called like its pool would get another name.
    const own = hasVariables(copy) ? new Set<string>() : fpmFiles(copy);
    const text = (old: string): string =>
      old.replace(/^([ \t]*\[)([\w.-]+)(?=\])/gm, (_, before: string, name: string) => before + rename(name));
    return { text: (old, file) => (own.has(file) ? text(old) : old), path: same };
  },
  account: (copy, rename) => {
    const own = { nginx: nginxFiles(copy), fpm: fpmFiles(copy) };
    const each: Replace = (list) => list.replace(/[a-z_][\w.-]*/gi, rename);
    const text = (old: string, file: string): string => {
      if (/^\/etc\/(?:passwd|group)$/.test(file))
        return old
          .replace(/^[^:\n]+/gm, rename)
          .replace(file === "/etc/group" ? /(?<=^[^:\n]*:[^:\n]*:\d*:)[^\n]+/gm : /(?!)/g, each);
      const line = own.fpm.has(file) ? FPM_ACCOUNTS : own.nginx.has(file) ? NGINX_USER : null;
      return line === null ? old : old.replace(line, (_, key: string, list: string) => key + each(list));
    };
    return { text, path: same };
  },
  directory: (copy, rename) => {
    if (hasVariables(copy)) return { text: same, path: same };
    const named = directoriesIn(copy);
    const whole: Replace = (path) =>
      path.replace(DIRECTORY, (old, top: string, rest: string) =>
        ENDS_ELSEWHERE.test(rest) ? old : top + rest.replace(/[^/]+/g, (part) => inPath(part, rename)),
      );
    // What is below a directory that no text names is a part of URIs.
    const path = (old: string): string => {
      const parts = old.split("/");
      let end = parts.length;
      while (end > 1 && !named.has(parts.slice(0, end).join("/"))) end -= 1;
      if (end === 1) return old;
      // A tree for a chroot may have the same directories once more inside.
      const rest = parts.slice(end);
      return whole(parts.slice(0, end).join("/")) + (rest.length === 0 ? "" : path(`/${rest.join("/")}`));
    };
    return { text: whole, path };
  },
};

/** Whether PHP-FPM puts names of pools or directories into paths. */
function hasVariables({ host }: CopiedHost): boolean {
  return host.masters.some(({ files }) =>
    files.some(({ text }) => /^[^;#\n]*=.*\$(?:pool|prefix)/m.test(text)),
  );
}

/** Every directory of sites that a text names, and those around it. */
function directoriesIn({ nodes }: CopiedHost): ReadonlySet<string> {
  const found = [...nodes.values()].flatMap((node) =>
    typeof node === "string" ? (node.match(DIRECTORY) ?? []) : [],
  );
  return new Set(
    found.flatMap((path) => path.split("/").map((_, at, parts) => parts.slice(0, at + 1).join("/"))),
  );
}

/** Sockets and logs keep their names. */
const ENDS_ELSEWHERE = /\.(?:sock|socket|log)$/;

/** A part of a path; what has an ending may be a file, and what has a variable in it is no name. */
function inPath(part: string, rename: Replace): string {
  return /^[\w-]+$/.test(part) ? rename(part) : part;
}

const SITE_FILE =
  /(?<=(?:^|[\s"'/])(?:sites-available|sites-enabled|vhosts\.d)\/)[\w-]+(?![*?[{\w])|(?<=(?:nginx\/|[\s"'])conf\.d\/)[\w-]+(?![*?[{\w])/g;
const SERVER_NAME = /^([ \t{;]*(?:server[ \t]*\{[ \t]*)?server_name\s+)([^;{}$]+)(?=;)/gm;
const FPM_ACCOUNTS =
  /^([ \t]*(?:user|group|listen\.owner|listen\.group|listen\.acl_users|listen\.acl_groups)[ \t]*=)([^$;{}\n]*)/gm;
const NGINX_USER = /^([ \t]*user[ \t]+)([^$;{}]+)(?=;)/gm;
/** Where sites keep their files; paths of other places mean something to the daemons. */
const DIRECTORY = /(?<![\w.-])(\/(?:srv|var\/www|home|opt|data)\/)([\w.-]+(?:\/[\w.-]+)*)/g;

function anyOf(names: readonly string[]): RegExp {
  const longestFirst = names.toSorted((a, b) => b.length - a.length);
  const either = longestFirst.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  // Not in a path, where it is a directory.
  return new RegExp(`(?<![\\w-])(?<!(?<!/)/)(?:${either})(?![\\w-])`, "g");
}

function serverNames(copy: CopiedHost): readonly string[] {
  const texts = copy.host.nginx?.texts.map(({ file }) => file.text) ?? [];
  return texts
    .flatMap((text) => [...text.matchAll(SERVER_NAME)])
    .flatMap(([, , list = ""]) => list.match(/[\w-]+(?:\.[\w-]+)+/g) ?? []);
}

function nginxFiles({ host }: CopiedHost): ReadonlySet<string> {
  return new Set(host.nginx?.texts.map(({ file }) => file.path));
}

function fpmFiles({ host }: CopiedHost): ReadonlySet<string> {
  return new Set(host.masters.flatMap(({ files }) => files.map(({ path }) => path)));
}
