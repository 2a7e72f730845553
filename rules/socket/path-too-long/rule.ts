import { defineRule } from "../../../src/engine/define.js";
import type { RelatedReport } from "../../../src/engine/rule.js";
import { setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import { around, ownSocket, passTo } from "../../../src/help/address.js";
import { helpOf, replace } from "../../../src/help/edit.js";
import { normalizePath } from "../../../src/host/path.js";
import { showAddress } from "../../../src/model/address/address.js";
import type { Host, Target } from "../../../src/model/host.js";
import { LONGEST_PATH } from "../../../src/nginx/address/address.js";
import { oncePerPlace } from "../../../src/source/file.js";
import { markdown } from "../../../src/source/markdown.js";
import { olderThan } from "../../../src/source/version.js";
import { tooLongPaths } from "./sockets.js";

/** The first PHP that warns of a path that it cuts off; seen in 8.4.27 and 8.5.7, and not in 7.4.33 or 8.2. */
const WARNS_SINCE = "8.4";

export const pathTooLong = defineRule({
  id: "socket/path-too-long",
  about: "pool",
  alike: true,
  cases: {
    refused: {
      severity: "error",
      symptom: { when: "start", status: null, log: "too long path in the unix domain socket" },
      summary: "nginx and a pool name a socket whose path is over 107 bytes",
    },
    cut: {
      severity: "error",
      symptom: { when: "always", status: 502, log: null },
      summary: "the path of a pool's socket is over 107 bytes, and PHP-FPM cuts it off",
    },
  },
  docs: {
    title: "the path of a socket is too long for the kernel",
    fires: [
      "the `listen` of a pool is a path of more than 107 bytes, also where nginx goes there through a shorter link",
    ],
    silent: ["nginx passes requests to the path that is left when PHP-FPM has cut it off"],
    why: markdown`
      The address of a Unix socket has room for 107 bytes. PHP-FPM cuts off the rest and makes
      a socket with another name; two long paths may become one. Before PHP 8.4 it does so without a word;
      since 8.4 it warns, and \`php-fpm -t\` fails. nginx refuses the whole path and
      does not start.
    `,
    instead: "Write a short path: `listen = /run/php/shop.sock`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
  },
  proof: { kind: "daemons", observe: { cut: "socket-cut-off" } },
  // How long a path is depends on the names in it.
  reads: ["pool", "directory"],
  asksDisk: true,
  *check(pool, host) {
    const listen = setting(pool, "listen");
    if (listen.kind !== "set" || !listen.value?.startsWith("/")) return;
    const bytes = Buffer.byteLength(listen.value);
    if (bytes <= LONGEST_PATH || reachesCut(host, pool)) return;
    const same = namedByNginx(host, listen.value);
    const links = behindLinks(host, listen.value);
    yield {
      case: same.length > 0 ? "refused" : "cut",
      message: `the socket of pool [${pool.name}] has a path of ${bytes} bytes, but a socket's path can only have ${LONGEST_PATH}`,
      at: listen.place,
      label: `PHP-FPM cuts it off after ${LONGEST_PATH} bytes${said(pool)}`,
      related: [
        ...same,
        ...oncePerPlace(links, ({ place }) => place).map(({ place, address }) => ({
          place,
          message: `${showAddress(address)} is a link to the whole path`,
        })),
      ],
      effect:
        same.length > 0
          ? "nginx does not start or reload"
          : links.length > 0
            ? "the socket does not have the name to which the link leads, and every request there ends as 502 Bad Gateway"
            : "the socket does not have the name that is in the file, and clients do not find it",
      help: helpOf([
        [
          replace(host, listen.place, `listen = ${ownSocket(host, pool)}`),
          ...same.map(({ place }) => {
            const { head, tail } = around(host, place);
            return replace(host, place, `${head}unix:${ownSocket(host, pool)}${tail}`);
          }),
          ...oncePerPlace(links, ({ place }) => place).map((one) =>
            passTo(host, one, `unix:${ownSocket(host, pool)}`),
          ),
        ],
      ]),
      names: [pool.name],
    };
  },
});

/** Whether PHP-FPM says so, where its version is known. */
function said({ master: { phpVersion } }: Pool): string {
  if (phpVersion === null) return "";
  return olderThan(phpVersion, WARNS_SINCE)
    ? ` (PHP ${phpVersion} does not say so)`
    : ` (PHP ${phpVersion} warns, and its -t fails)`;
}

function namedByNginx(host: Host, path: string): readonly RelatedReport[] {
  return tooLongPaths(host)
    .filter((one) => one.path === path)
    .map(({ place }) => ({ place, message: "nginx refuses this path" }));
}

/** What nginx passes to a path that is a link to this one, which the kernel then does not find. */
function behindLinks(host: Host, path: string): readonly Target[] {
  const wanted = normalizePath(path);
  return host.bindings
    .flatMap(({ targets }) => targets)
    .filter(({ address, pools }) => {
      if (address.kind !== "unix" || pools.length > 0) return false;
      const entry = host.fs.entry(address.path);
      return entry.kind === "missing" && entry.dangling && normalizePath(entry.path) === wanted;
    });
}

/** Whether some location passes requests to what is left of the path that PHP-FPM cuts off, links followed. */
function reachesCut(host: Host, pool: Pool): boolean {
  return host.bindings.some(
    ({ targets, pass }) =>
      // A template may fill in that path.
      pass.directive.args[0]?.placeholder === true || targets.some(({ pools }) => pools.includes(pool)),
  );
}
