import { defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { helpOf } from "../../src/help/edit.js";
import { literalRoot, type SentScript, sentScript, writeScript } from "../../src/help/script-filename.js";
import { directoryOf, nameOf } from "../../src/host/path.js";
import type { Binding, Host } from "../../src/model/host.js";
import { jailOf } from "../../src/model/request/chroot.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A location that sends paths through a link that a deployment switches. */
interface Switched {
  readonly binding: Binding;
  readonly sent: SentScript;
  /** The value with `$realpath_root` in it. */
  readonly resolved: string;
  readonly root: Place;
  readonly link: DeploymentLink;
}

/** A link in the path of a document root. */
interface DeploymentLink {
  readonly path: string;
  /** Where it leads now; `null`: it is not in the tree, and only its name tells. */
  readonly to: string | null;
}

export const switchedRoot = defineRule({
  id: "fastcgi/switched-root",
  about: "site",
  alike: true,
  cases: {
    "document-root": {
      severity: "info",
      symptom: null,
      summary: "a document root below a link that deployments switch, and $document_root in SCRIPT_FILENAME",
    },
  },
  docs: {
    title: "PHP goes on running the old release after a deployment",
    fires: [
      markdown`
        the \`root\` of a PHP location leads through a link that a deployment switches, and SCRIPT_FILENAME holds
        the path through it (\`$document_root\`, \`$request_filename\`, the path written out)
      `,
      markdown`
        the link is called \`current\`, or it leads into a directory \`releases\`; where the tree has no such
        path, \`/current/\` in it is enough for a guess
      `,
    ],
    silent: [
      "SCRIPT_FILENAME begins with `$realpath_root`",
      "`current` is a directory in the tree, or the link is any other",
      "the root has a variable in it, or the pool has a chroot",
    ],
    why: markdown`
      PHP remembers for two minutes where a path led (\`realpath_cache_ttl\`), and OPcache keeps the script under
      the path that nginx sent: it looks at the times of the file that it compiled, which is still there. So the
      link leads to the new release, nginx serves its pictures and styles, and PHP runs the old code, until the
      pool is reloaded. With \`$realpath_root\` nginx follows the link in each request, and each release has
      paths of its own.
    `,
    instead: markdown`
      \`fastcgi_param SCRIPT_FILENAME $realpath_root$fastcgi_script_name;\` and \`fastcgi_param DOCUMENT_ROOT
      $realpath_root;\`, or reload PHP-FPM in each deployment.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_realpath_root",
      "https://www.php.net/manual/en/ini.core.php#ini.realpath-cache-ttl",
    ],
  },
  proof: { kind: "daemons", observe: { "document-root": "old-release-after-switch" } },
  asksDisk: true,
  reads: ["directory"],
  *find(binding, host): Generator<Switched> {
    if (binding.serves !== "php") return;
    if (binding.targets.some(({ pools }) => pools.some((pool) => jailOf(pool) !== null))) return;
    const root = literalRoot(binding);
    const sent = root === null ? null : sentScript(binding);
    if (root === null || sent === null) return;
    const resolved = resolvedScript(sent.param.value, root.path);
    const link = resolved === null ? null : deploymentLink(host, root.path);
    if (resolved !== null && link !== null) yield { binding, sent, resolved, root: root.place, link };
  },
  cause: ({ sent, link }) => `${placeKey(sent.at)} ${link.path}`,
  report: (group, host) => {
    const [{ binding, sent, resolved, root, link }, ...others] = group;
    const leads = link.to === null ? "" : `, which leads to ${link.to} now`;
    return {
      case: "document-root",
      settle:
        link.to === null ? `Whether ${link.path} is a link would settle it: the files do not tell.` : null,
      message: `SCRIPT_FILENAME is ${sent.param.value}, below the link ${link.path}${leads}: after a switch PHP goes on running what it led to before`,
      at: sent.at,
      label: "the path through the link",
      related: [
        { place: root, message: `the root is below ${link.path}` },
        ...others.map((one) => ({
          place: headPlace(one.binding.location),
          message: `${one.binding.label} also sends it`,
        })),
      ],
      effect: "after a deployment, requests are answered by the code of the release before",
      help: helpOf(
        [[writeScript(host, binding, sent, resolved)]],
        "an application that reads DOCUMENT_ROOT needs fastcgi_param DOCUMENT_ROOT $realpath_root; too",
      ),
      names: namesOf(binding),
    };
  },
});

/** The value with the link followed; `null`: it does not begin with the root, or follows the link already. */
function resolvedScript(value: string, root: string): string | null {
  if (/^\$\{?request_filename\}?$/.test(value)) return "$realpath_root$fastcgi_script_name";
  const [variable] = /^\$(?:document_root\b|\{document_root\})/.exec(value) ?? [];
  if (variable !== undefined) return `$realpath_root${value.slice(variable.length)}`;
  const rest = value.slice(root.length);
  return value.startsWith(root) && /^[/$]/.test(rest) ? `$realpath_root${rest}` : null;
}

function deploymentLink(host: Host, root: string): DeploymentLink | null {
  const parts = root.split("/").filter((part) => part !== "");
  for (let count = 1; count <= parts.length; count += 1) {
    const path = `/${parts.slice(0, count).join("/")}`;
    const found = host.fs.entry(path);
    if (found.kind === "missing") {
      const at = parts.indexOf("current", count - 1);
      return found.dangling || at === -1 ? null : { path: `/${parts.slice(0, at + 1).join("/")}`, to: null };
    }
    // A copy without links has a small file in the place of one.
    if (found.kind === "file") return nameOf(path) === "current" ? { path, to: null } : null;
    const parent = host.fs.entry(directoryOf(path)).path;
    const isLink = found.path !== `${parent === "/" ? "" : parent}/${nameOf(path)}`;
    if (
      found.kind === "directory" &&
      isLink &&
      (nameOf(path) === "current" || /\/releases\//.test(found.path))
    )
      return { path, to: found.path };
  }
  return null;
}
