import { type Draft, defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import type { FpmMaster } from "../../src/fpm/types.js";
import { inWords } from "../../src/help/edit.js";
import { quotedPath, renameFor } from "../../src/help/rename.js";
import { nameOf } from "../../src/host/path.js";
import { reaches, showAddress } from "../../src/model/address/address.js";
import { type LeftOutPool, leftOutPools } from "../../src/model/fpm-left-out.js";
import type { Binding, Host } from "../../src/model/host.js";
import { oncePerPlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "wanted" | "beside";

export const fpmLeftOutFile = defineRule({
  id: "fpm/left-out-file",
  about: "master",
  alike: true,
  cases: {
    wanted: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "connect() to" },
      summary:
        "a pool that a location passes requests to, in a file whose name the include's pattern does not match",
    },
    beside: {
      severity: "info",
      symptom: null,
      summary: "another pool in a file whose name the include's pattern does not match",
    },
  },
  docs: {
    title: "a pool that no include reads",
    fires: [
      markdown`
        the pattern of the \`include\` that reads a directory does not match the name of a file in it that has a
        pool: \`pool.d/shop\` and \`include = pool.d/*.conf\` (info). It is an error where a location passes requests to
        the address of this pool, and nobody else listens there
      `,
    ],
    silent: [
      "another `include` reads the file, or another PHP-FPM of the host",
      markdown`
        the name is that of a copy or of what is switched off: \`shop.conf.bak\`, \`shop.conf.disabled\`,
        \`shop.conf.dpkg-old\`, \`shop.orig\`, \`shop~\`, \`.shop\`
      `,
      "a pool of this name is read from another file",
      "the main file is not in the tree, or PHP-FPM would refuse the file",
    ],
    why: markdown`
      PHP-FPM reads what the pattern matches and says nothing of the rest, and \`php-fpm -t\` is content. The pool is
      not there, so nobody listens on its address, and requests for its site end as \`502 Bad Gateway\`.
    `,
    instead: "Give the file a name that the pattern matches: `shop.conf`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
    twins: { bad: "bad-without-extension", ok: "ok-any-name" },
  },
  proof: { kind: "daemons" },
  reads: ["directory", "pool", "site"],
  asksDisk: true,
  *check(master, host) {
    for (const left of leftOutPools(host, master)) yield report(host, master, left);
  },
});

function report(host: Host, master: FpmMaster, left: LeftOutPool): Draft<Case> {
  const { include, path, name, section, address } = left;
  const users = usersOf(host, left);
  const file = nameOf(path);
  const there = `pool [${name}] is in ${file}`;
  return {
    case: users.length > 0 ? "wanted" : "beside",
    message: `PHP-FPM does not read ${path}, which has pool [${name}]: include ${include.pattern} does not match it`,
    at: include.place,
    label: "matches other files of this directory",
    related: [
      { place: section, message: there },
      ...oncePerPlace(users, (one) => one.place).map(({ place, binding }) => ({
        place,
        message: `${binding.label} passes requests to it`,
      })),
    ],
    ...(users.length > 0
      ? seenByClients(
          `nobody listens on ${showAddress(address)}, and every request to it ends as 502 Bad Gateway`,
          users.map(({ binding }) => binding),
        )
      : { effect: "the pool is not there, and changes of the file do nothing" }),
    help: inWords(`rename the file so that ${nameOf(include.pattern)} matches it: ${renamed(left)}`),
    names: [path, name, nameOf(master.main?.path ?? "")],
  };
}

/** The locations that pass requests to the address of the pool, where nobody listens on it. */
function usersOf(host: Host, { address }: LeftOutPool) {
  return host.bindings.flatMap((binding: Binding) =>
    binding.targets.flatMap((target) =>
      !target.down && target.pools.length === 0 && reaches(target.address, address)
        ? [{ binding, place: target.place }]
        : [],
    ),
  );
}

function renamed({ include, path }: LeftOutPool): string {
  return renameFor(include.pattern, path) ?? `the name of ${quotedPath(path)} is another one`;
}
