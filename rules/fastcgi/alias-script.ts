import { defineRule } from "../../src/engine/define.js";
import { withLostScript } from "../../src/evidence/lost-script.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf } from "../../src/help/edit.js";
import { type SentScript, sentScript, writeScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { isUnset } from "../../src/model/request/paths.js";
import { rootOf } from "../../src/model/request/root.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { markdown } from "../../src/source/markdown.js";

interface Doubled {
  readonly binding: Binding;
  readonly sent: SentScript;
  readonly alias: Node;
}

const URI_BELOW_ROOT =
  /^\$\{?(?:document_root|realpath_root)\}?\/?\$\{?(?:fastcgi_script_name|uri|document_uri)\}?$/;

export const aliasScript = defineRule({
  id: "fastcgi/alias-script",
  about: "site",
  alike: true,
  cases: {
    doubled: {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "alias with $document_root$fastcgi_script_name: part of the path appears twice",
    },
  },
  docs: {
    title: "alias with part of the URI twice in SCRIPT_FILENAME",
    fires: [
      markdown`
        an \`alias\` is in effect in a PHP location, its own or that of a location around it, and
        \`SCRIPT_FILENAME\` is \`$document_root$fastcgi_script_name\`, as in \`fastcgi.conf\`
      `,
    ],
    silent: [
      "`SCRIPT_FILENAME` is `$request_filename`",
      "the location is `location /`, where nothing is doubled",
      markdown`
        the \`alias\` has captures: it is then the script itself, and PHP finds it
        (\`cgi.fix_pathinfo\`)
      `,
      "`rewrite` or `fastcgi_split_path_info` removes the prefix from the script's name",
      "a `root` further in is in effect instead",
      "the doubled directory is in the tree",
      "the pool has a `chroot`",
    ],
    why: markdown`
      \`alias\` replaces the beginning of the URI with a directory, and \`$document_root\` is that
      directory, but \`$fastcgi_script_name\` is still the whole URI: \`/blog/index.php\` below
      \`alias /srv/blog/;\` becomes \`/srv/blog//blog/index.php\`. Files are served, but every script
      ends as 404 \`File not found.\`
    `,
    instead: "`fastcgi_param SCRIPT_FILENAME $request_filename;`, which follows the alias.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#alias",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_request_filename",
    ],
  },
  proof: { kind: "daemons", requests: [{ path: "/blog/index.php" }] },
  asksDisk: true,
  find: doubled,
  cause: ({ sent: { at }, alias }) =>
    `${at.span.file.path}:${at.span.start} ${alias.file.path}:${alias.directive.start}`,
  report(group, host) {
    const [{ binding, sent, alias }] = group;
    const location = alias.parent === null ? "" : headText(alias.parent);
    const directory = argument(alias, 0) ?? "";
    const replaced = `alias ${directory} in ${location}`;
    const value = sent.param.value;
    return {
      case: "doubled",
      message: `SCRIPT_FILENAME is ${value}, so with ${replaced} the location's path appears twice`,
      at: sent.at,
      label: "the alias, then the whole URI",
      related: [{ place: argumentPlace(alias, 0), message: "$document_root is this directory" }],
      ...withLostScript(
        "every script of this location ends as 404 File not found",
        group.map((one) => one.binding),
      ),
      help: helpOf([[writeScript(host, binding, sent, "$request_filename")]]),
      names: namesOf(binding),
    };
  },
});

function* doubled(binding: Binding, host: Host): Generator<Doubled> {
  if (binding.serves !== "php") return;
  const { node, alias } = rootOf(binding.block);
  const sent = sentScript(binding);
  if (node === null || alias === null || sent === null || !URI_BELOW_ROOT.test(sent.param.value)) return;
  if (removesPrefix(binding) || isChrooted(binding) || mayBeRight(host, node)) return;
  yield { binding, sent, alias: node };
}

function removesPrefix({ block, location }: Binding): boolean {
  const split = effectiveNode(block, "fastcgi_split_path_info");
  if (split.kind === "unknown") return true;
  // A pattern that does not start at the first letter of the URI starts after the prefix.
  if (split.kind === "set" && !/^\^\((?:\(\?[a-zA-Z]+\))?\.[+*]/.test(argument(split.node, 0) ?? ""))
    return true;
  if (location.partial) return true;
  // nginx does not run the rewrite code of outer locations, and with any other flag it chooses a location
  // again.
  return [location, ...childrenNamed(location, "if")].some((one) =>
    childrenNamed(one, "rewrite").some(
      (node) => !/^(?:last|redirect|permanent)$/.test(argument(node, 2) ?? ""),
    ),
  );
}

function isChrooted({ targets }: Binding): boolean {
  return targets.some(({ pools }) => pools.some((pool) => !isUnset(setting(pool, "chroot"))));
}

/**
 * Whether the doubled path may be meant: an exact path, captures, `location /`, or a directory that
 * exists.
 */
function mayBeRight(host: Host, alias: Node): boolean {
  const args = alias.parent?.directive.args ?? [];
  const name = args.at(-1)?.text ?? "";
  const directory = argument(alias, 0) ?? "";
  if (args.some(({ placeholder }) => placeholder) || /^[=@]/.test(args[0]?.text ?? "")) return true;
  // With captures the alias is the script itself, and PHP reads the rest as PATH_INFO.
  if (/^~/.test(args[0]?.text ?? "")) return true;
  if (name === "/" || !directory.startsWith("/") || directory.includes("$")) return true;
  return host.fs.entry(normalizePath(`${directory}/${name}`)).kind === "directory";
}
