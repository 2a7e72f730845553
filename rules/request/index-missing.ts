import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import {
  isScript,
  leadOf,
  leadPlace,
  NOWHERE,
  serversOf,
  visit,
  visitorsWays,
} from "../../src/evidence/meetings.js";
import { sentParam } from "../../src/evidence/scripts.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import type { Step, Way } from "../../src/model/request/resolve/types.js";
import { rootOf } from "../../src/model/request/root.js";
import { effectiveList } from "../../src/nginx/tree/effective.js";
import { enclosing, headPlace } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Forbidden {
  readonly server: Node;
  /** The block whose `index` is in effect. */
  readonly block: Node;
  /** The directory, with its slash. */
  readonly directory: string;
  /** The names that are looked for there. */
  readonly names: readonly string[];
  /** What hands every other URL to the script. */
  readonly fallback: Place;
  readonly at: Place;
  /** Whether the tree holds the directory, so that none of the names is there. */
  readonly certain: boolean;
}

export const indexMissing = defineRule({
  id: "request/index-missing",
  about: "host",
  alike: true,
  cases: {
    "start-page": {
      severity: "warning",
      symptom: { when: "always", status: 403, log: "directory index of" },
      summary:
        "index.php takes every URL without a file, but no index names it, so the start page is forbidden",
    },
  },
  docs: {
    title: "no index for the start page",
    fires: [
      markdown`
        a request for a URL without a file surely gets to the \`index.php\` of the server's root, while \`/\`
        surely ends in the directory itself, because \`$uri/\` finds it, and the \`index\` in effect (by
        default \`index.html\`) names no script; info where the directory is not in the tree
      `,
    ],
    silent: [
      "a file that the index names is there",
      "`autoindex` lists the directory, or another location, a `rewrite` or an `error_page` takes `/`",
      markdown`
        the root is nginx's own (\`/usr/share/nginx/html\`), which comes with an \`index.html\`
      `,
      "a part of the way is not known: a variable, a template, a file that was not read",
    ],
    why: markdown`
      \`try_files $uri $uri/ /index.php;\` finds the directory for \`/\`, and never gets to its last argument.
      nginx then looks for an index there. Without an \`index\` directive it only looks for \`index.html\`,
      and a directory without one is \`403 Forbidden\`.
    `,
    instead: "`index index.php;` in the server, or `try_files $uri /index.php$is_args$args;` without `$uri/`",
    references: ["https://nginx.org/en/docs/http/ngx_http_index_module.html#index"],
    twins: { bad: "bad-default", ok: "ok-index" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: "/" }] },
  *check(host) {
    for (const group of groupBy(forbidden(host), ({ at }) => placeKey(at))) {
      const [first, ...others] = group;
      const { server, directory, names, at, certain } = first;
      yield {
        case: "start-page",
        settle: certain ? null : `Whether ${directory} has ${names.join(" or ")} would settle it.`,
        message: `/index.php takes every URL without a file, but for / nginx looks for ${names.join(" and ")} in ${directory} and for nothing else`,
        at,
        label: "finds the directory for /",
        related: [...placesOf(first), ...others.map((one) => also(one))],
        effect: "nginx answers 403 Forbidden to the start page",
        help: help(host, first),
        names: [serverLabel(server), directory],
      };
    }
  },
});

function* forbidden(host: Host): Generator<Forbidden> {
  for (const { http, server } of serversOf(host)) {
    const others = visit(host, http, server, `/${NOWHERE}`)?.ways ?? [];
    const [other] = others;
    const lead = other === undefined ? null : leadOf(other);
    if (lead === null) continue;
    const ways = visit(host, http, server, "/")?.ways ?? [];
    const ends = ways.filter(({ outcome }) => outcome.kind === "status" && outcome.reason === "no-index");
    const [end] = ends;
    if (end?.outcome.kind !== "status" || end.outcome.status !== 403) continue;
    const looked = end.steps.filter((one) => one.kind === "index");
    const path = looked[0]?.path ?? "";
    const directory = path.slice(0, path.lastIndexOf("/") + 1);
    const { block } = end.outcome;
    if (looked.some(({ path }) => isScript(path)) || isOfNginx(block, directory)) continue;
    if (!others.every((way) => isFrontController(way, directory))) continue;
    // What else there is has one of these files.
    if (!ways.every((way) => ends.includes(way) || hasOne(way, looked))) continue;
    const tried = end.steps.findLast((one) => one.kind === "try-files" && one.answer === "found");
    yield {
      server,
      block,
      directory,
      names: looked.map(({ path }) => path.slice(directory.length)),
      fallback: leadPlace(lead, headPlace(server)),
      at: tried?.place ?? headPlace(enclosing(block, "location") ?? server),
      certain: ways.length === ends.length,
    };
  }
}

type Looked = Extract<Step, { readonly kind: "index" }>;

/** Whether a way rests on one of the files that the index names. */
function hasOne({ rests }: Way, looked: readonly Looked[]): boolean {
  return rests.some(
    (one) =>
      one.kind === "path" && !one.is.includes("missing") && looked.some(({ path }) => path === one.path),
  );
}

/** Whether a request gets to the `index.php` of the directory. */
function isFrontController({ outcome }: Way, directory: string): boolean {
  if (outcome.kind !== "php") return false;
  return outcome.uri === "/index.php" || sentParam(outcome, "SCRIPT_FILENAME") === `${directory}index.php`;
}

/** Whether it is a directory that comes with nginx and has an `index.html`. */
function isOfNginx(block: Node, directory: string): boolean {
  return rootOf(block).node === null || directory === "/usr/share/nginx/html/";
}

function placesOf({ block, fallback }: Forbidden): readonly RelatedReport[] {
  const index = effectiveList(block, "index");
  return [
    { place: fallback, message: "takes every URL without a file" },
    ...(index.kind === "set"
      ? index.nodes.map((node) => ({ place: headPlace(node), message: "names no script" }))
      : []),
  ];
}

function also({ server }: Forbidden): RelatedReport {
  return { place: headPlace(server), message: `also in ${serverLabel(server)}` };
}

/** The index gets a script where a location runs it. */
function help(host: Host, { server, block }: Forbidden): HelpDraft {
  const without = "take $uri/ out of try_files, so that the fallback also takes the start page";
  const ways = visitorsWays(host, server, "/index.php");
  if (ways.length === 0 || !ways.every(({ outcome }) => outcome.kind === "php")) return helpOf([], without);
  const index = effectiveList(block, "index");
  const [node] = index.kind === "set" ? index.nodes : [];
  if (node === undefined) return helpOf([[addInto(host, headPlace(server), "index index.php;")]], without);
  const names = node.directive.args.map(({ text }) => text).join(" ");
  return helpOf([[replace(host, headPlace(node), `index ${names} index.php;`)]], without);
}
