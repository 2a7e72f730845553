import { defineRule } from "../../src/engine/define.js";
import { furtherLocations } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair } from "../../src/evidence/pairs.js";
import { passTo } from "../../src/help/address.js";
import { helpOf } from "../../src/help/edit.js";
import { type Address, reaches, showAddress } from "../../src/model/address/address.js";
import { localhost, localhostAddresses } from "../../src/model/address/localhost.js";
import { listenAddress } from "../../src/model/build.js";
import type { Binding, Host, Target } from "../../src/model/host.js";
import { othersListen } from "../../src/model/listen/other-listeners.js";
import { placeKey } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** An address of nginx that is two to it, of which a pool answers one. */
interface Half extends Pair {
  readonly answered: Address;
  readonly refused: Address;
}

export const twoFamilies = defineRule({
  id: "connect/two-families",
  about: "site",
  alike: true,
  cases: {
    localhost: {
      severity: "info",
      symptom: {
        when: "always",
        status: null,
        log: "failed (111: Connection refused) while connecting to upstream",
      },
      summary: "nginx connects to localhost over IPv4 and IPv6, and the pool listens on one of them",
    },
  },
  docs: {
    title: "localhost is two addresses, and the pool listens on one",
    fires: [
      markdown`
        a \`fastcgi_pass\` or an upstream's \`server\` names \`localhost\`, \`etc/hosts\` gives it an IPv4 and an
        IPv6 address, and the pool that is meant listens on one of the two: \`127.0.0.1:9000\`, \`[::1]:9000\`,
        \`0.0.0.0:9000\`, \`localhost:9000\`
      `,
    ],
    silent: [
      "the pool listens on both (`9000`, `[::]:9000`), or a second pool on the other",
      "`etc/hosts` is not in the tree, or gives `localhost` only one address",
      "nginx names an address, or any other name",
    ],
    why: markdown`
      nginx looks the name up once, when it starts, and uses all of its addresses in turn. One of them refuses
      the connection, so nginx logs an error, leaves that address alone for 10 seconds, and asks the other:
      the client gets its page, and the log fills with \`Connection refused\`. Where the pool is slow or its
      queue is full, no second address is left to ask, and the error that clients see names an address that
      was never right.
    `,
    instead: "Name the address that the pool listens on: `fastcgi_pass 127.0.0.1:9000;`.",
    references: [
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_pass",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen",
    ],
  },
  proof: {
    kind: "none",
    reason:
      "nginx has the C library look localhost up, in the /etc/hosts of the machine that the tests run on, which they leave alone; nginx 1.22 was seen to do it with a file of its own mounted there.",
  },
  asksDisk: true,
  *find(binding, host): Generator<Half> {
    if (binding.serves !== "php") return;
    for (const target of binding.targets) {
      const half = target.down || target.assumed ? null : halfOf(host, binding, target);
      if (half !== null) yield half;
    }
  },
  cause: ({ target }) => placeKey(target.place),
  report: (group, host) => {
    const [first] = group;
    const { target, pool, answered, refused } = first;
    const wanted = showAddress(answered);
    return {
      case: "localhost",
      message: `nginx passes requests to ${showAddress(target.address)}, which is ${wanted} and ${showAddress(refused)}, and nobody listens on ${showAddress(refused)}`,
      at: target.place,
      label: "one of its two addresses refuses connections",
      link: linkOf(first),
      related: furtherLocations(group),
      effect:
        "nginx logs a refused connection again and again, and asks the other address, so clients seldom notice",
      help: helpOf([[passTo(host, target, wanted)]]),
      names: namesOf(first.binding, pool),
    };
  },
});

function halfOf(host: Host, binding: Binding, target: Target): Half | null {
  const { address } = target;
  const [pool] = target.pools;
  if (address.kind !== "tcp" || address.host !== "localhost" || pool === undefined) return null;
  const both = localhostAddresses(host.fs).map((one): Address => ({ ...address, host: one }));
  if (both.length < 2) return null;
  const listens = target.pools.map((one) => listenAddress(one, host.fs));
  const own = localhost(host.fs);
  const isAnswered = (one: Address): boolean =>
    listens.some((listen) => {
      if (listen?.kind !== "tcp") return true;
      return reaches(one, listen.host === "localhost" && own !== null ? { ...listen, host: own } : listen);
    });
  const [answered, refused] = [both.find(isAnswered), both.find((one) => !isAnswered(one))];
  if (answered === undefined || refused === undefined || othersListen(host, refused)) return null;
  return { binding, target, pool, answered, refused };
}
