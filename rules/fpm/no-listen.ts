import { type Draft, defineRule } from "../../src/engine/define.js";
import { fpmDown, isMisspelt } from "../../src/evidence/fpm-lines.js";
import { setting } from "../../src/fpm/pools.js";
import { factOf } from "../../src/fpm/settings/refused.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { addInto, helpOf, inPlace, replace } from "../../src/help/edit.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { markdown } from "../../src/source/markdown.js";

const start = (log: string) => ({ when: "start", status: null, log }) as const;

type Case = "listen" | "pool";

export const noListen = defineRule({
  id: "fpm/no-listen",
  about: "host",
  alike: true,
  asksDisk: true,
  cases: {
    listen: {
      severity: "error",
      symptom: start("no listen address have been defined!"),
      summary: "a pool without listen, or with an empty one",
    },
    pool: {
      severity: "error",
      symptom: start("No pool defined. at least one pool section must be specified in config file"),
      summary: "a PHP-FPM that finds no pool at all",
    },
  },
  docs: {
    title: "a pool without an address, or a PHP-FPM without a pool",
    fires: [
      "a pool has no `listen` in any of its sections, or an empty one",
      "nothing that the main file includes has a pool",
    ],
    silent: [
      "the main file is not in the tree, or an include was not read, as with overlays and fragments",
      markdown`
        the tree is not a whole host, and the pool lacks more than \`listen\`, or the tree is the source
        of a container, or the includes find nothing
      `,
    ],
    what: "It is otherwise a warning on a tree that is not a whole host.",
    why: markdown`
      PHP-FPM checks each pool when it reads its files. It does not start or reload unless every pool
      has an address and there is at least one pool, so every site of that master is down. Any header
      makes a pool: a misspelt name makes a second pool next to the one that was meant.
    `,
    instead: "Write one line in each pool: `listen = /run/php/site.sock` or `listen = 127.0.0.1:9000`.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
    twins: { bad: "bad-no-listen", ok: "ok-listen" },
  },
  *check(host) {
    for (const pool of host.pools) {
      const listen = setting(pool, "listen");
      if (listen.kind === "unknown" || listen.value) continue;
      if (!isMisspelt(pool, "listen") && !hasOtherHalf(host, pool)) yield withoutListen(host, pool);
    }
    for (const master of host.masters) {
      const found = withoutPool(host, master);
      if (found !== null) yield found;
    }
  },
});

/**
 * Whether files that are not in the tree most likely complete the pool, like the `zz-docker.conf` of an
 * image.
 */
function hasOtherHalf(host: Host, pool: Pool): boolean {
  if (host.whole) return false;
  const rest = ["pm", "pm.max_children"].some((key) => setting(pool, key).kind !== "set");
  return pool.master.main === null || rest || inContainer(host);
}

function certainty(host: Host): Pick<Draft, "settle"> {
  return host.whole
    ? {}
    : {
        settle:
          "The other files that this PHP-FPM reads on its host would settle it: one of them may set it.",
      };
}

function withoutListen(host: Host, pool: Pool): Draft<Case> {
  const listen = setting(pool, "listen");
  const empty = listen.kind === "set";
  const others = pool.master.pools.length;
  const line = `listen = /run/php/${pool.name}.sock`;
  return {
    ...(empty ? {} : certainty(host)),
    case: "listen",
    message: empty
      ? `the listen of pool [${pool.name}] is empty`
      : `pool [${pool.name}] does not set listen, and PHP-FPM has no default for it`,
    at: empty ? listen.place : pool.section,
    label: empty ? "no address" : "no listen in this pool",
    effect: fpmDown,
    help: helpOf(
      [[empty ? replace(host, listen.place, line) : addInto(host, pool.section, line)]],
      others > 1 ? "or write the name of the pool that was meant in its header" : null,
    ),
    names: [pool.name],
  };
}

function withoutPool(host: Host, master: FpmMaster): Draft<Case> | null {
  const { main, pools, partial, includes, faults, global } = master;
  if (main === null || pools.length > 0 || partial || faults.length > 0) return null;
  // If a pool lacks its header, fpm/unknown-setting reports that.
  if (global.some(({ key }) => factOf(key, "global") === undefined)) return null;
  if (!host.whole && (includes.length > 0 || inContainer(host))) return null;
  const [first] = includes;
  return {
    ...certainty(host),
    case: "pool",
    message:
      first === undefined
        ? "no pool is defined, and the file includes no other file"
        : `no pool is defined: nothing that matches ${first.pattern} has one`,
    at: first?.place ?? {
      span: { file: main, start: 0, end: main.text.split("\n")[0]?.length ?? 0 },
      via: [],
    },
    label: first === undefined ? "no section but [global] here" : "no pool here",
    effect: "PHP-FPM does not start or reload",
    help: helpOf([
      [
        inPlace(
          "a file that is included",
          "[www]",
          "user = www-data",
          "listen = /run/php/www.sock",
          "pm = ondemand",
          "pm.max_children = 5",
        ),
      ],
    ]),
    names: [main.path],
  };
}
