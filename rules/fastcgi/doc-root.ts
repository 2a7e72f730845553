import { defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { certainty, sourceOf } from "../../src/evidence/grouping.js";
import { NOWHERE } from "../../src/evidence/meetings.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { passedForVisitors, scriptOf, scriptPaths, sentParam } from "../../src/evidence/scripts.js";
import { helpOf, remove, replace } from "../../src/help/edit.js";
import { literalRoot, type SentScript, sentScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import type { PhpOutcome } from "../../src/model/request/resolve/types.js";
import { aliasedPrefix, rootOf } from "../../src/model/request/root.js";
import { scriptPath } from "../../src/model/request/script-path.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import type { SetValue } from "../../src/source/effective.js";
import { samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

/** A location whose scripts PHP looks for in another directory than nginx names. */
interface Moved extends Pair {
  readonly sent: SentScript;
  readonly docRoot: SetValue<string>;
  /** The directory of SCRIPT_FILENAME. */
  readonly directory: string;
  /** The part of the URI that an `alias` replaces; empty: there is none. */
  readonly prefix: string;
  /** A URL for which PHP looks in the right directory, but for the URL's path; `null`: in the wrong one. */
  readonly url: string | null;
}

export const docRoot = defineRule({
  id: "fastcgi/doc-root",
  about: "site",
  alike: true,
  reads: ["directory"],
  cases: {
    "other-directory": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Unable to open primary script: " },
      summary: "PHP's doc_root is another directory than that of SCRIPT_FILENAME",
    },
    "one-script": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Unable to open primary script: " },
      summary: "with doc_root, PHP looks for the path of the URL, and never for the one script of a location",
    },
  },
  docs: {
    title: "doc_root sends PHP to another directory",
    fires: [
      markdown`
        \`doc_root\` is set in the pool, in php.ini or by nginx, and SCRIPT_FILENAME names scripts in another
        directory: below the location's \`root\` or \`alias\`, or below a path that is written out
      `,
      markdown`
        it is the same directory, but a location has one script for every URL, or for one with another name
        (\`location = /api\` with \`/index.php\`), and \`SCRIPT_NAME\` is the URL's path
      `,
    ],
    silent: [
      "`doc_root` is empty, as in every php.ini that is shipped",
      "it is the same directory, also through a link of the tree, and the script's path follows the URL",
      "the pool has a chroot",
      "the root has a variable in it",
      "nginx sends a `SCRIPT_NAME` of its own",
    ],
    why: markdown`
      With \`doc_root\`, PHP does not run SCRIPT_FILENAME. It adds SCRIPT_NAME to \`doc_root\` and runs that
      file. Where there is none, the client gets \`404\` with \`No input file specified.\`, and nginx logs
      \`Unable to open primary script\` with the path that it sent, which is there. Where there is one of the same
      name, it is another site's script. The setting is meant for CGI without a web server that knows paths.
    `,
    instead: "Remove `doc_root`. `open_basedir` is what keeps scripts inside a directory.",
    references: ["https://www.php.net/manual/en/ini.core.php#ini.doc-root"],
  },
  asksDisk: true,
  proof: {
    kind: "daemons",
    requests: [{}, { path: "/some/page" }, { path: "/tool/index.php" }, { path: "/api" }],
    observe: { "other-directory": "no-input-file", "one-script": "no-input-file" },
  },
  *find(binding, host): Generator<Moved> {
    const { alias, unread } = rootOf(binding.block);
    if (unread !== null) return;
    // The part that an alias replaces is one that a template fills in.
    if (alias !== null && isTemplated(binding.location)) return;
    const sent = sentScript(binding);
    const prefix = alias === "all" ? "" : aliasedPrefix(binding.block);
    const directory = sent === null ? null : directoryOf(host, binding, sent);
    if (sent === null || directory === null) return;
    for (const pair of pairsOf(binding)) {
      const value = docRoots(host)(binding, pair.pool);
      // A chroot that is not known may be one.
      if (value.kind !== "set" || !value.value?.startsWith("/") || hasChroot(pair)) continue;
      const path = normalizePath(value.value);
      // The whole URI follows doc_root, also that part which an alias replaces.
      const own = normalizePath(`${path}${prefix}`);
      const same = own === directory || realPath(host, own) === realPath(host, directory);
      const url = same ? (exactUrl(binding, sent, path) ?? otherUrl(host, binding, path)) : null;
      if (same && url === null) continue;
      yield { ...pair, sent, directory, prefix, url, docRoot: { ...value, value: path } };
    }
  },
  cause: ({ docRoot: value, url }) => `${url === null} ${sourceOf(value)}`,
  report: (group, host) => {
    const [first, ...others] = group;
    const { pool, docRoot: value, directory, sent, prefix, url } = first;
    const own = pool.settings.find(({ place }) => samePlace(place, value.place));
    const key = own === undefined ? "doc_root" : `${own.key}[doc_root]`;
    const passed = own === undefined && !value.place.span.file.path.endsWith(".ini");
    const roots = new Set(group.map((one) => one.directory));
    // In the right directory one script for every URL is not found, either.
    const moves = group.every(
      ({ binding, sent: its, directory: own }) =>
        exactUrl(binding, its, own) === null && otherUrl(host, binding, own) === null,
    );
    const settings = {
      ...certainty(first),
      at: value.place,
      link: linkOf(first),
      names: namesOf(first.binding, pool),
    };
    if (url !== null)
      return {
        ...settings,
        case: "one-script",
        message: `doc_root of pool [${pool.name}] is set, so PHP looks for ${normalizePath(`${value.value}${url}`)} when the URL is ${url}, and never runs ${sent.param.value}`,
        label: "PHP adds the path of the URL to it",
        related: [
          { place: sent.at, message: "one script for every URL" },
          ...others.map((one) => ({
            place: headPlace(one.binding.location),
            message: `also ${one.binding.label}`,
          })),
        ],
        ...seenByClients(
          'requests end as 404 with "No input file specified."',
          group.map((one) => one.binding),
        ),
        help: helpOf(
          passed ? [] : [[remove(host, value.place)]],
          passed ? "remove doc_root from the value that nginx sends" : null,
        ),
      };
    return {
      ...settings,
      case: "other-directory",
      message: `doc_root of pool [${pool.name}] is ${value.value}, so PHP looks for scripts ${prefix === "" ? "there" : `in ${normalizePath(`${value.value}${prefix}`)}`}, and not in ${directory}, where nginx sends it`,
      label: "PHP looks here",
      related: [
        { place: sent.at, message: `SCRIPT_FILENAME is below ${directory}` },
        ...others.map((one) => ({
          place: headPlace(one.binding.location),
          message: `scripts of ${one.binding.label} are below ${one.directory}`,
        })),
      ],
      ...seenByClients(
        'requests end as 404 with "No input file specified.", or run a script of the same name in doc_root',
        group.map((one) => one.binding),
      ),
      help: helpOf(
        passed
          ? []
          : [
              [remove(host, value.place)],
              roots.size > 1 || prefix !== "" || !moves
                ? null
                : [replace(host, value.place, `${key} = ${directory}`)],
            ],
        passed ? "remove doc_root from the value that nginx sends" : null,
      ),
    };
  },
});

/** Whether a template fills in what a location, or one around it, is for. */
function isTemplated(location: Node): boolean {
  for (let at: Node | null = location; at !== null; at = at.parent)
    if (at.name === "location" && at.directive.args.some(({ placeholder }) => placeholder)) return true;
  return false;
}

const docRoots = perKey((host: Host) => requestValues(host, "doc_root"));

function hasChroot({ pool }: Pair): boolean {
  return pool.partial || pool.settings.some(({ key, value }) => key === "chroot" && value !== "");
}

/** The directory in which nginx has PHP look, `null`: it cannot be told, or SCRIPT_NAME is not the URI's. */
function directoryOf(host: Host, binding: Binding, { set, param }: SentScript): string | null {
  const name = set.params.get("SCRIPT_NAME")?.value ?? "";
  if (!/^\$\{?(?:fastcgi_script_name|uri|document_uri)\}?$/.test(name)) return null;
  const { value } = param;
  const path = scriptPath(value);
  const { alias, written } = rootOf(binding.block);
  if (alias === "all") return directoryOfPattern(host, binding);
  if (alias !== null)
    return /^\$\{?request_filename\}?$/.test(value) && /^\/[^$]*\/$/.test(written)
      ? normalizePath(written)
      : null;
  if (path.kind === "literal-directory") return normalizePath(path.directory);
  if (path.kind === "one-script" && !value.includes("$")) return literalDirectory(binding, value);
  // What comes after the root may be a variable that is not known: the root is not doc_root all the same.
  const below = path.kind === "follows-uri" || BELOW_ROOT.test(value);
  const root = below && path.kind !== "root-alone" ? literalRoot(binding) : null;
  return root === null ? null : normalizePath(root.path);
}

/** The same where an `alias` is made of captures: what `doc_root` would have to be for a script of the location. */
function directoryOfPattern(host: Host, binding: Binding): string | null {
  const outcome = scriptOf(host, binding)?.outcome;
  if (outcome === undefined) return null;
  const [name, script] = [sentParam(outcome, "SCRIPT_NAME"), sentParam(outcome, "SCRIPT_FILENAME")];
  return name?.startsWith("/") === true && script?.startsWith("/") === true
    ? directoryBefore(name, script)
    : null;
}

/** The directory in which `doc_root` and a URL make that script; of another script the one that it is in. */
function directoryBefore(url: string, script: string): string {
  const end = url !== "" && script.endsWith(url) ? -url.length : script.lastIndexOf("/");
  return normalizePath(script.slice(0, end));
}

const BELOW_ROOT = /^\$(?:document_root|realpath_root|\{(?:document_root|realpath_root)\})[/$]/;

/** The directory of a script that is written out: what `doc_root` would have to be for the URL of the location. */
function literalDirectory({ location }: Binding, script: string): string | null {
  if (!script.startsWith("/")) return null;
  const own = argument(location, 0) === "=" ? (argument(location, 1) ?? "") : "";
  return directoryBefore(own, normalizePath(script));
}

/**
 * The one URL of a location with a script that is written out, where PHP makes another path of it; `null`: it makes
 * this path, or the location does not say. Also of a location that only nginx asks for.
 */
function exactUrl(binding: Binding, { param }: SentScript, docRoot: string): string | null {
  const { location, block } = binding;
  const { modifier, text } = matchingOf(location);
  if (modifier !== "=" || childrenNamed(location, "rewrite").length > 0) return null;
  // What a template fills in may be that very URL.
  if (location.directive.args.some(({ placeholder }) => placeholder)) return null;
  const script = param.value.replace(
    /^\$(?:document_root|realpath_root)\b/,
    literalRoot(binding)?.path ?? "$",
  );
  if (script.includes("$") || !script.startsWith("/")) return null;
  const index = text.endsWith("/") ? effectiveNode(block, "fastcgi_index") : null;
  if (index?.kind === "unknown") return null;
  if (index?.kind === "set" && index.node.directive.args[0]?.placeholder === true) return null;
  const name = text + (index?.kind === "set" ? (argument(index.node, 0) ?? "") : "");
  return normalizePath(docRoot + name) === normalizePath(script) ? null : text;
}

/**
 * A URL that surely gets to the location, and for which PHP looks for another file than the one of
 * SCRIPT_FILENAME; `null`: there is none among those that are asked.
 */
function otherUrl(host: Host, binding: Binding, docRoot: string): string | null {
  const { server, pass } = binding;
  if (server === null) return null;
  for (const target of scriptPaths(binding)) {
    if (!target.includes(NOWHERE) || target.endsWith(".php")) continue;
    const found = passedForVisitors(host, server, target);
    if (
      found.length > 0 &&
      found.every(({ outcome }) => outcome.pass === pass && looksElsewhere(outcome, docRoot))
    )
      return withoutMark(target);
  }
  return null;
}

/** The URL in the words of a reader. */
function withoutMark(target: string): string {
  return target.replace(NOWHERE, "some/page");
}

function looksElsewhere(outcome: PhpOutcome, docRoot: string): boolean {
  const [name, script] = [sentParam(outcome, "SCRIPT_NAME"), sentParam(outcome, "SCRIPT_FILENAME")];
  if (name === null || script === null) return false;
  return name.includes(NOWHERE) && !script.includes(NOWHERE) && normalizePath(docRoot + name) !== script;
}

/** The path with the links of the tree followed. */
function realPath(host: Host, path: string): string {
  const entry = host.fs.entry(path);
  return entry.kind === "directory" ? entry.path : path;
}
