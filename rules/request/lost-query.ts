import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import {
  type Lead,
  leadOf,
  leadPlace,
  missingUrls,
  NOWHERE,
  serversOf,
  visit,
} from "../../src/evidence/meetings.js";
import { reachesWithoutSlash } from "../../src/evidence/scripts.js";
import { helpOf, replaceWord } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import { serverLabel } from "../../src/model/labels.js";
import type { PhpOutcome, Way } from "../../src/model/request/resolve/types.js";
import { argument, argumentPlace, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { groupBy } from "../../src/source/collect.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Lost {
  readonly server: Node;
  readonly lead: Lead;
  readonly outcome: PhpOutcome;
  readonly case: "query" | "form";
}

export const lostQuery = defineRule({
  id: "request/lost-query",
  about: "host",
  alike: true,
  cases: {
    query: {
      severity: "info",
      symptom: { when: "always", status: 200, log: null },
      summary: "the fallback to a script drops the query string",
    },
    form: {
      severity: "warning",
      symptom: { when: "always", status: 200, log: null },
      summary: "error_page hands every request to a script, as a GET without its form and its query string",
    },
  },
  docs: {
    title: "a fallback that loses the query or the form",
    fires: [
      markdown`
        the last argument of \`try_files\` is a script without \`$is_args$args\` or a query of its own that
        has \`$args\` in it (info)
      `,
      markdown`
        \`error_page 404 = /index.php\` hands URLs without a file to a script as its own pages: a POST
        becomes a GET without a body, and the query string is gone (warning)
      `,
    ],
    silent: [
      "QUERY_STRING is sent from `$request_uri` or from a variable that keeps it",
      markdown`
        the page of an \`error_page\` keeps the status of the error, as a page for errors does
        (\`error_page 404 /404.php;\`), or is not an \`index.php\`
      `,
      "the way of such a request is not known",
    ],
    why: markdown`
      The last argument of \`try_files\` is a whole new URI, and nginx adds no query to it. \`$_GET\` is
      empty for every pretty URL: searches, filters and pages do not work, though \`REQUEST_URI\` still has
      the query, which is all that some applications read. \`error_page\` also changes the method to GET and
      drops the body, so that forms seem to do nothing.
    `,
    instead: "`try_files $uri $uri/ /index.php$is_args$args;`",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#try_files",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    ],
    twins: { bad: "bad-try-files", ok: "ok-args" },
  },
  asksDisk: true,
  proof: {
    kind: "daemons",
    requests: [{ path: `/${NOWHERE}?name=value` }, { path: `/app/${NOWHERE}?name=value` }],
    observe: { query: "query-lost", form: "query-lost" },
  },
  *check(host) {
    const key = (one: Lost): string => `${one.case} ${placeKey(leadPlace(one.lead, headPlace(one.server)))}`;
    for (const group of groupBy(losses(host), key)) {
      const [{ server, lead, case: name }, ...others] = group;
      const script = "node" in lead ? headText(lead.node) : lead.path;
      yield {
        case: name,
        message:
          name === "query"
            ? `${script} hands URLs without a file to a script without their query string`
            : `${script} makes a GET of every POST, without its form and its query string`,
        at: leadPlace(lead, headPlace(server)),
        label: name === "query" ? "$args is not passed on" : "the form and the query end here",
        related: others.map((one) => ({
          place: headPlace(one.server),
          message: `also in ${serverLabel(one.server)}`,
        })),
        effect:
          name === "query"
            ? "$_GET is empty for every URL that the script answers by this way"
            : "forms that are sent to such a URL arrive empty: $_POST and $_GET have nothing in them",
        help: help(host, lead),
        names: [serverLabel(server), name],
      };
    }
  },
});

const QUERY = "name=value";

function* losses(host: Host): Generator<Lost> {
  for (const { http, server } of serversOf(host)) {
    // Asked anew with a query only where it may be lost.
    const lossy = missingUrls(server).filter((target) =>
      (visit(host, http, server, target)?.ways ?? []).some(mayLose),
    );
    for (const way of lossy.flatMap(
      (target) => visit(host, http, server, `${target}?${QUERY}`)?.ways ?? [],
    )) {
      const { outcome } = way;
      const lead = leadOf(way);
      if (outcome.kind !== "php" || lead === null || hasQuery(outcome)) continue;
      // Without a slash in front hardly anything gets to a script: another rule is about that.
      if (
        lead.kind === "try-files" &&
        lead.answer === "last" &&
        (lead.path.startsWith("/") || reachesWithoutSlash(host, way, lead.path))
      )
        yield { server, lead, outcome, case: "query" };
      if (lead.kind === "error-page" && isFrontController(outcome))
        yield { server, lead, outcome, case: "form" };
    }
  }
}

function mayLose(way: Way): boolean {
  const lead = leadOf(way);
  if (way.outcome.kind !== "php" || lead === null) return false;
  return lead.kind === "error-page" || (lead.kind === "try-files" && !KEEPS.test(lastWord(lead)));
}

const KEEPS = /\$\{?(?:args|query_string|request_uri)\b/;

function lastWord({ node, index }: Extract<Lead, { readonly kind: "try-files" }>): string {
  return argument(node, index) ?? "";
}

/** Whether a script answers as its own page: one that keeps the status, or is named for it, is about the error. */
function isFrontController({ status, uri }: PhpOutcome): boolean {
  const kept = status === null || status === 200;
  return kept && uri.toLowerCase().endsWith("/index.php") && !/err|[45]\d\d/i.test(uri);
}

/** Whether the query, or something that is not known, reaches PHP as QUERY_STRING. */
function hasQuery({ params }: PhpOutcome): boolean {
  const sent = params.findLast(({ name }) => name === "QUERY_STRING");
  return sent === undefined || sent.text === null || sent.text.includes(QUERY);
}

function help(host: Host, lead: Lead): HelpDraft {
  if (lead.kind !== "try-files")
    return helpOf([], "use try_files $uri $uri/ /index.php$is_args$args in location / instead of error_page");
  const written = argument(lead.node, lead.index) ?? "";
  const more = written.includes("?") ? "&$args" : "$is_args$args";
  return helpOf([[replaceWord(host, argumentPlace(lead.node, lead.index), `${written}${more}`)]]);
}
