import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { furtherLocations, poolKey } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { ownSocket, passTo } from "../../src/help/address.js";
import { helpOf, replace } from "../../src/help/edit.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { isRedHat } from "../../src/model/machine/distribution.js";
import { fpmUnits, isOn, nginxUnits, serviceSetting } from "../../src/model/machine/systemd.js";
import type { Assignment } from "../../src/model/machine/unit-file.js";
import { groupBy } from "../../src/source/collect.js";
import { placeOf } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

export const privateDirectory = defineRule({
  id: "socket/private-directory",
  about: "host",
  alike: true,
  cases: {
    private: {
      severity: "warning",
      symptom: {
        when: "always",
        status: 502,
        log: "failed (2: No such file or directory) while connecting to upstream",
      },
      summary: "a socket below /tmp, which a unit makes private to one daemon",
    },
  },
  docs: {
    title: "a socket in a /tmp that the daemons do not share",
    fires: [
      markdown`
        the socket of a pool that nginx passes requests to is below \`/tmp\` or \`/var/tmp\`, and a unit in
        the tree, nginx's or PHP-FPM's, has \`PrivateTmp=yes\`
      `,
      markdown`
        no unit in the tree says so, but the host is RHEL, Fedora or a system like them, whose units do: then
        it is a guess
      `,
    ],
    silent: [
      "no unit in the tree says so, and the host is Debian or Ubuntu, whose units do not",
      "PHP-FPM runs in a container",
    ],
    why: markdown`
      With \`PrivateTmp\`, systemd gives the service a \`/tmp\` of its own: the socket that PHP-FPM makes
      there is in a directory that nginx does not see. Both start, both tests succeed, and the file is there
      for anyone who looks from PHP-FPM's side. Requests end in \`502 Bad Gateway\`, with
      \`(2: No such file or directory)\` in nginx's log.
    `,
    instead: "Put sockets below `/run/php` or `/run/php-fpm`.",
    references: ["https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html#PrivateTmp="],
  },
  proof: {
    kind: "none",
    reason:
      "systemd, which makes the private directories, does not run where the tests do; systemd.exec(5) documents it.",
  },
  asksDisk: true,
  *check(host) {
    if (inContainer(host)) return;
    const found = [...pairs(host)].filter(
      ({ target: { address } }) => address.kind === "unix" && /^\/(?:var\/)?tmp\//.test(address.path),
    );
    for (const group of groupBy(found, poolKey)) {
      const [first] = group;
      const why = privateTmp(host, first);
      const listen = placeOf(setting(first.pool, "listen"));
      if (why === null || listen === null) continue;
      const path = first.target.address.kind === "unix" ? first.target.address.path : "";
      yield {
        case: "private",
        settle: why.set === null ? "`systemctl show -p PrivateTmp nginx php-fpm` would settle it." : null,
        message: `the socket of pool [${first.pool.name}] is ${path}, and ${why.words}`,
        at: listen,
        label: "not the same directory for both daemons",
        link: linkOf(first),
        related: [
          ...(why.set === null ? [] : [{ place: why.set.place, message: "a /tmp of its own" }]),
          ...furtherLocations(group),
        ],
        ...seenByClients(
          "nginx does not find the socket, and every request ends in 502 Bad Gateway",
          group.map((one) => one.binding),
        ),
        help: help(host, group, listen),
        names: namesOf(first.binding, first.pool),
      };
    }
  },
});

function help(host: Host, group: readonly [Pair, ...Pair[]], listen: Place): HelpDraft {
  const path = ownSocket(host, group[0].pool);
  return helpOf([
    [
      replace(host, listen, `listen = ${path}`),
      ...group.map(({ target }) => passTo(host, target, `unix:${path}`)),
    ],
  ]);
}

/**
 * Why /tmp is not shared, and the setting that says so, `null` for a guess; `null` altogether: it is shared.
 */
function privateTmp(
  host: Host,
  { pool }: Pair,
): { readonly set: Assignment | null; readonly words: string } | null {
  const units = [
    ["nginx", serviceSetting(host, nginxUnits, "PrivateTmp")],
    ["PHP-FPM", serviceSetting(host, fpmUnits(pool.master), "PrivateTmp")],
  ] as const;
  for (const [daemon, set] of units)
    if (set !== null && isOn(set)) return { set, words: `the unit of ${daemon} has PrivateTmp=${set.value}` };
  // The packages of nginx and php-fpm of Fedora, RHEL and Remi have PrivateTmp=true in their units.
  if (units.some(([, set]) => set !== null) || !isRedHat(host)) return null;
  return { set: null, words: "the units of this distribution have PrivateTmp=true" };
}
