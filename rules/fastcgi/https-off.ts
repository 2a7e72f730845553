import { defineRule } from "../../src/engine/define.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { isPage, isSubrequest } from "../../src/evidence/what-for.js";
import { addAfter, helpOf, replace } from "../../src/help/edit.js";
import type { Binding } from "../../src/model/host.js";
import { effectiveParams, missingForPhp, surelyPhp } from "../../src/model/request/fastcgi-params.js";
import { sentParam } from "../../src/model/request/request-params.js";
import { entrances } from "../../src/model/request/tls.js";
import { possibleValues } from "../../src/model/request/variables.js";
import { headPlace, headText } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

interface Off {
  readonly case: "off" | "missing";
  readonly binding: Binding;
  /** The line that sends it, or the first of the parameters. */
  readonly at: Node;
  readonly listen: Node;
  /** `null`: nothing is sent. */
  readonly value: string | null;
}

const LINE = "fastcgi_param HTTPS $https if_not_empty;";
const symptom = { when: "always", status: 200, log: null } as const;

export const httpsOff = defineRule({
  id: "fastcgi/https-off",
  about: "site",
  alike: true,
  cases: {
    off: {
      severity: "warning",
      symptom,
      summary: "HTTPS is sent as off, empty or 0 in a server that takes TLS",
    },
    missing: {
      severity: "info",
      symptom,
      summary: "HTTPS is not among the parameters of a server that takes TLS",
    },
  },
  docs: {
    title: "PHP does not see that a request came over TLS",
    fires: [
      markdown`
        a server has a \`listen\` with \`ssl\` or \`quic\`, and one of its PHP locations always sends
        \`HTTPS\` as \`off\`, \`0\` or empty
      `,
      "a PHP location of such a server sends no `HTTPS` at all (info)",
    ],
    silent: [
      "a later line sends `$https`: the last one counts",
      "the value comes from a header or another variable, because a proxy in front may decide",
      "`HTTPS on` in a server without TLS, which is right when a proxy in front ends TLS",
      "the location is for the status page, or only nginx asks for it",
      "a part of the parameters was not read",
    ],
    why: markdown`
      PHP applications look at \`$_SERVER['HTTPS']\` to see how the client came: not empty and not \`off\`
      means TLS. Where they see plain HTTP they redirect to \`https://\`, the client comes over TLS again,
      and the browser gives up after twenty rounds. Others write links with \`http://\` into the page, or
      set cookies without \`Secure\`. nginx's variable \`$https\` is \`on\` over TLS and empty otherwise.
    `,
    instead: markdown`
      \`${LINE}\`, which the stock \`fastcgi_params\` has.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#var_https",
      "https://www.php.net/manual/en/reserved.variables.server.php",
    ],
    twins: { bad: "bad-off", ok: "ok-variable" },
  },
  proof: {
    kind: "daemons",
    requests: [{ host: "front.example.com" }],
    observe: { off: "https-not-seen", missing: "https-not-seen" },
  },
  reads: ["pool", "directory"],
  find: off,
  cause: ({ at, listen, case: what }) =>
    `${what} ${placeKey(headPlace(at))} ${what === "off" ? "" : placeKey(headPlace(listen))}`,
  report([first, ...others], host) {
    const { binding, at, listen, value } = first;
    const says = value === null ? "no HTTPS" : value === "" ? "an empty HTTPS" : `HTTPS ${value}`;
    return {
      case: first.case,
      message: `${binding.label} sends ${says}, and its server takes TLS`,
      at: headPlace(at),
      label: value === null ? "these parameters are all that PHP gets" : "PHP sees plain HTTP",
      related: [
        { place: headPlace(listen), message: "clients come over TLS here" },
        ...others.map((one) => ({
          place: headPlace(one.binding.pass),
          message: `${one.binding.label} sends the same`,
        })),
      ],
      effect:
        "applications that look at HTTPS redirect to https:// over and over, or write links with http://",
      help: helpOf([
        [value === null ? addAfter(host, headPlace(at), LINE) : replace(host, headPlace(at), LINE)],
      ]),
      names: [...namesOf(binding), headText(listen)],
    };
  },
});

function* off(binding: Binding): Generator<Off> {
  const { block, server, serves } = binding;
  if (serves !== "php" || server === null) return;
  const listen = entrances(server).tls;
  const set = effectiveParams(block);
  if (listen === null || set === null || set === undefined || !set.complete || !surelyPhp(binding)) return;
  if (missingForPhp(set).length > 0 || isPage(binding) || isSubrequest(binding)) return;
  const sent = sentParam(set, "HTTPS");
  const [firstParam] = set.nodes;
  if (sent === null) {
    const last = set.nodes.findLast(({ via }) => via.length === set.level.via.length) ?? firstParam;
    if (last !== undefined) yield { case: "missing", binding, at: last, listen, value: null };
    return;
  }
  if (sent.node.directive.args[1]?.placeholder === true) return;
  const values = possibleValues(block, sent.value, sent.place);
  if (values === null || !values.every(({ text, sure }) => sure && /^(?:off|0|)$/i.test(text))) return;
  yield { case: "off", binding, at: sent.node, listen, value: values[0]?.text ?? "" };
}
