import { defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { isOneAddress, isPage, isSubrequest, mayHaveBody } from "../../src/evidence/what-for.js";
import { addAfter, helpOf } from "../../src/help/edit.js";
import type { Binding } from "../../src/model/host.js";
import {
  effectiveParams,
  hiddenSource,
  missingForPhp,
  type ParamSet,
  surelyPhp,
} from "../../src/model/request/fastcgi-params.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import { markdown } from "../../src/source/markdown.js";
import { wordMap } from "../../src/source/word-map.js";

interface Lost {
  readonly binding: Binding;
  readonly set: ParamSet;
  readonly names: readonly string[];
}

/** The lines that `fastcgi_params` has for them. */
const LINES: ReadonlyMap<string, string> = wordMap({
  CONTENT_TYPE: "fastcgi_param CONTENT_TYPE $content_type;",
  CONTENT_LENGTH: "fastcgi_param CONTENT_LENGTH $content_length;",
  QUERY_STRING: "fastcgi_param QUERY_STRING $query_string;",
});

export const lostBodyParams = defineRule({
  id: "fastcgi/lost-body-params",
  about: "site",
  alike: true,
  cases: {
    body: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "CONTENT_LENGTH or CONTENT_TYPE is not among the parameters: $_POST is always empty",
    },
    query: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "QUERY_STRING is not among the parameters: $_GET is always empty",
    },
  },
  docs: {
    title: "PHP does not get the form or the query string",
    fires: [
      markdown`
        the parameters in effect in a PHP location have no \`CONTENT_LENGTH\` or no \`CONTENT_TYPE\`
      `,
      "the parameters in effect in a PHP location have no `QUERY_STRING`",
    ],
    silent: [
      markdown`
        \`SCRIPT_FILENAME\` or \`REQUEST_METHOD\` is missing as well (\`fastcgi/script-filename\` and
        \`fastcgi/params-shadowed\` report that)
      `,
      "the location is for the status or ping page, or only nginx asks for it (`internal`)",
      markdown`
        the parameters for the body are missing and the location takes no body (\`limit_except GET\`,
        \`fastcgi_pass_request_body off\`, an \`if\` that refuses POST)
      `,
      "part of the parameters was not read",
    ],
    what: markdown`
      It is only a warning for one exact address (\`location = /health\`), whose script may need neither.
    `,
    why: markdown`
      PHP knows about a request only what the parameters say. Without \`CONTENT_LENGTH\` it reads no body,
      without \`CONTENT_TYPE\` it does not know that the body is a form, and without \`QUERY_STRING\` there
      is no \`$_GET\`. The script runs, the answer is 200, and nothing is logged: logins fail, searches
      find nothing.
    `,
    instead: markdown`
      Include the whole set, \`include fastcgi_params;\` or \`include fastcgi.conf;\`, next to your own
      parameters.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param"],
    twins: { bad: "bad-no-body", ok: "ok-whole-set" },
  },
  proof: {
    kind: "daemons",
    requests: [{ method: "POST", path: "/index.php?a=1", bodyBytes: 2000 }],
    observe: { body: "body-dropped", query: "query-lost" },
  },
  reads: ["pool", "directory"],
  find: lost,
  cause({ set, names }) {
    const [first] = set.nodes;
    return `${first?.file.path}:${first?.directive.start} ${names.join(" ")}`;
  },
  report(group, host) {
    const [{ binding, set, names }, ...others] = group;
    const hidden = hiddenSource(set, names);
    const what = names.join(", ").replace(/, ([^,]+)$/, " and $1");
    const [first = binding.pass] = set.nodes;
    const missing = `${what} ${names.length === 1 ? "is" : "are"} not among the`;
    const hiding = hidden === null ? "" : `, which hide the set in "${headText(hidden.level)}"`;
    return {
      case: names.includes("CONTENT_TYPE") || names.includes("CONTENT_LENGTH") ? "body" : "query",
      settle: group.every((one) => isOneAddress(one.binding))
        ? "Whether the script at this one address reads forms and queries is not in the configuration."
        : null,
      message: `${missing} ${set.nodes.length} parameters that ${binding.label} sends${hiding}`,
      at: headPlace(first),
      label: "these parameters are all that PHP gets",
      related: [
        ...(hidden?.nodes.slice(0, 1) ?? []).map((node) => ({
          place: headPlace(node),
          message: "the set that would send it is hidden here",
        })),
        ...others.map((one) => ({
          place: headPlace(one.binding.pass),
          message: `${one.binding.label} sends the same`,
        })),
      ],
      effect: `${empty(names)} in every request, and the answer is still 200`,
      help: helpOf([[addAfter(host, headPlace(first), ...names.map((one) => LINES.get(one) ?? ""))]]),
      names: [...namesOf(binding), ...names],
    };
  },
});

const BODY = ["CONTENT_TYPE", "CONTENT_LENGTH"];

function* lost(binding: Binding): Generator<Lost> {
  if (binding.serves !== "php") return;
  const set = effectiveParams(binding.block);
  if (set === null || set === undefined || !set.complete || !surelyPhp(binding)) return;
  if (missingForPhp(set).length > 0 || isPage(binding) || isSubrequest(binding)) return;
  const wanted = [...(mayHaveBody(binding) ? BODY : []), "QUERY_STRING"];
  const names = wanted.filter((name) => !set.params.has(name));
  if (names.length > 0) yield { binding, set, names };
}

/** Which of PHP's variables have nothing in them. */
function empty(names: readonly string[]): string {
  const lost = [
    ...(names.some((name) => BODY.includes(name)) ? ["$_POST"] : []),
    ...(names.includes("QUERY_STRING") ? ["$_GET"] : []),
  ];
  return `${lost.join(" and ")} ${lost.length === 1 ? "is" : "are"} empty`;
}
