import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { fallbackBeforeLast } from "../../src/evidence/fallbacks.js";
import {
  type Lead,
  leadOf,
  leadPlace,
  missingInWords,
  missingUrls,
  NOWHERE,
  serversOf,
  visit,
  visitorsWays,
} from "../../src/evidence/meetings.js";
import { helpOf, replaceWord } from "../../src/help/edit.js";
import { endWith } from "../../src/help/try-files.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import { argument, argumentPlace, childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Cycle {
  readonly server: Node;
  readonly target: string;
  readonly lead: Lead | null;
  readonly at: Place;
}

export const redirectCycle = defineRule({
  id: "request/redirect-cycle",
  about: "host",
  alike: true,
  cases: {
    always: {
      severity: "error",
      symptom: { when: "always", status: 500, log: "rewrite or internal redirection cycle" },
      summary: "every request for a URL without a file ends in an internal redirection cycle",
    },
  },
  docs: {
    title: "an internal redirection cycle",
    fires: [
      markdown`
        a request for the start page, or for a URL without a file (\`/${NOWHERE}\`), surely ends in a cycle:
        the last argument of \`try_files\` or a \`rewrite\` leads back to the same location, whatever files
        there are
      `,
    ],
    silent: [
      "the cycle would end at a file that may exist, as with `try_files $uri /index.html;`",
      "a part of the way is not known: a variable, a template, a file that was not read",
      "the docroot of the tree has no site in it, or an image or a command may put more there",
    ],
    why: markdown`
      nginx takes the last argument of \`try_files\`, and what \`rewrite … last\` makes, as a new URI and
      chooses a location for it. When that is the same location, and again no file is there, it goes round.
      After ten rounds nginx answers \`500 Internal Server Error\`. Often a location for PHP is missing, or
      its pattern does not match what the fallback asks for: \`/index.php/cart\` does not end in \`.php\`.
    `,
    instead: markdown`
      End in a status or in a URI that another location takes:
      \`try_files $uri $uri/ /index.php$is_args$args;\` with a location for \`.php\`, or
      \`try_files $uri $uri/ =404;\`.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_rewrite_module.html#rewrite",
    ],
    twins: { bad: "bad-try-files", ok: "ok-script" },
  },
  asksDisk: true,
  proof: { kind: "daemons", requests: [{ path: `/${NOWHERE}` }, { path: `/app/${NOWHERE}` }] },
  *check(host) {
    for (const group of groupBy(cycles(host), ({ at }) => placeKey(at))) {
      const [{ server, target, lead, at }, ...others] = group;
      yield {
        case: "always",
        message: `a request for ${target} goes round in ${serverLabel(server)}: ${roundOf(lead)}`,
        at,
        label: "leads back to where the request comes from",
        related: others.map((one) => ({
          place: headPlace(one.server),
          message: `also in ${serverLabel(one.server)}`,
        })),
        effect: `nginx answers 500 Internal Server Error to ${target === "/" ? "the start page" : missingInWords(target)}`,
        help: help(host, server, lead),
        names: [serverLabel(server), target],
      };
    }
  },
});

function* cycles(host: Host): Generator<Cycle> {
  for (const { http, server } of serversOf(host)) {
    const targets = [...missingUrls(server), ...(hasOwnStart(server) ? ["/"] : [])];
    const told = new Set<string>();
    for (const target of targets) {
      const ways = visit(host, http, server, target)?.ways ?? [];
      const round = ways.every(({ outcome }) => outcome.kind === "status" && outcome.reason === "cycle");
      const [way] = ways;
      if (way === undefined || !round) continue;
      const lead = leadOf(way);
      const at = lead === null ? headPlace(server) : leadPlace(lead, headPlace(server));
      if (mayExist(lead) || told.has(placeKey(at))) continue;
      // The start page only where nothing worse is wrong.
      if (target === "/" && told.size > 0) continue;
      told.add(placeKey(at));
      yield { server, target, lead, at };
    }
  }
}

/** Whether the start page has a location of its own, so that it may go another way. */
function hasOwnStart(server: Node): boolean {
  return childrenNamed(server, "location").some(
    (one) => argument(one, 0) === "=" && argument(one, 1) === "/",
  );
}

/** Whether it would end at a plain file, which somebody may put there: `try_files $uri /index.html;`. */
function mayExist(lead: Lead | null): boolean {
  if (lead?.kind !== "try-files") return false;
  const path = (argument(lead.node, lead.index) ?? "").replace(/(?:\?|\$is_args).*$/s, "");
  return !path.includes("$") && !/\.php\b/.test(path);
}

function roundOf(lead: Lead | null): string {
  if (lead === null) return "nginx chooses the same location again and again";
  if (lead.kind === "index") return `the index ${lead.path} leads back to the same location`;
  if (lead.kind !== "try-files") return `${headText(lead.node)} leads back to the same location`;
  const last = argument(lead.node, lead.index) ?? "";
  return `the last argument of try_files, ${last}, leads back to the same location`;
}

const SCRIPT = "/index.php";

function help(host: Host, server: Node, lead: Lead | null): HelpDraft {
  if (lead?.kind !== "try-files")
    return helpOf([], "let the new URI be one that another location takes, or end the rewriting with break");
  const meant = fallbackBeforeLast(host, server, lead.node);
  if (meant !== null) return helpOf([[endWith(host, lead.node, meant)]]);
  const written = argument(lead.node, lead.index) ?? "";
  const place = argumentPlace(lead.node, lead.index);
  const ways = visitorsWays(host, server, SCRIPT);
  const passes = ways.length > 0 && ways.every(({ outcome }) => outcome.kind === "php");
  const end = `${SCRIPT}$is_args$args`;
  if (written.includes(".php"))
    return passes
      ? helpOf([[replaceWord(host, place, end)]], `or let a location also pass ${written} to PHP-FPM`)
      : helpOf(
          [],
          "add a location that passes this URI to PHP-FPM: location ~ \\.php(?:$|/) with fastcgi_pass",
        );
  return passes
    ? helpOf([[replaceWord(host, place, `${written} ${end}`)]], "or make =404 the last argument")
    : helpOf([[replaceWord(host, place, `${written} =404`)]]);
}
