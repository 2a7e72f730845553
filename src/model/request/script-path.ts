import { setting } from "../../fpm/pools.js";
import { matchingOf, namedExtensions } from "../../nginx/location/extensions.js";
import { surelyPassed, takes } from "../../nginx/location/passed.js";
import { effectiveNode } from "../../nginx/tree/effective.js";
import { argument, childrenNamed, headText } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { inContainer } from "../container.js";
import type { Binding, Host } from "../host.js";
import { isInside, isUnset, scriptsAt, seesSamePaths } from "./paths.js";
import { aliasedPrefix, rootOf } from "./root.js";

/**
 * What a SCRIPT_FILENAME is made of, as far as its words tell, and whether it can lead PHP-FPM to a
 * script.
 */

export type ScriptPath =
  /** A directory that is written out, with the path of the URI below it. */
  | { readonly kind: "literal-directory"; readonly directory: string }
  /** Follows the URI below a directory that is not written out: `$document_root$fastcgi_script_name`. */
  | { readonly kind: "follows-uri" }
  /** Ends in a name that is written out: `$document_root/index.php`. */
  | { readonly kind: "one-script"; readonly name: string }
  | { readonly kind: "empty" }
  /** The root with no file: `$document_root`. */
  | { readonly kind: "root-alone" }
  /** `$document_root$fastcgi_path_info`. */
  | { readonly kind: "root-and-path-info" }
  /** The path of the URI, without a directory: `$fastcgi_script_name`. */
  | { readonly kind: "uri-alone" }
  /** Below a directory relative to wherever PHP-FPM was started: `html$fastcgi_script_name`. */
  | { readonly kind: "relative-directory"; readonly directory: string }
  | { readonly kind: "unknown" };

const variable = (names: string) => String.raw`\$(?:(?:${names})|\{(?:${names})\})`;
const URI = variable("fastcgi_script_name|uri|document_uri");
const ROOT = variable("document_root|realpath_root");
const FOLLOWS = new RegExp(`^(?:${ROOT}/?${URI}|\\$\\{?request_filename\\}?)$`);
const LITERAL = new RegExp(`^(/[^$]*?)/*${URI}$`);
// A word in capitals or between marks is a placeholder.
const RELATIVE = new RegExp(`^([a-z][\\w-]*(?:/[\\w.-]+)*)/?${URI}$`);
const FORMS = [
  ["follows-uri", FOLLOWS],
  ["root-alone", new RegExp(`^${ROOT}/?$`)],
  ["root-and-path-info", new RegExp(`^${ROOT}/?${variable("fastcgi_path_info")}$`)],
  ["uri-alone", new RegExp(`^${URI}$`)],
] as const;

/** The form of a SCRIPT_FILENAME as it is written. */
export function scriptPath(value: string): ScriptPath {
  if (value === "") return { kind: "empty" };
  const form = FORMS.find(([, pattern]) => pattern.test(value))?.[0];
  if (form !== undefined) return { kind: form };
  const directory = LITERAL.exec(value)?.[1];
  if (directory !== undefined) return { kind: "literal-directory", directory };
  const relative = RELATIVE.exec(value)?.[1];
  if (relative !== undefined) return { kind: "relative-directory", directory: relative };
  const name = /\/([^/$]*\.[^/$.]+)$/.exec(value)?.[1];
  return name === undefined ? { kind: "unknown" } : { kind: "one-script", name };
}

/** The forms by which PHP-FPM may find no script, whatever the request. */
export type UnusablePath = Exclude<
  ScriptPath,
  { readonly kind: "literal-directory" | "follows-uri" | "one-script" | "unknown" }
>;

