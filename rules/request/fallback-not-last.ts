import { defineRule } from "../../src/engine/define.js";
import { fallbackBeforeLast } from "../../src/evidence/fallbacks.js";
import { missingBelow, missingInWords, NOWHERE, serversOf, visit } from "../../src/evidence/meetings.js";
import { helpOf } from "../../src/help/edit.js";
import { endWith } from "../../src/help/try-files.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import type { Way } from "../../src/model/request/resolve/types.js";
import { argument, argumentPlace, enclosing, headPlace, insideServer } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface PassedOver {
  readonly server: Node;
  readonly target: string;
  readonly node: Node;
  /** Which argument is meant as the fallback, from 0. */
  readonly index: number;
  readonly status: number;
}

export const fallbackNotLast = defineRule({
  id: "request/fallback-not-last",
  about: "host",
  alike: true,
  cases: {
    "passed-over": {
      severity: "error",
      symptom: { when: "always", status: 404, log: null },
      summary:
        "the fallback of try_files is followed by another argument, so nginx looks for a file of its name",
    },
    "below-a-path": {
      severity: "warning",
      symptom: { when: "always", status: 404, log: null },
      summary: "likewise, in the location of one path of the site",
    },
  },
  docs: {
    title: "a fallback that is not the last argument",
    fires: [
      markdown`
        an argument of \`try_files\` that is not the last one is a named location of the server, or a script
        with a \`?\` that a location passes on, and every request for a URL without a file surely ends in an
        error: \`try_files $uri /index.php?$args =404;\`
      `,
    ],
    silent: [
      "the last argument leads to PHP, to a file or to a redirect, or its error has a page that does",
      "no location has that name, or none passes that script on",
      "the script is there without a `?`: it may be a file, and `fastcgi/source-exposed` knows what comes of it",
      "the last argument leads back to the same location: `request/redirect-cycle` says so",
      "no request for a URL without a file gets there",
    ],
    why: markdown`
      Only the last argument of \`try_files\` is a URI, a named location or a status. All others are names
      of files: nginx looks for \`/var/www/site/index.php?page=1\` or \`/var/www/site@app\` on the disk,
      finds nothing, and goes on to the last one.
    `,
    instead: markdown`
      Let the fallback end the line: \`try_files $uri $uri/ /index.php?$args;\` or
      \`try_files $uri $uri/ @app;\`. The application answers 404 for what it does not know.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files"],
    twins: { bad: "bad-script", ok: "ok-last" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: `/${NOWHERE}` }, { path: `/app/${NOWHERE}` }] },
  *check(host) {
    const place = ({ node, index }: PassedOver): string => placeKey(argumentPlace(node, index));
    for (const group of groupBy(passedOver(host), place)) {
      const [{ server, target, node, index, status }, ...others] = group;
      const written = argument(node, index) ?? "";
      yield {
        case: target === `/${NOWHERE}` ? "passed-over" : "below-a-path",
        message: `${written} is not the last argument of try_files, so nginx looks for a file of that name: ${target} ends as ${status}`,
        at: argumentPlace(node, index),
        label: "the name of a file here",
        related: [
          { place: argumentPlace(node, index + 1), message: "comes next" },
          ...others.map((one) => ({
            place: headPlace(one.server),
            message: `also in ${serverLabel(one.server)}`,
          })),
        ],
        effect: `${missingInWords(target)} ends as ${status}`,
        help: helpOf([[endWith(host, node, index)]]),
        names: [serverLabel(server), written],
      };
    }
  },
});

function* passedOver(host: Host): Generator<PassedOver> {
  for (const { http, server } of serversOf(host)) {
    for (const node of insideServer(server, "try_files")) {
      const index = fallbackBeforeLast(host, server, node);
      if (index === null) continue;
      const location = node.parent === null ? null : enclosing(node.parent, "location");
      const target = location === null ? `/${NOWHERE}` : missingBelow(location);
      if (target === null) continue;
      const ways = visit(host, http, server, target)?.ways ?? [];
      const [status] = ways.map((way) => errorAfter(way, node));
      if (status === undefined || status === null) continue;
      if (ways.every((way) => errorAfter(way, node) !== null)) yield { server, target, node, index, status };
    }
  }
}

/** The error that a request ends in after the last argument of `node`; `null`: it ends in another way. */
function errorAfter({ steps, outcome }: Way, node: Node): number | null {
  const ended = steps.some((one) => one.kind === "try-files" && one.node === node && one.answer === "last");
  if (!ended || (outcome.kind !== "status" && outcome.kind !== "file")) return null;
  if (outcome.kind === "status" && outcome.reason === "cycle") return null;
  return outcome.status >= 400 ? outcome.status : null;
}
