import { defineRule } from "../../src/engine/define.js";
import { setting } from "../../src/fpm/pools.js";
import { inWords } from "../../src/help/edit.js";
import { mayHide } from "../../src/host/spec.js";
import { NOT_FOR_SITES } from "../../src/intent/site-pools.js";
import { isLocal, showAddress } from "../../src/model/address/address.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { type PoolListen, poolListens } from "../../src/model/listen/pool-listens.js";
import { descendants } from "../../src/nginx/tree/nodes.js";

export const unusedPool = defineRule({
  id: "connect/unused-pool",
  about: "host",
  cases: {
    unused: {
      severity: "info",
      symptom: null,
      summary: "a pool that no location of nginx passes requests to",
    },
  },
  docs: {
    title: "a pool that no location uses",
    what: "Fires when no location of the host's nginx passes requests to the pool's address, whatever the protocol.\n\nSilent when the host's nginx has no `fastcgi_pass` at all; when an address behind one is not known, or a part of nginx's configuration was not read, since that may be the pool's; for pools that another machine may use (TCP on an address that is not loopback), in containers, for a server that is `down`, for pools whose address nginx names anywhere else (`stream`, a module), and for pools named like jobs or status pages (`cron`, `worker`, `status` …).",
    why: "The workers of such a pool take memory and wait for nobody; often a site was moved to another pool and its old one was left, or Debian's `www` is still there beside the pools of the sites.",
    instead: "Remove the pool's file, or pass requests to it.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
    twins: { bad: "bad-second-pool", ok: "ok-both-used" },
  },
  proof: { kind: "daemons", observe: { unused: "pool-without-requests" } },
  *check(host) {
    if (host.nginx === null || !isKnown(host)) return;
    const used = new Set(
      [...host.bindings, ...host.otherPasses].flatMap(({ targets }) => targets.flatMap(({ pools }) => pools)),
    );
    const left = poolListens(host).listens.filter((one) => !used.has(one.pool) && isForSites(one));
    const words = left.length === 0 ? "" : wordsOf(host);
    for (const { pool, address, place, text } of left) {
      if (address === null || words.includes(address.kind === "unix" ? address.path : `:${address.port}`))
        continue;
      yield {
        case: "unused",
        message: `no location of nginx passes requests to pool [${pool.name}], which listens on ${text}`,
        at: place,
        label: "nobody asks here",
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
  return !nginx.root.partial && [...descendants(nginx.root)].every(({ partial }) => !partial);
}

/** Made by a template. */
function isOpen(address: PoolListen["address"]): boolean {
  return address !== null && /[{}$%]/.test(showAddress(address));
}

function wordsOf({ nginx }: Host): string {
  if (nginx === null) return "";
  const all = [...descendants(nginx.root)].flatMap(({ directive }) => directive.args.map(({ text }) => text));
  return all
    .filter((text) => /[/:]/.test(text))
    .join("\n")
    .replaceAll("/var/run/", "/run/");
}

function workers(pool: PoolListen["pool"]): string {
  const pm = setting(pool, "pm");
  return pm.kind === "set" && pm.value === "ondemand"
    ? "nothing: an ondemand pool has no workers until somebody asks"
    : "its workers take memory and wait for nobody";
}
