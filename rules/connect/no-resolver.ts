import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { around } from "../../src/help/address.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import { nginxAddress } from "../../src/model/address/address.js";
import { ipBytes } from "../../src/model/address/ip.js";
import type { Binding, Host } from "../../src/model/host.js";
import { upstreamsOf } from "../../src/model/request/upstreams.js";
import { possibleValues } from "../../src/model/request/variables.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, headPlace } from "../../src/nginx/tree/nodes.js";
import { type Place, placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

/** A location whose `fastcgi_pass` gets a host name that nginx would have to look up. */
interface Named {
  readonly binding: Binding;
  readonly place: Place;
  readonly text: string;
  readonly host: string;
}

export const noResolver = defineRule({
  id: "connect/no-resolver",
  about: "site",
  alike: true,
  cases: {
    name: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "no resolver defined to resolve" },
      summary: "a variable gives fastcgi_pass a host name, and no resolver is in effect",
    },
  },
  docs: {
    title: "a host name to look up, and no resolver",
    fires: [
      markdown`
        \`fastcgi_pass\` has a variable, \`set\` or \`map\` gives it a host name with a port, and no
        \`resolver\` is in effect there; \`localhost\` is also such a name, and so is the name of an
        \`upstream\` followed by a port
      `,
    ],
    silent: [
      "the value is an address, a socket or the name of an `upstream`",
      markdown`
        any \`fastcgi_pass\` without a variable has the same name and port, because nginx looks that up
        once, when it starts
      `,
      "the value is unknown, or whether a `resolver` is in effect is unknown",
    ],
    why: markdown`
      A name in a variable is looked up while the request runs, by nginx itself and not by the system, so
      neither \`/etc/resolv.conf\` nor \`/etc/hosts\` counts. Without \`resolver\` nginx logs \`no resolver
      defined to resolve\` and answers \`502 Bad Gateway\` to every request. \`nginx -t\` accepts it.
    `,
    instead: markdown`
      Add \`resolver 127.0.0.53;\` (in Docker \`127.0.0.11\`), or pass requests to an address or to an
      \`upstream\` of that name.
    `,
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
    ],
    twins: { bad: "bad-localhost", ok: "ok-address" },
  },
  *find(binding, host): Generator<Named> {
    const written = argument(binding.pass, 0) ?? "";
    if (!written.includes("$") || effectiveNode(binding.block, "resolver").kind !== "default") return;
    const lookedUp = lookedUpAtStart(host);
    if (lookedUp === null) return;
    for (const value of possibleValues(binding.block, written, argumentPlace(binding.pass, 0)) ?? []) {
      const { text, place, sure } = value;
      const address = nginxAddress(text);
      // Without a port the request fails earlier, as connect/missing-port says.
      if (!sure || address?.kind !== "tcp" || address.port === null) continue;
      if (ipBytes(address.host) !== null || upstreamsOf(host).has(text.toLowerCase())) continue;
      if (lookedUp.has(text.toLowerCase())) continue;
      yield { binding, place, text, host: address.host };
    }
  },
  cause: ({ place }) => placeKey(place),
  report(group, host) {
    const [{ binding, place, text, host: name }] = group;
    return {
      case: "name",
      message: `fastcgi_pass gets the value ${text}, and no resolver is in effect to look up ${name}`,
      at: place,
      label: "nginx looks this name up for each request",
      related: group.map((one) => ({
        place: argumentPlace(one.binding.pass, 0),
        message: `${one.binding.label} passes requests there`,
      })),
      ...seenByClients(
        "every request that gets this value ends in 502 Bad Gateway",
        group.map((one) => one.binding),
      ),
      help: help(host, group),
      names: [...namesOf(binding), text],
    };
  },
});

/**
 * The names that nginx looks up when it starts, because some directive passes to them without a variable:
 * from then on each is the name of a group of servers. `null`: a template may write such a name.
 */
const lookedUpAtStart = perKey(({ bindings, otherPasses }: Host): ReadonlySet<string> | null => {
  const passes = [...bindings, ...otherPasses].map(({ pass }) => pass);
  if (passes.some(({ directive }) => directive.args[0]?.placeholder)) return null;
  return new Set(passes.map((pass) => (argument(pass, 0) ?? "").toLowerCase().replace(/^https?:\/\//, "")));
});

function help(host: Host, group: readonly [Named, ...Named[]]): HelpDraft {
  const [{ place, text, host: name }] = group;
  if (name === "localhost") {
    const { head, tail } = around(host, place);
    return helpOf([[replace(host, place, head + text.replace(/^localhost/i, "127.0.0.1") + tail)]]);
  }
  return helpOf(
    [group.map((one) => addInto(host, headPlace(one.binding.server ?? one.binding.location), RESOLVER))],
    "or use an address, or the name of an upstream without a port",
  );
}

const RESOLVER = "resolver 127.0.0.53; # the name server of this machine; in Docker 127.0.0.11";
