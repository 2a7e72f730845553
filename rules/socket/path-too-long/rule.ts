import { defineRule } from "../../../src/engine/define.js";
import type { RelatedReport } from "../../../src/engine/rule.js";
import { setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import { around, ownSocket } from "../../../src/help/address.js";
import { helpOf, replace } from "../../../src/help/edit.js";
import type { Host } from "../../../src/model/host.js";
import { LONGEST_PATH } from "../../../src/nginx/address/address.js";
import { tooLongPaths } from "./sockets.js";

export const pathTooLong = defineRule({
  id: "socket/path-too-long",
  about: "host",
  cases: {
    refused: {
      severity: "error",
      symptom: { when: "start", status: null, log: "too long path in the unix domain socket" },
      summary: "nginx and a pool name a socket with a path over 107 bytes",
    },
    cut: {
      severity: "error",
      symptom: { when: "always", status: 502, log: null },
      summary: "the path of a pool's socket is over 107 bytes, and PHP-FPM cuts it off",
    },
  },
  docs: {
    title: "the path of a socket that the kernel does not take whole",
    what: "Fires when `listen` of a pool is a path of more than 107 bytes. Silent when nginx passes requests to the path as PHP-FPM cuts it off.",
    why: "The address of a Unix socket has room for 107 bytes. PHP-FPM cuts off what is longer, without a word, and makes a socket of another name; two long paths may become one. nginx refuses the whole path, and does not start.",
    instead: "A short path: `listen = /run/php/shop.sock`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
  },
  proof: { kind: "daemons", observe: { cut: "socket-cut-off" } },
  *check(host) {
    for (const pool of host.pools) {
      const listen = setting(pool, "listen");
      if (listen.kind !== "set" || !listen.value?.startsWith("/")) continue;
      const bytes = Buffer.byteLength(listen.value);
      if (bytes <= LONGEST_PATH || reachesCut(host, pool)) continue;
      const same = namedByNginx(host, listen.value);
      yield {
        case: same.length > 0 ? "refused" : "cut",
        message: `the socket of pool [${pool.name}] has a path of ${bytes} bytes, and a socket's path may have ${LONGEST_PATH}`,
        at: listen.place,
        label: `PHP-FPM cuts it off after ${LONGEST_PATH} bytes`,
        related: same,
        effect:
          same.length > 0
            ? "nginx does not start or reload"
            : "the socket has another name than the file says, and who looks for it finds nothing",
        help: helpOf([
          [
            replace(host, listen.place, `listen = ${ownSocket(host, pool)}`),
            ...same.map(({ place }) => {
              const { head, tail } = around(host, place);
              return replace(host, place, `${head}unix:${ownSocket(host, pool)}${tail}`);
            }),
          ],
        ]),
        names: [pool.name],
      };
    }
  },
});

function namedByNginx(host: Host, path: string): readonly RelatedReport[] {
  return tooLongPaths(host)
    .filter((one) => one.path === path)
    .map(({ place }) => ({ place, message: "nginx refuses this path" }));
}

/** Whether some location passes to the path that is left. */
function reachesCut(host: Host, pool: Pool): boolean {
  const listen = setting(pool, "listen");
  const whole = Buffer.from(listen.kind === "set" ? (listen.value ?? "") : "");
  const left = whole.subarray(0, LONGEST_PATH).toString();
  return host.bindings.some(
    ({ targets, pass }) =>
      // What a template passes to may be that path.
      pass.directive.args[0]?.placeholder === true ||
      targets.some(({ address }) => address.kind === "unix" && address.path === left),
  );
}
