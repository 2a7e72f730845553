import { defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { isPage } from "../../src/evidence/what-for.js";
import { helpOf, replace } from "../../src/help/edit.js";
import type { Binding } from "../../src/model/host.js";
import { effectiveFlag, effectiveList } from "../../src/nginx/tree/effective.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import type { Place } from "../../src/source/file.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Intercepted {
  readonly binding: Binding;
  readonly at: Place;
  /** The lines that replace an answer. */
  readonly pages: readonly Node[];
  /** The statuses of these lines. */
  readonly codes: readonly string[];
}

export const interceptedErrors = defineRule({
  id: "fastcgi/intercepted-errors",
  about: "site",
  alike: true,
  cases: {
    replaced: {
      severity: "info",
      symptom: { when: "always", status: 404, log: null },
      summary: "fastcgi_intercept_errors puts nginx's error pages in the place of the application's answers",
    },
  },
  docs: {
    title: "answers of the application that nginx replaces",
    fires: [
      markdown`
        \`fastcgi_intercept_errors on\` is in effect in a PHP location, and an \`error_page\` there has one of
        the statuses that applications answer with by themselves (400 to 422, 500, 503)
      `,
    ],
    silent: [
      "no `error_page` with such a status is in effect",
      "the page is another PHP script or a named location, which may be the application",
      "the location is for the status page, or a part of the configuration was not read",
    ],
    why: markdown`
      With \`fastcgi_intercept_errors on\` nginx throws the body away when the status has an \`error_page\`.
      The application's own page for 404, the JSON with what is wrong in a form (400, 422), a maintenance
      page with 503: clients get nginx's page instead, and scripts in the browser that expect JSON fail.
    `,
    instead: markdown`
      \`fastcgi_intercept_errors off;\` for applications with pages of their own. nginx's \`error_page\` then
      still counts for what nginx itself answers, such as 502 and 504.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_intercept_errors",
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#error_page",
    ],
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/answer.php" }],
    observe: { replaced: "own-answer-lost" },
  },
  reads: ["pool", "directory"],
  find: intercepted,
  cause: ({ at }) => placeKey(at),
  report([first, ...others], host) {
    const { binding, at, pages, codes } = first;
    return {
      case: "replaced",
      message: `nginx replaces what PHP answers with ${list(codes)} in ${binding.label}`,
      at,
      label: "the body that PHP sends is thrown away",
      related: [
        ...pages.map((node) => ({ place: headPlace(node), message: "clients get this instead" })),
        ...others.map((one) => ({
          place: headPlace(one.binding.pass),
          message: `likewise in ${one.binding.label}`,
        })),
      ],
      effect: "the application's own error pages and its JSON with such a status never arrive",
      help: helpOf([[replace(host, at, "fastcgi_intercept_errors off;")]]),
      names: [...namesOf(binding), ...codes],
    };
  },
});

/** Statuses that applications answer with by themselves. */
const OWN = /^(?:40[0134569]|410|422|500|503)$/;

function* intercepted(binding: Binding): Generator<Intercepted> {
  const { block, serves } = binding;
  if (serves !== "php" || isPage(binding)) return;
  const on = effectiveFlag(block, "fastcgi_intercept_errors");
  const list = effectiveList(block, "error_page");
  if (on.kind !== "set" || !on.value || list.kind !== "set" || !list.complete) return;
  const pages = list.nodes.filter((node) => codesOf(node).length > 0 && !isApplication(node));
  const codes = pages.flatMap(codesOf);
  if (pages.length > 0) yield { binding, at: on.place, pages, codes: [...new Set(codes)] };
}

function codesOf({ directive }: Node): readonly string[] {
  return directive.args.flatMap(({ text, placeholder }) => (!placeholder && OWN.test(text) ? [text] : []));
}

/** Whether the page may be the application's: a script, a named location, or a path without an ending. */
function isApplication(node: Node): boolean {
  const page = node.directive.args.at(-1);
  return (
    page === undefined ||
    page.placeholder ||
    !/\.(?:html?|txt|json|xml)$/i.test(page.text) ||
    headText(node).includes("$")
  );
}

function list(codes: readonly string[]): string {
  const last = codes.at(-1) ?? "";
  return codes.length < 2 ? last : `${codes.slice(0, -1).join(", ")} and ${last}`;
}
