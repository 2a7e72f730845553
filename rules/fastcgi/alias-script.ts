import { defineRule } from "../../src/engine/define.js";
import { namesOf, phpBindings } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf } from "../../src/help/edit.js";
import { type SentScript, sentScript, writeScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { isUnset } from "../../src/model/request/paths.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";

interface Doubled {
  readonly binding: Binding;
  readonly sent: SentScript;
  readonly alias: Node;
}

const URI_BELOW_ROOT =
  /^\$\{?(?:document_root|realpath_root)\}?\/?\$\{?(?:fastcgi_script_name|uri|document_uri)\}?$/;

export const aliasScript = defineRule({
  id: "fastcgi/alias-script",
  about: "host",
  cases: {
    doubled: {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "alias with $document_root$fastcgi_script_name: a part of the path is there twice",
    },
  },
  docs: {
    title: "alias, and the URI behind it once more",
    what: "Fires when an `alias` counts in a PHP location, its own or that of a location around it, and `SCRIPT_FILENAME` is `$document_root$fastcgi_script_name`, as in `fastcgi.conf`.\n\nSilent for `$request_filename`; for `location /`, where nothing is doubled; for an `alias` with captures, which is the script itself, so that PHP finds it (`cgi.fix_pathinfo`); when `rewrite` or `fastcgi_split_path_info` takes the prefix off the script's name; when a `root` further in counts instead; when the doubled directory is in the tree; and for pools with a `chroot`.",
    why: "`alias` exchanges the beginning of the URI for a directory, and `$document_root` is that directory, but `$fastcgi_script_name` is still the whole URI: `/blog/index.php` below `alias /srv/blog/;` becomes `/srv/blog//blog/index.php`. Files are served, every script is 404 `File not found.`",
    instead: "`fastcgi_param SCRIPT_FILENAME $request_filename;`, which follows the alias.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#alias",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_request_filename",
    ],
  },
  proof: { kind: "daemons", requests: [{ path: "/blog/index.php" }] },
  *check(host) {
    const key = ({ sent: { at }, alias }: Doubled): string =>
      `${at.span.file.path}:${at.span.start} ${alias.file.path}:${alias.directive.start}`;
    for (const group of groupBy(doubled(host), key)) {
      const [{ binding, sent, alias }] = group;
      const location = alias.parent === null ? "" : headText(alias.parent);
      const directory = argument(alias, 0) ?? "";
      yield {
        case: "doubled",
        message: `SCRIPT_FILENAME is ${sent.param.value}, and with alias ${directory} in ${location} the URI's own directories follow it once more`,
        at: sent.at,
        label: "the alias, and then the whole URI",
        related: [{ place: argumentPlace(alias, 0), message: "$document_root is this directory" }],
        effect: "every script of this location ends as 404 File not found",
        help: helpOf([[writeScript(host, binding, sent, "$request_filename")]]),
        names: namesOf(binding),
      };
    }
  },
});

function* doubled(host: Host): Generator<Doubled> {
  for (const binding of phpBindings(host)) {
    const alias = effectiveNode(binding.block, "alias");
    const sent = sentScript(binding);
    if (alias.kind !== "set" || sent === null || !URI_BELOW_ROOT.test(sent.param.value)) continue;
    if (!isNearest(binding, alias.node) || takesPrefixOff(binding) || isChrooted(binding)) continue;
    if (mayBeRight(host, alias.node)) continue;
    yield { binding, sent, alias: alias.node };
  }
}

/** A root in a location further in counts instead. */
function isNearest({ block }: Binding, alias: Node): boolean {
  const root = effectiveNode(block, "root");
  if (root.kind !== "set") return root.kind === "default";
  for (let at = alias.parent; at !== null; at = at.parent)
    if (at === root.node.parent && at !== alias.parent) return true;
  return false;
}

function takesPrefixOff({ block, location }: Binding): boolean {
  const split = effectiveNode(block, "fastcgi_split_path_info");
  if (split.kind === "unknown") return true;
  // What does not begin with the first letter of the URI begins behind the prefix.
  if (split.kind === "set" && !/^\^\((?:\(\?[a-zA-Z]+\))?\.[+*]/.test(argument(split.node, 0) ?? ""))
    return true;
  if (location.partial) return true;
  // nginx does not run the code of the locations around, and with every other flag it looks for a location anew.
  return [location, ...childrenNamed(location, "if")].some((one) =>
    childrenNamed(one, "rewrite").some(
      (node) => !/^(?:last|redirect|permanent)$/.test(argument(node, 2) ?? ""),
    ),
  );
}

function isChrooted({ targets }: Binding): boolean {
  return targets.some(({ pools }) => pools.some((pool) => !isUnset(setting(pool, "chroot"))));
}

function mayBeRight(host: Host, alias: Node): boolean {
  const args = alias.parent?.directive.args ?? [];
  const name = args.at(-1)?.text ?? "";
  const directory = argument(alias, 0) ?? "";
  if (args.some(({ placeholder }) => placeholder) || /^[=@]/.test(args[0]?.text ?? "")) return true;
  // With captures the alias is the script itself, and PHP takes what follows it for a path behind it.
  if (/^~/.test(args[0]?.text ?? "")) return true;
  if (name === "/" || !directory.startsWith("/") || directory.includes("$")) return true;
  return host.fs.entry(normalizePath(`${directory}/${name}`)).kind === "directory";
}
