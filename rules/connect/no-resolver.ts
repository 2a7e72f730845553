import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { around } from "../../src/help/address.js";
import { addInto, helpOf, replace } from "../../src/help/edit.js";
import { nginxAddress } from "../../src/model/address/address.js";
import { ipBytes } from "../../src/model/address/ip.js";
import type { Binding, Host } from "../../src/model/host.js";
import { readUpstreams } from "../../src/model/pass/upstreams.js";
import { possibleValues } from "../../src/model/request/variables.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import type { Place } from "../../src/source/file.js";

/** A location whose fastcgi_pass gets a name that nginx would have to look up. */
interface Named {
  readonly binding: Binding;
  readonly place: Place;
  readonly text: string;
  readonly host: string;
}

export const noResolver = defineRule({
  id: "connect/no-resolver",
  about: "host",
  cases: {
    name: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "no resolver defined to resolve" },
      summary: "a variable names a host for fastcgi_pass, and no resolver is in effect",
    },
  },
  docs: {
    title: "a name to look up, and no resolver",
    what: "Fires when `fastcgi_pass` has a variable, `set` or `map` gives it a value with the name of a host and a port, and no `resolver` is in effect there. `localhost` is such a name, too, and so is the name of an `upstream` with a port behind it.\n\nSilent about values that are addresses, sockets or the name of an `upstream`, about names that stand, with the same port, in any `fastcgi_pass` without a variable (nginx looks these up once, when it starts), and where a value or a level is not known.",
    why: "What stands in a variable is looked up while the request runs, by nginx itself and not by the system, so neither `/etc/resolv.conf` nor `/etc/hosts` counts: without `resolver` nginx logs `no resolver defined to resolve` and answers `502 Bad Gateway` to every request. `nginx -t` accepts it.",
    instead:
      "Add `resolver 127.0.0.53;` (in Docker `127.0.0.11`), or pass to an address or to an `upstream` of that name.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_core_module.html#resolver",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
    ],
    twins: { bad: "bad-localhost", ok: "ok-address" },
  },
  *check(host) {
    const key = ({ place: { span } }: Named): string => `${span.file.path}:${span.start}`;
    for (const group of groupBy(named(host), key)) {
      const [{ binding, place, text, host: name }] = group;
      yield {
        case: "name",
        message: `fastcgi_pass gets the value ${text}, and no resolver is in effect that could look up ${name}`,
        at: place,
        label: "a name that nginx looks up for each request",
        related: group.map((one) => ({
          place: argumentPlace(one.binding.pass, 0),
          message: `${one.binding.label} passes requests there`,
        })),
        effect: "every request that gets this value ends as 502 Bad Gateway",
        help: help(host, group),
        names: [...namesOf(binding), text],
      };
    }
  },
});

function help(host: Host, group: readonly [Named, ...Named[]]): HelpDraft {
  const [{ place, text, host: name }] = group;
  if (name === "localhost") {
    const { head, tail } = around(host, place);
    return helpOf([[replace(host, place, head + text.replace(/^localhost/i, "127.0.0.1") + tail)]]);
  }
  return helpOf(
    [group.map((one) => addInto(host, headPlace(one.binding.server ?? one.binding.location), RESOLVER))],
    "or let the value be an address, or the name of an upstream without a port",
  );
}

const RESOLVER = "resolver 127.0.0.53; # the name server of this machine; in Docker 127.0.0.11";

function* named(host: Host): Generator<Named> {
  if (host.nginx === null) return;
  const upstreams = readUpstreams(childrenNamed(host.nginx.root, "http"));
  // A name that any other directive passes to without a variable was looked up when nginx started,
  // and stands for a group of servers from then on.
  const passes = [...host.bindings, ...host.otherPasses].map(({ pass }) => argument(pass, 0) ?? "");
  // What a template passes to may be that name.
  if ([...host.bindings, ...host.otherPasses].some(({ pass }) => pass.directive.args[0]?.placeholder)) return;
  const lookedUp = new Set(passes.map((text) => text.toLowerCase().replace(/^https?:\/\//, "")));
  for (const binding of host.bindings) {
    const written = argument(binding.pass, 0) ?? "";
    if (!written.includes("$") || effectiveNode(binding.block, "resolver").kind !== "default") continue;
    for (const value of possibleValues(binding.block, written, argumentPlace(binding.pass, 0)) ?? []) {
      const { text, place, sure } = value;
      const address = nginxAddress(text);
      // Without a port it ends earlier, as connect/missing-port says.
      if (!sure || address?.kind !== "tcp" || address.port === null) continue;
      if (ipBytes(address.host) !== null || upstreams.has(text.toLowerCase())) continue;
      if (lookedUp.has(text.toLowerCase())) continue;
      yield { binding, place, text, host: address.host };
    }
  }
}
