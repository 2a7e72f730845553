import { defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { isOneAddress, isPage, isSubrequest, mayHaveBody } from "../../src/evidence/what-for.js";
import { helpOf, remove, replace } from "../../src/help/edit.js";
import type { Binding } from "../../src/model/host.js";
import { effectiveParams, missingForPhp, surelyPhp } from "../../src/model/request/fastcgi-params.js";
import { type OtherValue, otherValue, sentParam } from "../../src/model/request/request-params.js";
import { subrequestsOf } from "../../src/model/request/subrequests.js";
import { matchingOf } from "../../src/nginx/location/extensions.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { wordMap } from "../../src/source/word-map.js";

type Case = "body" | "query" | "fixed-query" | "question-mark";

interface Overridden extends OtherValue {
  readonly case: Case;
  readonly binding: Binding;
}

/** nginx's variable that each of them is for. */
const MEANT: ReadonlyMap<string, string> = wordMap({
  CONTENT_LENGTH: "$content_length",
  CONTENT_TYPE: "$content_type",
  QUERY_STRING: "$query_string",
  REQUEST_METHOD: "$request_method",
});

export const overriddenParams = defineRule({
  id: "fastcgi/overridden-params",
  about: "site",
  alike: true,
  cases: {
    body: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "CONTENT_LENGTH, CONTENT_TYPE or REQUEST_METHOD is not the request's: $_POST is always empty",
    },
    query: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "QUERY_STRING is empty or the same for every request: $_GET never has what the client sent",
    },
    "fixed-query": {
      severity: "info",
      symptom: { when: "always", status: 200, log: null },
      summary: "the script that takes all other requests of a site gets the same QUERY_STRING with each",
    },
    "question-mark": {
      severity: "warning",
      symptom: { when: "always", status: 200, log: null },
      summary: "QUERY_STRING begins with a question mark, which becomes part of the first name in $_GET",
    },
  },
  docs: {
    title: "a parameter that no longer describes the request",
    fires: [
      markdown`
        the \`CONTENT_LENGTH\` that counts in a PHP location is empty, a constant, or a variable that
        never holds the length of the body
      `,
      markdown`
        \`REQUEST_METHOD\` is the same for every request, and is not \`POST\`
      `,
      markdown`
        \`CONTENT_TYPE\` is empty or always a type that is not a form's (\`application/json\` is a warning,
        because a script may read such a body by itself)
      `,
      "`QUERY_STRING` is empty or a constant",
      markdown`
        \`QUERY_STRING\` is a constant for one fixed script, and its location is \`location /\` or a named
        one, which others hand requests on to (info)
      `,
      "`QUERY_STRING` begins with `?` or `$is_args` (a warning)",
    ],
    silent: [
      "the line is before an `include` that sends the right value: the last one counts",
      "an empty value has `if_not_empty`, so it is not sent",
      markdown`
        the location is one address (\`location = /health\`), or the target of an \`auth_request\` or a
        \`mirror\`, where it is intended; the question mark is reported there too
      `,
      "the location takes no body (`limit_except GET`, `fastcgi_pass_request_body off`)",
      "the value has another variable in it, or part of the parameters was not read",
      "a `QUERY_STRING` is written for one fixed script, in a location of its own (`location /feed/`)",
    ],
    why: markdown`
      Of several \`fastcgi_param\` lines with one name PHP-FPM uses the last, so a line after
      \`include fastcgi_params;\` replaces what the file sends. PHP knows about a request only what the
      parameters say. With \`CONTENT_LENGTH\` empty or 0 it reads no body, with a length that is too long it
      waits for the rest and gives up. A form is only read when \`REQUEST_METHOD\` is \`POST\` and
      \`CONTENT_TYPE\` is a form's. The script runs, the answer is 200, and nothing is logged.
    `,
    instead: markdown`
      Remove the line, and include the whole set: \`include fastcgi_params;\`.
    `,
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param"],
    twins: { bad: "bad-empty-length", ok: "ok-before-include" },
  },
  proof: {
    kind: "daemons",
    requests: [{ method: "POST", path: "/index.php?a=1", bodyBytes: 2000 }, { path: "/api?a=1" }],
    observe: {
      body: "body-dropped",
      query: "query-not-sent",
      "fixed-query": "query-not-sent",
      "question-mark": "query-not-sent",
    },
  },
  reads: ["pool", "directory"],
  find: overridden,
  cause: ({ param }) => placeKey(headPlace(param.node)),
  report([first, ...others], host) {
    const { binding, param, constant, replaced } = first;
    const meant = MEANT.get(param.name) ?? "";
    const at = headPlace(param.node);
    const right = replaced !== null && argument(replaced, 1) === meant;
    const line = `fastcgi_param ${param.name} ${meant};`;
    return {
      case: first.case,
      settle:
        param.name === "CONTENT_TYPE" && constant?.startsWith("application/") === true
          ? "Whether the scripts read forms or such bodies is not in the configuration."
          : null,
      message: `${binding.label} sends ${shownValue(first)}`,
      at,
      label: `not ${meant}`,
      related: [
        ...(right ? [{ place: argumentPlace(replaced, 1), message: "this line no longer counts" }] : []),
        ...others.map((one) => ({
          place: headPlace(one.binding.pass),
          message: `${one.binding.label} sends the same`,
        })),
      ],
      effect: effectOf(first),
      help: helpOf([[right ? remove(host, at) : replace(host, at, line)]]),
      names: [...namesOf(binding), param.name],
    };
  },
});

