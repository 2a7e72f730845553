import { defineRule } from "../../src/engine/define.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, inWords, replace } from "../../src/help/edit.js";
import { type Address, isLocal, reaches, showAddress } from "../../src/model/address/address.js";
import { ipBytes } from "../../src/model/address/ip.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { poolListens, readListen } from "../../src/model/listen/pool-listens.js";
import { markdown } from "../../src/source/markdown.js";

const attack = { when: "attack", status: null, log: null } as const;

export const publicPort = defineRule({
  id: "socket/public-port",
  about: "pool",
  alike: true,
  cases: {
    open: {
      severity: "warning",
      symptom: attack,
      summary: "a pool listens for other machines and lets any of them in",
    },
    container: {
      severity: "info",
      symptom: attack,
      summary: "a pool listens for other containers and lets any of them in",
    },
  },
  docs: {
    title: "anyone who reaches the port may run PHP",
    fires: [
      markdown`
        a pool listens on TCP on an address that is not loopback (a bare port and \`0.0.0.0\` mean all
        addresses), and has no \`listen.allowed_clients\`
      `,
    ],
    silent: [
      "`listen.allowed_clients` is set (see `connect/allowed-clients` for what it lets in)",
      "the pool listens on a host name",
      "the address or the setting is unknown",
    ],
    what: markdown`
      In a container it is only worth knowing: nobody outside reaches its ports unless they are published.
      Firewalls are not checked.
    `,
    why: markdown`
      FastCGI has no passwords: a client that can connect chooses the script and PHP's settings,
      \`auto_prepend_file = php://input\` among them, and so runs any code as the pool's user. The whole
      internet is scanned for port 9000.
    `,
    instead: markdown`
      \`listen = 127.0.0.1:9000\` or a Unix socket when nginx is on the same machine; otherwise
      \`listen.allowed_clients\` with nginx's address, and a firewall.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen.allowed-clients",
    ],
    twins: { bad: "bad-bare-port", ok: "ok-loopback" },
  },
  proof: { kind: "daemons", observe: { open: "port-of-all-addresses", container: "port-of-all-addresses" } },
  asksDisk: true,
  *check(pool, host) {
    for (const { address, place, text } of readListen(host, pool, "listen")) {
      if (address?.kind !== "tcp" || address.port === null) continue;
      const all = address.host === "*" || address.host === "0.0.0.0" || address.host === "::";
      // A name may lead anywhere, and nobody else reaches a loopback address.
      if (!all && (ipBytes(address.host) === null || isLocal(address))) continue;
      const clients = setting(pool, "listen.allowed_clients");
      if (clients.kind !== "default") continue;
      const loopback = loopbackFor(host, pool, text, address.port);
      yield {
        case: inContainer(host) ? "container" : "open",
        // Without the main file the pool may belong to an image whose ports are not published.
        settle:
          pool.master.main === null
            ? "Where PHP-FPM runs would settle it: in a container, others only reach the port when it is published."
            : null,
        message: `pool [${pool.name}] listens on ${text}${all && text !== "*" ? ", which means every address of the machine," : ""} and has no listen.allowed_clients`,
        at: place,
        label: all ? "open to anyone who reaches the machine" : "open to anyone who reaches this address",
        effect: "anyone who connects runs any PHP code as the user of the pool",
        help:
          loopback === null
            ? inWords("set listen.allowed_clients to the address that nginx connects from")
            : helpOf(
                [[replace(host, place, `listen = ${showAddress(loopback)}`)]],
                "or, if nginx is on another machine, set listen.allowed_clients to its address",
              ),
        names: [pool.name],
      };
    }
  },
});

/** A loopback address at which all locations that pass to the pool still get to it; `null`: there is none. */
function loopbackFor(host: Host, pool: Pool, written: string, port: number): Address | null {
  const machine = host.machines.get(pool.master);
  // Another container has a loopback address of its own.
  if (machine !== undefined && !machine.sharesNetwork) return null;
  const dialled = poolListens(host).dialled.get(pool) ?? [];
  const hosts = written.includes("[") ? ["::1", "127.0.0.1"] : ["127.0.0.1", "::1"];
  const found = hosts
    .map((one): Address => ({ kind: "tcp", host: one, port }))
    .find((one) => dialled.every((target) => reaches(target, one)));
  return found ?? null;
}