/** The path, where it surely leads PHP-FPM to no script; `null`: it may lead to one. */
export function unusable(host: Host, binding: Binding, path: ScriptPath): UnusablePath | null {
  if (path.kind === "uri-alone")
    return fromTop(host, binding) && (runsTopIndex(binding) || isNotAtTop(host, binding)) ? path : null;
  if (!takesScripts(binding)) return null;
  switch (path.kind) {
    case "empty":
      return denies(binding) ? path : null;
    case "root-alone":
      return denies(binding) && isDirectory(binding) ? path : null;
    case "root-and-path-info":
      return denies(binding) && isDirectory(binding) && pathInfoIsRest(binding) ? path : null;
    case "relative-directory":
      return seesSamePaths(binding) && startsAtTop(host, binding, path.directory) ? path : null;
    default:
      return null;
  }
}

/** Whether a location is for scripts: the pool's status page needs none, and its URI is told by its name. */
export function takesScripts({ location }: Binding): boolean {
  if (/status|ping/i.test(headText(location))) return false;
  const named = namedExtensions(location).flat();
  const regex = /^~/.test(argument(location, 0) ?? "");
  return regex || named.length > 0
    ? named.some(({ extension }) => /^\.ph/i.test(extension)) || takes(location, "/index.php") === true
    : true;
}

/** Whether PHP-FPM refuses what is not a script; without `security.limit_extensions` it opens anything. */
function denies({ targets }: Binding): boolean {
  const pools = targets.flatMap((target) => target.pools);
  return (
    pools.length > 0 &&
    pools.every((pool) => {
      const list = setting(pool, "security.limit_extensions");
      return list.kind !== "unknown" && (list.value ?? "").trim() !== "";
    })
  );
}

/** Whether the root is a directory: people also write a script's path as `root` or `alias`. */
function isDirectory({ block }: Binding): boolean {
  const { node, written, alias, unread } = rootOf(block);
  // An `alias` of a prefix is a directory when it ends in a slash.
  if (unread !== null || (alias !== null && !(alias !== "all" && written.endsWith("/")))) return false;
  return node?.directive.args[0]?.placeholder !== true && !/\.ph\w*$/.test(written);
}

/**
 * Whether `$fastcgi_path_info` is only what follows the script: not where a split puts the script into it.
 */
function pathInfoIsRest({ block }: Binding): boolean {
  const split = effectiveNode(block, "fastcgi_split_path_info");
  if (split.kind !== "set") return split.kind === "default";
  return /^\^\(\.[+*]\??\\\.php\)/.test(argument(split.node, 0) ?? "");
}

/** Whether a path that begins at the top of the file system finds nothing there. */
function fromTop(host: Host, binding: Binding): boolean {
  const { written, alias } = rootOf(binding.block);
  return (
    seesSamePaths(binding) &&
    alias !== "all" &&
    /[^/]/.test(written) &&
    !/[$]/.test(written) &&
    ["rewrite", "internal"].every((name) => childrenNamed(binding.location, name).length === 0) &&
    childrenNamed(binding.location, "if").every(keepsUri) &&
    scriptsAt(host, "/").length === 0
  );
}

const KEEPS_URI = /^(?:set|add_header|access_log|error_log)$/;

/** Whether the start page of the whole site gets here: what is below an `alias` has the prefix in its URI. */
function runsTopIndex(binding: Binding): boolean {
  return rootOf(binding.block).alias === null && runsIndex(binding);
}

function keepsUri({ children, partial }: Node): boolean {
  return !partial && children.every(({ name }) => KEEPS_URI.test(name));
}

/** Whether a location takes the start page of a site, and so its scripts. */
export function runsIndex(binding: Binding): boolean {
  return takesScripts(binding) && takes(binding.location, "/index.php") === true;
}

/**
 * Whether all URIs of a location begin with one name that the top of the file system surely does not have.
 * Not where it takes a page of PHP-FPM itself, which needs no script.
 */
function isNotAtTop(host: Host, { location, targets }: Binding): boolean {
  const { parent } = location;
  const top = firstName(location) ?? (parent?.name === "location" ? firstName(parent) : null);
  if (top === null || !host.whole || inContainer(host) || host.fs.entry(top).kind !== "missing") return false;
  const pages = targets
    .flatMap(({ pools }) => pools)
    .flatMap((pool) => ["pm.status_path", "ping.path"].map((key) => setting(pool, key)));
  return pages.every(
    (page) => page.kind !== "unknown" && (page.value === null || takes(location, page.value) === false),
  );
}

