import { defineRule } from "../../src/engine/define.js";
import { setting } from "../../src/fpm/pools.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { isLocal } from "../../src/model/address/address.js";
import { ipBytes } from "../../src/model/address/ip.js";
import { inContainer } from "../../src/model/container.js";
import { poolListens } from "../../src/model/listen/pool-listens.js";

const attack = { when: "attack", status: null, log: null } as const;

export const publicPort = defineRule({
  id: "socket/public-port",
  about: "host",
  cases: {
    open: {
      severity: "warning",
      symptom: attack,
      summary: "a pool listens for other machines, and lets every one of them in",
    },
    container: {
      severity: "info",
      symptom: attack,
      summary: "a pool listens for other containers, and lets every one of them in",
    },
  },
  docs: {
    title: "whoever reaches the port may run PHP",
    what: "Fires when a pool listens on TCP on an address that is not loopback (a bare port and `0.0.0.0` are all of them) and has no `listen.allowed_clients`. Only worth knowing in a container, whose ports nobody outside reaches unless they are published.\n\nSilent where `listen.allowed_clients` is set (see `connect/allowed-clients` for what it lets in), about names of hosts, and where either is not known. Firewalls are not looked at.",
    why: "FastCGI has no passwords: who can connect chooses the script and PHP's settings, `auto_prepend_file = php://input` among them, and runs any code as the pool's user. Port 9000 is searched for on the whole internet.",
    instead:
      "`listen = 127.0.0.1:9000` or a Unix socket when nginx is on the same machine; else `listen.allowed_clients` with nginx's address, and a firewall.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen",
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen.allowed-clients",
    ],
    twins: { bad: "bad-bare-port", ok: "ok-loopback" },
  },
  proof: { kind: "daemons", observe: { open: "port-of-all-addresses", container: "port-of-all-addresses" } },
  *check(host) {
    const container = inContainer(host);
    for (const { pool, address, place, text } of poolListens(host).listens) {
      if (address?.kind !== "tcp" || address.port === null) continue;
      const all = address.host === "*" || address.host === "0.0.0.0" || address.host === "::";
      // A name may lead anywhere, a loopback address nowhere.
      if (!all && (ipBytes(address.host) === null || isLocal(address))) continue;
      const clients = setting(pool, "listen.allowed_clients");
      if (clients.kind !== "default") continue;
      yield {
        case: container ? "container" : "open",
        // Without the main file the pool may be that of an image, whose ports nobody has published.
        settle:
          pool.master.main === null
            ? "Where PHP-FPM runs would settle it: in a container others reach the port only when it is published."
            : null,
        message: `pool [${pool.name}] listens on ${text}${all && text !== "*" ? ", which is every address of the machine," : ""} and has no listen.allowed_clients`,
        at: place,
        label: all ? "open to whoever reaches the machine" : "open to whoever reaches this address",
        effect: "whoever connects runs any PHP code as the user of the pool",
        help: helpOf(
          [[replace(host, place, `listen = ${text.includes("[") ? "[::1]" : "127.0.0.1"}:${address.port}`)]],
          "or, when nginx is on another machine, set listen.allowed_clients to its address",
        ),
        names: [pool.name],
      };
    }
  },
});
