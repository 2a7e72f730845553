import { groupBy, linkOf, namesOf, type Pair, pairs } from "../../src/engine/evidence.js";
import { certainty, poolKey } from "../../src/engine/grouping.js";
import { helpText } from "../../src/engine/help.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { literalRoot, type SentScript, sentScript, writeScript } from "../../src/engine/script-location.js";
import { setting } from "../../src/fpm/pools.js";
import { normalizePath } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { effectiveNode } from "../../src/nginx/effective.js";
import { headPlace } from "../../src/nginx/nodes.js";
import type { SetValue } from "../../src/source/effective.js";

interface Outer extends Pair {
  readonly sent: SentScript;
  readonly chroot: SetValue<string>;
  /** The directory that the parameter begins with, seen from outside. */
  readonly directory: string;
}

const ROOT = /^\$\{?(?:document_root|realpath_root|request_filename)\}?/;

export const chrootPath: Rule = {
  id: "fastcgi/chroot-path",
  cases: {
    "outer-root": {
      severity: "error",
      symptom: { when: "always", status: 404, log: "Primary script unknown" },
      summary: "SCRIPT_FILENAME carries the path from outside the pool's chroot",
    },
  },
  docs: {
    title: "a path from outside the pool's chroot",
    what: "Fires when a pool has a `chroot` and the `SCRIPT_FILENAME` that nginx sends it begins with a directory in that chroot as it is called from outside: the `root` of the location, or a path that is written out. Silent when that path exists inside the chroot, too, when the `root` lies elsewhere (a tree of its own may stand in the chroot), and when either is not known.",
    why: "In its chroot PHP-FPM's `/` is the directory of `chroot`. It looks for `/srv/site/public/index.php` below `/srv/site` and finds nothing: 404 `File not found.`, `Primary script unknown`.",
    instead: "Send the path as it is inside: `fastcgi_param SCRIPT_FILENAME /public$fastcgi_script_name;`.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#chroot",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param",
    ],
  },
  options: noOptions,
  proof: { kind: "daemons" },
  *check(host) {
    const key = (one: Outer): string => {
      const { file, start } = one.sent.at.span;
      return `${poolKey(one)} ${file.path}:${start} ${one.directory}`;
    };
    for (const group of groupBy(outer(host), key)) {
      const [first] = group;
      const { binding, pool, sent, chroot, directory } = first;
      const inside = directory.slice(chroot.value.length);
      yield {
        case: "outer-root",
        ...certainty(first),
        message: `SCRIPT_FILENAME begins with ${directory}, but pool [${pool.name}] runs in the chroot ${chroot.value}, where that is ${inside === "" ? "/" : inside}`,
        at: sent.at,
        label: "a path from outside the chroot",
        link: linkOf(first),
        related: [
          { place: chroot.place, message: "the root of the pool's file system" },
          ...group.slice(1).map((one) => ({
            place: headPlace(one.binding.location),
            message: `${one.binding.label} sends it, too`,
          })),
        ],
        effect: "every request to this location ends as 404 File not found",
        help: helpText([[writeScript(host, binding, sent, `${inside}$fastcgi_script_name`)]]),
        names: namesOf(binding, pool),
      };
    }
  },
};

function* outer(host: Host): Generator<Outer> {
  for (const pair of pairs(host)) {
    const chroot = setting(pair.pool, "chroot");
    const sent = sentScript(pair.binding);
    if (chroot.kind !== "set" || sent === null || !chroot.value?.startsWith("/")) continue;
    const jail = normalizePath(chroot.value);
    const directory = directoryOf(pair, sent);
    if (jail === "/" || directory === null || !`${directory}/`.startsWith(`${jail}/`)) continue;
    // A link or a copy inside may make the path right in there.
    if (host.fs.entry(normalizePath(`${jail}${directory}`)).kind !== "missing") continue;
    yield { ...pair, sent, chroot: { ...chroot, value: jail }, directory };
  }
}

function directoryOf({ binding }: Pair, { param: { value } }: SentScript): string | null {
  if (ROOT.test(value)) {
    const root = literalRoot(binding);
    return root === null || effectiveNode(binding.block, "alias").kind !== "default"
      ? null
      : normalizePath(root.path);
  }
  const literal = /^(\/[^$]+)\$/.exec(value)?.[1];
  return literal === undefined ? null : normalizePath(literal);
}
