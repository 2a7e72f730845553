import { defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { certainty, sourceOf } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairsOf } from "../../src/evidence/pairs.js";
import { helpOf, remove, replace } from "../../src/help/edit.js";
import { literalRoot, type SentScript, sentScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { requestValues } from "../../src/model/request/php-settings.js";
import { aliasedPrefix, rootOf } from "../../src/model/request/root.js";
import { type ScriptPath, scriptPath } from "../../src/model/request/script-path.js";
import { argument, headPlace } from "../../src/nginx/tree/nodes.js";
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
}

export const docRoot = defineRule({
  id: "fastcgi/doc-root",
  about: "site",
  reads: ["directory"],
  cases: {
    "other-directory": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: "Unable to open primary script: " },
      summary: "PHP's doc_root is another directory than that of SCRIPT_FILENAME",
    },
  },
  docs: {
    title: "doc_root sends PHP to another directory",
    fires: [
      markdown`
        \`doc_root\` is set in the pool, in php.ini or by nginx, and SCRIPT_FILENAME names scripts in another
        directory: below the location's \`root\` or \`alias\`, or below a path that is written out
      `,
    ],
    silent: [
      "`doc_root` is empty, as in every php.ini that is shipped",
      "it is the same directory, also through a link of the tree",
      "the pool has a chroot, or the location is a pattern with an `alias`",
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
  *find(binding, host): Generator<Moved> {
    const { alias, unread } = rootOf(binding.block);
    if (alias === "all" || unread !== null) return;
    const sent = sentScript(binding);
    const prefix = aliasedPrefix(binding.block);
    const directory = sent === null ? null : directoryOf(binding, sent);
    if (sent === null || directory === null) return;
    for (const pair of pairsOf(binding)) {
      const value = docRoots(host)(binding, pair.pool);
      // A chroot that is not known may be one.
      if (value.kind !== "set" || !value.value?.startsWith("/") || hasChroot(pair)) continue;
      const path = normalizePath(value.value);
      // The whole URI follows doc_root, also that part which an alias replaces.
      const own = normalizePath(`${path}${prefix}`);
      if (own === directory || realPath(host, own) === realPath(host, directory)) continue;
      yield { ...pair, sent, directory, prefix, docRoot: { ...value, value: path } };
    }
  },
  cause: ({ docRoot: value }) => sourceOf(value),
  report: (group, host) => {
    const [first, ...others] = group;
    const { pool, docRoot: value, directory, sent, prefix } = first;
    const own = pool.settings.find(({ place }) => samePlace(place, value.place));
    const key = own === undefined ? "doc_root" : `${own.key}[doc_root]`;
    const passed = own === undefined && !value.place.span.file.path.endsWith(".ini");
    const roots = new Set(group.map((one) => one.directory));
    return {
      case: "other-directory",
      ...certainty(first),
      message: `doc_root of pool [${pool.name}] is ${value.value}, so PHP looks for scripts ${prefix === "" ? "there" : `in ${normalizePath(`${value.value}${prefix}`)}`}, and not in ${directory}, where nginx sends it`,
      at: value.place,
      label: "PHP looks here",
      link: linkOf(first),
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
              roots.size > 1 || prefix !== "" ? null : [replace(host, value.place, `${key} = ${directory}`)],
            ],
        passed ? "remove doc_root from the value that nginx sends" : null,
      ),
      names: namesOf(first.binding, pool),
    };
  },
});

const docRoots = perKey((host: Host) => requestValues(host, "doc_root"));

function hasChroot({ pool }: Pair): boolean {
  return pool.partial || pool.settings.some(({ key, value }) => key === "chroot" && value !== "");
}

/** The directory in which nginx has PHP look, `null`: it cannot be told, or SCRIPT_NAME is not the URI's. */
function directoryOf(binding: Binding, { set, param }: SentScript): string | null {
  const name = set.params.get("SCRIPT_NAME")?.value ?? "";
  if (!/^\$\{?(?:fastcgi_script_name|uri|document_uri)\}?$/.test(name)) return null;
  const path = scriptPath(param.value);
  const { alias, written } = rootOf(binding.block);
  if (alias !== null)
    return /^\$\{?request_filename\}?$/.test(param.value) && /^\/[^$]*\/$/.test(written)
      ? normalizePath(written)
      : null;
  if (path.kind === "literal-directory") return normalizePath(path.directory);
  const root = path.kind === "follows-uri" || isFixed(binding, path) ? literalRoot(binding) : null;
  return root === null ? null : normalizePath(root.path);
}

/** One script for many URLs: PHP then looks for the path of the URL, and not for the script. */
function isFixed({ location }: Binding, path: ScriptPath): boolean {
  const own = argument(location, 0) === "=" && argument(location, 1);
  return path.kind === "one-script" && own !== `/${path.name}`;
}

/** The path with the links of the tree followed. */
function realPath(host: Host, path: string): string {
  const entry = host.fs.entry(path);
  return entry.kind === "directory" ? entry.path : path;
}