/** `/app` of `/app/`, `= /app/run` and `~ ^/app/(.+)$`; `null`: the URIs of the location have no such name in common. */
function firstName(location: Node): string | null {
  const { modifier, text } = matchingOf(location);
  if (modifier === "=") return /^\/[\w-]+(?=\/|$)/.exec(text)?.[0] ?? null;
  if (!modifier.startsWith("~")) return /^\/[\w-]+(?=\/)/.exec(text)?.[0] ?? null;
  const choice = text.replace(/\([^()]*\)/g, "").includes("|");
  return choice ? null : (/^\^(\/[\w-]+)\//.exec(text)?.[1] ?? null);
}

/**
 * Whether PHP-FPM starts at the top of the file system and the directory is not there. A service starts
 * there; an image may start it elsewhere.
 */
function startsAtTop(host: Host, { targets }: Binding, directory: string): boolean {
  const pools = targets.flatMap((target) => target.pools);
  return (
    host.whole &&
    !inContainer(host) &&
    pools.every((pool) => isUnset(setting(pool, "chdir"))) &&
    host.fs.entry(`/${directory}`).kind === "missing"
  );
}

/** The directory of a sample in manuals and in the comments of packages. */
const SAMPLE = "/scripts";

/**
 * The name of a script that is in the root, that nginx passes to PHP-FPM, and that is not in the directory
 * in which PHP-FPM looks. Empty: none is known, but the directory is the sample's. `null`: the directory
 * may be meant, as that of one tool next to the site often is.
 */
export function foundElsewhere(host: Host, binding: Binding, directory: string): string | null {
  const { block, location, server } = binding;
  const { node, written, alias } = rootOf(block);
  if (!seesSamePaths(binding) || node === null || alias === "all") return null;
  if (written.includes("$") || isInside(host, directory, written)) return null;
  const { kind } = host.fs.entry(directory);
  if (directory === SAMPLE && kind === "missing") return "";
  const known = kind === "directory" || (kind === "missing" && host.whole);
  // Below an `alias` the URIs have the prefix of its location, and the alias ends as the prefix does.
  const prefix = alias === null ? "/" : aliasedPrefix(block);
  if (!prefix.endsWith("/") || (alias !== null && !written.endsWith("/"))) return null;
  if (!known || scriptsAt(host, `${directory}${prefix}`).length > 0) return null;
  const isPassed = (name: string): boolean => surelyPassed(location, server, prefix + name, true);
  return scriptsAt(host, written).find(isPassed) ?? null;
}

/** Directories in which nginx may look without a `root`, depending on how it was built. */
const BUILT_IN = ["/usr/share/nginx/html", "/etc/nginx/html", "/usr/local/nginx/html", "/usr/html"];

/**
 * The `root` that is inside `location /`, and so does not apply in the location for scripts next to it;
 * `null`: that location has a root of its own, or nginx's built-in one may be meant.
 */
export function strayRoot(host: Host, binding: Binding, oneScript = false): Node | null {
  const { block, location, server } = binding;
  const own = rootOf(block);
  if (own.node !== null || own.unread !== null) return null;
  if ((!oneScript && !takesScripts(binding)) || server === null || server.partial) return null;
  const site = childrenNamed(server, "location").find(
    (one) => one !== location && /^(?:\^~ )?\/$/.test(one.directive.args.map(({ text }) => text).join(" ")),
  );
  const root = site === undefined ? undefined : childrenNamed(site, "root").at(-1);
  const written = root === undefined ? "" : (argument(root, 0) ?? "");
  if (
    root === undefined ||
    !/^\/[^$]*$/.test(written) ||
    (/\/html\/?$/.test(written) && /nginx/.test(written))
  )
    return null;
  return BUILT_IN.some((path) => scriptsAt(host, path).length > 0) ? null : root;
}
