import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { missingBelow, NOWHERE, serversOf, visit } from "../../src/evidence/meetings.js";
import { reachesWithoutSlash, sentParam } from "../../src/evidence/scripts.js";
import { helpOf, replaceWord } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import type { Outcome, Step } from "../../src/model/request/resolve/types.js";
import { rootOf } from "../../src/model/request/root.js";
import { argument, argumentPlace, enclosing, headPlace, insideServer } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Tried = Extract<Step, { readonly kind: "try-files" }>;

interface Fallback {
  readonly server: Node;
  readonly target: string;
  readonly step: Tried;
  readonly outcome: Outcome;
  readonly case: "plain" | "alias";
}

const notFound = { when: "always", status: 404, log: null } as const;

export const fallbackWithoutSlash = defineRule({
  id: "request/fallback-without-slash",
  about: "host",
  alike: true,
  cases: {
    plain: {
      severity: "error",
      symptom: notFound,
      summary: "the last argument of try_files is a path without a slash in front",
    },
    alias: {
      severity: "error",
      symptom: notFound,
      summary: "nginx cuts the location's own path off the last argument of try_files, because of an alias",
    },
  },
  docs: {
    title: "a fallback that is not a URI",
    fires: [
      markdown`
        the last argument of a \`try_files\` that requests reach has no slash in front: \`index.php\` instead
        of \`/index.php\`
      `,
      markdown`
        it has one, but a variable is in it and the location has an \`alias\`: nginx then cuts the
        location's path off, and \`/app/index.php?$args\` of \`location /app/\` becomes \`index.php\`
      `,
    ],
    silent: [
      "the last argument is a status (`=404`), a named location or begins with a variable",
      "no request for a URL without a file gets there",
      "the path of the script brings the slash: `$document_root/$fastcgi_script_name`",
      markdown`
        the path of the script is relative (\`SCRIPT_FILENAME $fastcgi_script_name\`), and the pool may have it
        in its \`chroot\` or \`chdir\`
      `,
    ],
    why: markdown`
      The last argument is a URI, not a file. Without a slash no location with a prefix takes it, and the
      path of the file has no slash between root and name: \`/var/www/siteindex.php\`. The client gets
      \`404 Not Found\`, or \`File not found.\` from PHP-FPM.
    `,
    instead: markdown`
      \`try_files $uri $uri/ /index.php$is_args$args;\`. Under an \`alias\` write the location's path twice,
      \`/app//app/index.php?$args\`, or better use \`root\`.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files"],
    twins: { bad: "bad-plain", ok: "ok-slash" },
  },
  asksDisk: true,
  reads: ["directory"],
  proof: { kind: "daemons", requests: [{ path: `/${NOWHERE}` }, { path: `/app/${NOWHERE}` }] },
  *check(host) {
    const place = ({ step }: Fallback): string => placeKey(argumentPlace(step.node, step.index));
    for (const group of groupBy(fallbacks(host), place)) {
      const [first, ...others] = group;
      const { step, server, target, outcome } = first;
      const written = argument(step.node, step.index) ?? "";
      yield {
        case: first.case,
        message:
          first.case === "plain"
            ? `the last argument of try_files, ${written}, has no slash in front: ${target} ends ${endOf(outcome)}`
            : `because of the alias nginx makes ${pathOf(step)} of ${written}: ${target} ends ${endOf(outcome)}`,
        at: argumentPlace(step.node, step.index),
        label: first.case === "plain" ? "a URI begins with a slash" : `becomes ${pathOf(step)}`,
        related: [...aliasOf(step), ...others.map((one) => also(one))],
        effect: `every URL without a file ends ${endOf(outcome)}`,
        help: help(host, first),
        names: [serverLabel(server), written],
      };
    }
  },
});

/** What the argument became, without the query. */
function pathOf({ path }: Tried): string {
  return path.replace(/\?.*$/s, "");
}

function also({ server }: Fallback) {
  return { place: headPlace(server), message: `also in ${serverLabel(server)}` };
}

function aliasOf({ node }: Tried) {
  const found = node.parent === null ? null : rootOf(node.parent);
  return found === null || found.node === null || found.alias === null
    ? []
    : [{ place: headPlace(found.node), message: "with this alias" }];
}

function* fallbacks(host: Host): Generator<Fallback> {
  for (const { http, server } of serversOf(host)) {
    for (const target of targetsIn(server)) {
      for (const way of visit(host, http, server, target)?.ways ?? []) {
        const { steps, outcome } = way;
        const step = steps.find((one): one is Tried => one.kind === "try-files" && one.answer === "last");
        // Where it ends is not known if something on its way was not read.
        if (step === undefined || /^[/@=]/.test(step.path) || outcome.kind === "unknown") continue;
        if (reachesWithoutSlash(host, way, pathOf(step))) continue;
        const written = argument(step.node, step.index) ?? "";
        // What a variable begins with may be meant.
        if (written.startsWith("$")) continue;
        yield { server, target, step, outcome, case: written.startsWith("/") ? "alias" : "plain" };
      }
    }
  }
}

/** A URL without a file, in each location with a `try_files` that says where it is. */
function targetsIn(server: Node): readonly string[] {
  const found = new Set<string>();
  for (const one of insideServer(server, "try_files")) {
    const last = argument(one, one.directive.args.length - 1) ?? "";
    const block = one.parent ?? server;
    const cut = block.name === "location" && rootOf(block).alias !== null;
    if (/^[@=$]/.test(last) || (last.startsWith("/") && !cut)) continue;
    const location = enclosing(block, "location");
    const url = location === null ? `/${NOWHERE}` : missingBelow(location);
    if (url !== null) found.add(url);
  }
  return [...found];
}

function endOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "status":
      return `as ${outcome.status}`;
    case "php": {
      const script = sentParam(outcome, "SCRIPT_FILENAME");
      return script === null ? "as 404 from PHP-FPM" : `as 404, because PHP-FPM looks for ${script}`;
    }
    default:
      return "somewhere else than at the script";
  }
}

function help(host: Host, { step, case: name }: Fallback): HelpDraft {
  const written = argument(step.node, step.index) ?? "";
  const place = argumentPlace(step.node, step.index);
  if (name === "plain") return helpOf([[replaceWord(host, place, `/${written}`)]]);
  const location = step.node.parent === null ? null : enclosing(step.node.parent, "location");
  const path = location?.directive.args.at(-1)?.text ?? "";
  return helpOf([[replaceWord(host, place, `${path}${written}`)]], "or use root instead of alias");
}
