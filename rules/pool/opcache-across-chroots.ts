import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { linkOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import type { Pool } from "../../src/fpm/types.js";
import { addInto, helpOf } from "../../src/help/edit.js";
import { inEachPlace } from "../../src/help/locations.js";
import { literalRoot, sentScript } from "../../src/help/script-filename.js";
import { normalizePath } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { jailOf } from "../../src/model/request/chroot.js";
import { phpSwitch, usesOpcache } from "../../src/model/request/opcache.js";
import { groupBy, grouped } from "../../src/source/collect.js";
import type { SetValue } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** One way to a pool in a chroot, and the script that it asks for there. */
interface Jailed extends Pair {
  readonly chroot: SetValue<string>;
  /** As the pool sees it, `$uri` for the path of the URI: `/htdocs$uri`. */
  readonly script: string;
  /** Where nginx says so. */
  readonly at: Place;
}

export const opcacheAcrossChroots = defineRule({
  id: "pool/opcache-across-chroots",
  about: "host",
  mayApply: ({ pools }) => pools.some((pool) => jailOf(pool) !== null),
  together: true,
  cases: {
    "same-path": {
      severity: "warning",
      symptom: { when: "always", status: 200, log: null },
      summary: "pools in two chroots run scripts of the same path, and OPcache takes them for one",
    },
  },
  docs: {
    title: "one site's script runs in another, because OPcache does not see the chroots",
    fires: [
      markdown`
        two pools of one master have different \`chroot\`, nginx sends the same path to both as
        SCRIPT_FILENAME, seen from inside, and neither has \`opcache.validate_root\`
      `,
    ],
    silent: [
      markdown`
        \`opcache.validate_root\` is on, in php.ini or in all of the pools but one: that works in both places
      `,
      "`opcache.enable` is off, or the files that load extensions do not load OPcache",
      "the pools belong to two masters, or have the same chroot",
    ],
    why: markdown`
      All pools of a master share one OPcache, and it knows a script by its path as the worker sees it. In two
      chroots \`/htdocs/index.php\` is two files with one name: the pool that runs it first fills the cache, and
      the others get its code, with their own accounts and their own data. It answers 200, and nothing is
      logged.
    `,
    instead: markdown`
      Set \`opcache.validate_root = 1\` in php.ini or \`php_admin_value[opcache.validate_root] = 1\` in each of
      the pools. A path that differs inside the chroots, or a master for each pool, does as well.
    `,
    references: [
      "https://www.php.net/manual/en/opcache.configuration.php#ini.opcache.validate-root",
      "https://www.php.net/manual/en/install.fpm.configuration.php#chroot",
    ],
  },
  proof: { kind: "daemons", observe: { "same-path": "script-of-another-pool" } },
  *check(host) {
    const confused = new Map<Pool, boolean>();
    const isConfused = (pool: Pool): boolean => {
      const known = confused.get(pool) ?? mayConfuse(pool);
      confused.set(pool, known);
      return known;
    };
    const found = [...pairs(host)].flatMap((pair): Jailed[] => {
      const chroot = jailOf(pair.pool);
      if (chroot === null || chroot.value === "/" || pair.target.assumed || !isConfused(pair.pool)) return [];
      const script = scriptOf(pair);
      return script === null ? [] : [{ ...pair, ...script, chroot }];
    });
    const masters = grouped(found.map((one) => [one.pool.master, one] as const));
    for (const ways of masters.values())
      for (const group of groupBy(ways, ({ script }) => script)) yield* report(host, group);
  },
});

function mayConfuse(pool: Pool): boolean {
  return usesOpcache(pool) === true && phpSwitch(pool, "opcache.validate_root") === false;
}

/** The script as the pool sees it; `null`: it cannot be told. */
function scriptOf({ binding }: Pair): Pick<Jailed, "script" | "at"> | null {
  const sent = sentScript(binding);
  if (sent === null) return null;
  const root = literalRoot(binding)?.path;
  const script = sent.param.value
    .replace(/^\$\{?(?:document_root|realpath_root)\b\}?/, () => root ?? "$unknown")
    .replace(/\$\{?(?:fastcgi_script_name|document_uri|uri)\b\}?$/, () => "/$uri");
  const [directory = "", uri] = script.split("$uri");
  if (directory.includes("$") || !directory.startsWith("/")) return null;
  return { script: `${normalizePath(directory)}${uri === undefined ? "" : "/$uri"}`, at: sent.at };
}

function* report(host: Host, group: readonly [Jailed, ...Jailed[]]): Generator<Draft<"same-path">> {
  const pools = groupBy(group, ({ pool }) => String(host.pools.indexOf(pool))).map(([first]) => first);
  const [first, ...others] = pools;
  const other = others.find(({ chroot }) => chroot.value !== first?.chroot.value);
  if (first === undefined || other === undefined) return;
  const path = first.script.replace("/$uri", "/…");
  yield {
    case: "same-path",
    message: `pools [${first.pool.name}] and [${other.pool.name}] both run ${path} in a chroot of their own, and OPcache takes the two for one script`,
    at: other.chroot.place,
    label: `${other.chroot.value}${path} to everybody else`,
    link: linkOf(other),
    related: [
      ...[first, ...others.filter((one) => one !== other)].map(({ pool, chroot }) => ({
        place: chroot.place,
        message: `pool [${pool.name}] has ${chroot.value}${path}`,
      })),
      { place: other.at, message: `${other.binding.label} sends the path that both have` },
    ],
    effect:
      "the pool that first runs a script fills the cache, and requests to the other site get that site's pages",
    help: help(
      host,
      pools.map(({ pool }) => pool),
    ),
    names: [first.pool.name, other.pool.name],
  };
}

const LINE = "php_admin_value[opcache.validate_root] = 1";

function help(host: Host, pools: readonly Pool[]): HelpDraft {
  return helpOf(
    [
      inEachPlace(
        pools.map((pool) => addInto(host, pool.section, LINE)),
        LINE,
      ),
    ],
    "or set opcache.validate_root = 1 in php.ini, for all pools",
  );
}