function* overridden(binding: Binding): Generator<Overridden> {
  if (binding.serves !== "php") return;
  const set = effectiveParams(binding.block);
  if (set === null || set === undefined || !set.complete || !surelyPhp(binding)) return;
  if (missingForPhp(set).length > 0 || isPage(binding)) return;
  const sent = sentParam(set, "QUERY_STRING");
  if (sent !== null && /^(?:\?|\$is_args|\$\{is_args\}).*\$/s.test(sent.value))
    yield { param: sent, constant: null, replaced: sent.before, case: "question-mark", binding };
  if (isIntended(binding)) return;
  if (mayHaveBody(binding)) {
    for (const name of ["CONTENT_LENGTH", "CONTENT_TYPE", "REQUEST_METHOD"]) {
      const found = otherValue(binding.block, set, name);
      if (found !== null && losesForms(name, found)) yield { ...found, case: "body", binding };
    }
  }
  const query = otherValue(binding.block, set, "QUERY_STRING");
  const sentAs = set.params.get("SCRIPT_FILENAME");
  const script = sentAs?.value ?? "";
  const fixed = !/\$(?!\{?(?:document_root|realpath_root)\b)/.test(script);
  if (query !== null && query.constant !== null) {
    if (query.constant !== "" && sentAs?.node.directive.args[1]?.placeholder === true) return;
    if (query.constant === "" || !fixed) yield { ...query, case: "query", binding };
    else if (takesTheRest(binding)) yield { ...query, case: "fixed-query", binding };
  }
}

/** Whether it is where a site hands on what nothing else takes. */
function takesTheRest({ location }: Binding): boolean {
  const { modifier, text } = matchingOf(location);
  return modifier === "@" || (text === "/" && modifier !== "=");
}

/** Whether a form is lost with such a value, whatever the request. */
function losesForms(name: string, { constant }: OtherValue): boolean {
  if (constant === null || name === "CONTENT_LENGTH") return true;
  if (name === "REQUEST_METHOD") return constant !== "POST";
  return !/^(?:application\/x-www-form-urlencoded|multipart\/form-data)/i.test(constant);
}

/** Where somebody shapes the request on purpose: one address, or one that only nginx asks for. */
function isIntended(binding: Binding): boolean {
  const { location, server } = binding;
  if (isSubrequest(binding) || isOneAddress(binding)) return true;
  if (server === null) return false;
  const { askers, open } = subrequestsOf(server);
  return open || askers.has(location);
}

function shownValue({ case: what, constant, param }: Overridden): string {
  if (what === "question-mark") return `${param.name} ${param.value}, which begins with a question mark`;
  if (constant === null) return `${param.value} as ${param.name}, which it never is`;
  return constant === ""
    ? `an empty ${param.name} with every request`
    : `${param.name} ${constant} with every request`;
}

function effectOf({ case: what, param }: Overridden): string {
  if (what === "query" || what === "fixed-query")
    return "$_GET never has what the client sent, and the answer is still 200";
  if (what === "question-mark") return 'the first name in $_GET begins with "?", so scripts do not find it';
  const how = param.name === "REQUEST_METHOD" ? "PHP does not see that it is a POST" : "PHP reads no form";
  return `${how}: $_POST is empty in every request, and the answer is still 200`;
}
