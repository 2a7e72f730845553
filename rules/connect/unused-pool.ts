import { defineRule } from "../../src/engine/define.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { inWords } from "../../src/help/edit.js";
import { mayHide } from "../../src/host/spec.js";
import { sought } from "../../src/intent/dead-targets.js";
import { meantByAll } from "../../src/intent/meant-pool.js";
import { NOT_FOR_SITES } from "../../src/intent/site-pools.js";
import { isLocal, showAddress } from "../../src/model/address/address.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { type PoolListen, readListen } from "../../src/model/listen/pool-listens.js";
import { descendants } from "../../src/nginx/tree/nodes.js";
import { markdown } from "../../src/source/markdown.js";
import { perKey } from "../../src/source/memo.js";

export const unusedPool = defineRule({
  id: "connect/unused-pool",
  about: "pool",
  mayApply: ({ pools, used }) => pools.some((pool) => !used.has(pool)),
  together: true,
  cases: {
    unused: {
      severity: "info",
      symptom: null,
      summary: "a pool that no location of nginx passes requests to",
    },
  },
  docs: {
    title: "a pool that no location uses",
    fires: ["no location of the host's nginx passes requests to the pool's address, by any protocol"],
    silent: [
      "the host's nginx has no `fastcgi_pass` at all",
      markdown`
        the address of a \`fastcgi_pass\` is unknown, or a part of nginx's configuration was not read,
        because that may be the pool's
      `,
      "another machine may use the pool (TCP on an address that is not loopback)",
      "PHP-FPM runs in a container",
      "an upstream has the pool's address as a server that is `down`",
      "nginx names the pool's address anywhere else (`stream`, a module)",
      "the pool is named like one for jobs or status pages (`cron`, `worker`, `status` …)",
    ],
    why: markdown`
      The workers of such a pool use memory and wait for nobody. Often a site was moved to another pool and
      its old one stayed, or Debian's \`www\` is still there next to the pools of the sites.
    `,
    instead: "Remove the pool's file, or pass requests to it.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
    twins: { bad: "bad-second-pool", ok: "ok-both-used" },
  },
  proof: { kind: "daemons", observe: { unused: "pool-without-requests" } },
  // Pools for jobs and status pages are told by their names.
  reads: ["pool"],
  asksDisk: true,
  *check(pool, host) {
    if (usedPools(host)?.has(pool) !== false || missedPools(host).has(pool)) return;
    for (const listen of readListen(host, pool, "listen")) {
      const { address, place, text } = listen;
      if (address === null || !isForSites(listen)) continue;
      const written = address.kind === "unix" ? address.path : `:${address.port}`;
      if (addressesIn(host).includes(written)) continue;
      yield {
        case: "unused",
        message: `no location of nginx passes requests to pool [${pool.name}], which listens on ${text}`,
        at: place,
        label: "no requests come here",
        related: [{ place: pool.section, message: `pool [${pool.name}]` }],
        effect: workers(pool),
        help: inWords(
          `pass requests to ${showAddress(address)}, or remove pool [${pool.name}] if no site is meant to use it`,
        ),
        names: [pool.name],
      };
    }
  },
});

/** The pools that nginx passes requests to, by any protocol; `null`: the files do not tell all of them. */
const usedPools = perKey((host: Host): ReadonlySet<Pool> | null => {
  if (!isKnown(host)) return null;
  const passes = [...host.bindings, ...host.otherPasses];
  return new Set(passes.flatMap(({ targets }) => targets.flatMap(({ pools }) => pools)));
});

/** The pools that connect/listen-mismatch names: nginx looks for them at another address. */
const missedPools = perKey((host: Host): ReadonlySet<Pool> => {
  const { meant, others } = sought(host);
  return new Set([...meant, ...others.flatMap((address) => meantByAll(host, address) ?? [])]);
});

/** Whether the pool is one that the nginx of this machine would pass a site's requests to. */
function isForSites({ pool, address }: PoolListen): boolean {
  if (address === null || !isLocal(address) || NOT_FOR_SITES.test(pool.name)) return false;
  return address.kind === "unix" || !["0.0.0.0", "::", "*"].includes(address.host);
}

/** Whether every address that nginx passes FastCGI to is known, and every file was read. */
function isKnown(host: Host): boolean {
  const { nginx, bindings } = host;
  if (nginx === null || !nginx.hasMain || bindings.length === 0 || mayHide(host.unread)) return false;
  if (nginx.faults.length > 0 || inContainer(host)) return false;
  if (bindings.some(({ targets }) => targets.length === 0 || targets.some(({ address }) => isOpen(address))))
    return false;
  if (nginx.root.partial) return false;
  for (const { partial } of descendants(nginx.root)) if (partial) return false;
  return true;
}

/** Whether a template makes the address. */
function isOpen(address: PoolListen["address"]): boolean {
  return address !== null && /[{}$%]/.test(showAddress(address));
}

/** Every word in nginx's files that may hold an address, one a line. */
const addressesIn = perKey(({ nginx }: Host): string => {
  if (nginx === null) return "";
  const found: string[] = [];
  for (const { directive } of descendants(nginx.root))
    for (const { text } of directive.args) if (/[/:]/.test(text)) found.push(text);
  return found.join("\n").replaceAll("/var/run/", "/run/");
});

function workers(pool: Pool): string {
  const pm = setting(pool, "pm");
  return pm.kind === "set" && pm.value === "ondemand"
    ? "nothing: an ondemand pool has no workers until a request comes"
    : "its workers use memory and wait for nobody";
}
