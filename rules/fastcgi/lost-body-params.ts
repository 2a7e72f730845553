import { defineRule } from "../../src/engine/define.js";
import { namesOf, phpBindings } from "../../src/evidence/pairs.js";
import { runsNoScripts } from "../../src/evidence/timeouts.js";
import { addAfter, helpOf } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import {
  effectiveParams,
  hiddenSource,
  missingForPhp,
  type ParamSet,
  surelyPhp,
} from "../../src/model/request/fastcgi-params.js";
import { matchingOf, mayBeExact } from "../../src/nginx/location/extensions.js";
import { handingOn, takesBodies } from "../../src/nginx/location/passed.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { childrenNamed, headPlace, headText } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { wordMap } from "../../src/source/word-map.js";

interface Lost {
  readonly binding: Binding;
  readonly set: ParamSet;
  readonly names: readonly string[];
}

/** The lines of `fastcgi_params`. */
const LINES: ReadonlyMap<string, string> = wordMap({
  CONTENT_TYPE: "fastcgi_param CONTENT_TYPE $content_type;",
  CONTENT_LENGTH: "fastcgi_param CONTENT_LENGTH $content_length;",
  QUERY_STRING: "fastcgi_param QUERY_STRING $query_string;",
});

export const lostBodyParams = defineRule({
  id: "fastcgi/lost-body-params",
  about: "host",
  cases: {
    body: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "no CONTENT_LENGTH or no CONTENT_TYPE among the parameters: $_POST is always empty",
    },
    query: {
      severity: "error",
      symptom: { when: "always", status: 200, log: null },
      summary: "no QUERY_STRING among the parameters: $_GET is always empty",
    },
  },
  docs: {
    title: "PHP does not get the form, or not the query",
    what: "Fires when the parameters that count in a PHP location have no `CONTENT_LENGTH` or no `CONTENT_TYPE`, and when they have no `QUERY_STRING`.\n\nSilent where `SCRIPT_FILENAME` or `REQUEST_METHOD` is missing, too (`fastcgi/script-filename` and `fastcgi/params-shadowed` speak then), for locations of the status or ping page and those that only nginx asks for (`internal`), about bodies where the location takes none (`limit_except GET`, `fastcgi_pass_request_body off`, an `if` that refuses POST), and where a part of the parameters was not read. A warning for one exact address (`location = /health`), whose script may need neither.",
    why: "PHP knows of a request what the parameters say. Without `CONTENT_LENGTH` it reads no body, without `CONTENT_TYPE` it does not know that the body is a form, and without `QUERY_STRING` there is no `$_GET`. The script runs, the answer is 200, and nothing is logged: logins fail, searches find nothing.",
    instead:
      "Include the whole set, `include fastcgi_params;` or `include fastcgi.conf;`, beside the parameters of your own.",
    references: ["https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_param"],
    twins: { bad: "bad-no-body", ok: "ok-whole-set" },
  },
  proof: {
    kind: "daemons",
    requests: [{ method: "POST", path: "/index.php?a=1", bodyBytes: 2000 }],
    observe: { body: "body-dropped", query: "query-lost" },
  },
  *check(host) {
    const key = ({ set, names }: Lost): string => {
      const [first] = set.nodes;
      return `${first?.file.path}:${first?.directive.start} ${names.join(" ")}`;
    };
    for (const group of groupBy(lost(host), key)) {
      const [{ binding, set, names }] = group;
      const hidden = hiddenSource(set, names);
      const what = names.join(", ").replace(/, ([^,]+)$/, " and $1");
      const [first = binding.pass] = set.nodes;
      yield {
        case: names.includes("CONTENT_TYPE") || names.includes("CONTENT_LENGTH") ? "body" : "query",
        settle: group.every((one) => isOneAddress(one.binding))
          ? "Whether the script of this one address looks at forms and queries is not in the configuration."
          : null,
        message: `${what} ${names.length === 1 ? "is" : "are"} not among the ${set.nodes.length} parameters that ${binding.label} sends${hidden === null ? "" : `, and hidden by them in "${headText(hidden.level)}"`}`,
        at: headPlace(first),
        label: "these parameters are all that PHP gets",
        related: [
          ...(hidden?.nodes.slice(0, 1) ?? []).map((node) => ({
            place: headPlace(node),
            message: "the set that would send it does not count here",
          })),
          ...group.slice(1).map((one) => ({
            place: headPlace(one.binding.pass),
            message: `${one.binding.label} sends the same`,
          })),
        ],
        effect: `${empty(names)} in every request, and the answer is still 200`,
        help: helpOf([[addAfter(host, headPlace(first), ...names.map((one) => LINES.get(one) ?? ""))]]),
        names: [...namesOf(binding), ...names],
      };
    }
  },
});

const BODY = ["CONTENT_TYPE", "CONTENT_LENGTH"];

function* lost(host: Host): Generator<Lost> {
  for (const binding of phpBindings(host)) {
    const set = effectiveParams(binding.block);
    if (set === null || set === undefined || !set.complete || !surelyPhp(binding)) continue;
    if (missingForPhp(set).length > 0 || isPage(binding) || isSubrequest(binding)) continue;
    const wanted = [...(mayHaveBody(binding) ? BODY : []), "QUERY_STRING"];
    const names = wanted.filter((name) => !set.params.has(name));
    if (names.length > 0) yield { binding, set, names };
  }
}

/** For the status or ping page; where the pool is not known, the words tell. */
function isPage(binding: Binding): boolean {
  const ways = binding.targets.flatMap((target) => target.pools.map((pool) => ({ binding, target, pool })));
  return /status|ping/i.test(headText(binding.location)) || (ways.length > 0 && ways.every(runsNoScripts));
}

/** One address that only nginx asks for, of `auth_request` or of an error's page: nobody sends a form there. */
function isSubrequest({ location, server }: Binding): boolean {
  const internal = childrenNamed(location, "internal").length > 0 && mayBeExact(location);
  return internal && (server === null || handingOn(server, location).length === 0);
}

/** Whether one address is meant, whose script may look at neither: `location = /health`. */
function isOneAddress({ location, server }: Binding): boolean {
  if (!mayBeExact(location) || matchingOf(location).text.endsWith("/index.php")) return false;
  return server === null || handingOn(server, location).length === 0;
}

/** What PHP has nothing in. */
function empty(names: readonly string[]): string {
  const lost = [
    ...(names.some((name) => BODY.includes(name)) ? ["$_POST"] : []),
    ...(names.includes("QUERY_STRING") ? ["$_GET"] : []),
  ];
  return `${lost.join(" and ")} ${lost.length === 1 ? "is" : "are"} empty`;
}

function mayHaveBody({ location, block }: Binding): boolean {
  const passed = effectiveFlag(block, "fastcgi_pass_request_body");
  return takesBodies(location) && passed.kind !== "unknown" && passed.value;
}
