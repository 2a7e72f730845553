import { defineRule } from "../../src/engine/define.js";
import { namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { runsNoScripts } from "../../src/evidence/timeouts.js";
import { integer } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf } from "../../src/help/edit.js";
import type { Binding, Host } from "../../src/model/host.js";
import { effectiveParams, type Param } from "../../src/model/request/fastcgi-params.js";
import { takes } from "../../src/nginx/location/passed.js";
import { argumentPlace } from "../../src/nginx/tree/nodes.js";
import { markdown } from "../../src/source/markdown.js";

/** A way from a location to a pool, and the PHP settings that the location passes. */
interface Passing extends Pair {
  /** By name; empty where it passes none. */
  readonly settings: ReadonlyMap<string, Param>;
}

export const phpValueLeak = defineRule({
  id: "fastcgi/php-value-leak",
  about: "host",
  alike: true,
  cases: {
    sticks: {
      severity: "warning",
      symptom: null,
      summary: "PHP_VALUE of one location stays in workers that also serve other locations",
    },
  },
  docs: {
    title: "a PHP_VALUE that other requests inherit",
    fires: [
      markdown`
        a location passes a PHP setting with \`PHP_VALUE\` or \`PHP_ADMIN_VALUE\` to a pool that also takes
        requests from a location that does not pass this setting
      `,
    ],
    silent: [
      "the pool has no other location",
      "all of its locations pass the same settings (whatever the values)",
      "the other location is for the status or ping page",
      "`pm.max_requests` is 1",
      "the parameters or the address of a location are unknown",
    ],
    why: markdown`
      PHP-FPM applies the setting that comes with a request and never takes it back: the worker keeps it
      for the next request, whatever that is. A \`memory_limit\`, an \`open_basedir\` or an
      \`auto_prepend_file\` that was meant for one location now and then applies to all sites of the
      pool, depending on which worker takes the request.
    `,
    instead: markdown`
      Put the setting into a pool of its own with \`php_admin_value[…]\`, or pass it in every location of
      the pool.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
    twins: { bad: "bad-one-location", ok: "ok-own-pool" },
  },
  proof: {
    kind: "daemons",
    requests: [{ path: "/index.php" }, { path: "/special.php" }],
    observe: { sticks: "value-sticks" },
  },
  *check(host) {
    for (const [pool, ways] of passingByPool(host)) {
      const leaks = [...new Set(ways.flatMap(({ settings }) => [...settings.keys()]))].filter((name) =>
        ways.some(({ settings }) => !settings.has(name)),
      );
      const [leak] = leaks;
      const source = ways.find(({ settings }) => leak !== undefined && settings.has(leak));
      const param = leak === undefined ? undefined : source?.settings.get(leak);
      if (leak === undefined || source === undefined || param === undefined) continue;
      const others = ways.filter(({ settings }) => !settings.has(leak));
      const shown = leaks.join(", ");
      const more = others.length === 1 ? "another location" : `${others.length} other locations`;
      const served = `pool [${pool.name}], which also serve ${more}`;
      yield {
        case: "sticks",
        settle: ways.some(({ target }) => target.assumed)
          ? `That all these addresses lead to pool [${pool.name}] is a guess from their port.`
          : null,
        message: `${param.name} sets ${shown} for ${source.binding.label}, and it stays in the workers of ${served}`,
        at: param.place,
        label: "the worker keeps it for the next request",
        related: others.map(({ binding }) => ({
          place: argumentPlace(binding.pass, 0),
          message: `${binding.label} may get it`,
        })),
        effect: `now and then, depending on the worker, requests to the other locations run with this ${shown}`,
        help: helpOf(
          [],
          `set php_admin_value[${leak}] in a pool of its own for ${source.binding.label}, or pass ${leak} in every location of pool [${pool.name}]`,
        ),
        names: namesOf(source.binding, pool),
      };
    }
  },
});

/** The ways to each pool, for pools whose locations all have known parameters. */
function passingByPool(host: Host): ReadonlyMap<Pool, readonly Passing[]> {
  const found = new Map<Pool, Map<Binding, Passing>>();
  const unknown = new Set<Pool>();
  for (const pair of pairs(host)) {
    // The status page has no use for settings, and a worker that ends keeps none.
    if (runsNoScripts(pair) || endsAtOnce(pair.pool)) continue;
    const settings = settingsOf(pair);
    if (settings === null) unknown.add(pair.pool);
    else {
      const known = found.get(pair.pool) ?? new Map<Binding, Passing>();
      if (!known.has(pair.binding)) known.set(pair.binding, { ...pair, settings });
      found.set(pair.pool, known);
    }
  }
  for (const pool of unknown) found.delete(pool);
  return new Map([...found].map(([pool, ways]) => [pool, [...ways.values()]] as const));
}

/** The PHP settings that a location passes, by name; `null`: unknown. */
function settingsOf({ binding, pool }: Pick<Pair, "binding" | "pool">): ReadonlyMap<string, Param> | null {
  const set = effectiveParams(binding.block);
  if (set === undefined || set?.complete === false || mayBePage({ binding, pool })) return null;
  const found = new Map<string, Param>();
  for (const name of ["PHP_VALUE", "PHP_ADMIN_VALUE"]) {
    const param = set?.params.get(name);
    if (param === undefined) continue;
    const names = param.value
      .split("\n")
      .filter((line) => line.trim() !== "")
      .map((line) => /^[ \t]*([\w.]+)[ \t]*=/.exec(line)?.[1] ?? null);
    for (const name of names) {
      // A variable may hold any line.
      if (name === null) return null;
      if (!found.has(name)) found.set(name, param);
    }
  }
  return found;
}

function endsAtOnce(pool: Pool): boolean {
  const requests = integer(pool, "pm.max_requests");
  return requests.kind === "unknown" || requests.value === 1;
}

/**
 * Whether a template may turn the location into the one for the status page, which has no use for
 * settings.
 */
function mayBePage({ binding: { location }, pool }: Pick<Pair, "binding" | "pool">): boolean {
  const pages = pool.settings.filter(({ key }) => key === "pm.status_path" || key === "ping.path");
  const open = location.directive.args.some(({ placeholder }) => placeholder);
  return open
    ? pages.length > 0
    : pages.some(({ value }) => value === null) && takes(location, "/index.php") !== true;
}
