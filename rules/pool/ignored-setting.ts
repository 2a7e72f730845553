import { type Draft, defineRule } from "../../src/engine/define.js";
import { sourceOf } from "../../src/evidence/grouping.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import { takesKey } from "../../src/fpm/settings/facts.js";
import type { Pool, Setting } from "../../src/fpm/types.js";
import { helpOf, remove } from "../../src/help/edit.js";
import { fpmAddress } from "../../src/model/address/address.js";
import type { Binding, Host, NginxHost, Target } from "../../src/model/host.js";
import { KEEPALIVE_BY_DEFAULT, readUpstreams, type Upstreams } from "../../src/model/pass/upstreams.js";
import { processManager } from "../../src/model/pool-size.js";
import { isOlder } from "../../src/nginx/facts/version.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { argumentPlace, childrenNamed } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { known } from "../../src/source/effective.js";

/** The settings of one pool that have no effect for one reason. */
interface Ignored {
  readonly pool: Pool;
  readonly case: "process-manager" | "on-tcp" | "on-socket" | "at-start";
  readonly settings: readonly Setting[];
  readonly why: string;
}

const DYNAMIC = ["pm.start_servers", "pm.min_spare_servers", "pm.max_spare_servers", "pm.max_spawn_rate"];
const SOCKET = ["listen.owner", "listen.group", "listen.mode", "listen.acl_users", "listen.acl_groups"];

/**
 * What PHP reads once, in the master, before there is any pool. Not `extension`, which PHP-FPM loads
 * into the workers of the pool, and not `opcache.enable` and `opcache.file_cache`, which each worker
 * has for itself.
 */
const AT_START =
  /^(?:opcache\.(?:memory_consumption|interned_strings_buffer|max_accelerated_files|jit_buffer_size|preload|preload_user)|apc\.shm_size|zend_extension)$/;

type Case = "process-manager" | "on-tcp" | "on-socket" | "at-start" | "keep-conn";

export const ignoredSetting = defineRule({
  id: "pool/ignored-setting",
  about: "host",
  cases: {
    "process-manager": {
      severity: "info",
      symptom: null,
      summary: "start and spare servers, or an idle timeout, that this pm does not read",
    },
    "on-tcp": { severity: "info", symptom: null, summary: "owner, group or mode of a socket on a TCP pool" },
    "on-socket": { severity: "info", symptom: null, summary: "listen.allowed_clients on a Unix socket" },
    "at-start": {
      severity: "info",
      symptom: null,
      summary: "a setting in a pool that PHP reads only once, in the master",
    },
    "keep-conn": {
      severity: "info",
      symptom: null,
      summary: "fastcgi_keep_conn on, and no connection is kept",
    },
  },
  docs: {
    title: "a setting that has no effect as it is written",
    what: "Fires on what the daemons read and then do not use: `pm.start_servers` and the spare servers where `pm` is static or ondemand, and `pm.process_idle_timeout` where it is not ondemand; `listen.owner`, `listen.group`, `listen.mode` and the ACLs on TCP; `listen.allowed_clients` on a Unix socket; sizes of shared memory (`opcache.memory_consumption`), `opcache.preload` and `zend_extension` in a pool's `php_admin_value`; `fastcgi_keep_conn on` where no location for which the line counts leads to an upstream with `keepalive`. Each pool is one report for each reason.\n\nSilent where `pm` or `listen` is not known. From nginx 1.29.7 on an upstream keeps connections without `keepalive`, so `fastcgi_keep_conn on` is only reported where the version is known to be older, or where there is no upstream.",
    why: "Nothing says that such a line does nothing, and whoever reads it believes in it: that a socket is closed to others, that clients are checked, that the cache has the size.",
    instead:
      "Remove the line, or write what gives it an effect: `opcache.memory_consumption` in php.ini, `keepalive` in the upstream.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_keep_conn",
    ],
    twins: { bad: "bad-allowed-clients-on-socket", ok: "ok-socket" },
  },
  proof: {
    kind: "daemons",
    observe: {
      "process-manager": "other-count-than-start-servers",
      "on-tcp": "owner-without-a-socket",
      "on-socket": "unlisted-client-answered",
      "at-start": "shared-memory-of-default-size",
      "keep-conn": "connections-closed",
    },
  },
  *check(host) {
    for (const pool of host.pools) for (const ignored of ignoredIn(pool)) yield report(host, ignored);
    if (host.nginx !== null) yield* keepConn(host, host.nginx);
  },
});

function* ignoredIn(pool: Pool): Generator<Ignored> {
  const of = (keys: readonly string[]): readonly Setting[] =>
    pool.settings.filter(
      ({ key, index, value }) =>
        keys.includes(key) &&
        index === null &&
        value !== "" &&
        // What PHP-FPM refuses is not ignored.
        takesKey(key, "pool", pool.master.phpVersion),
    );
  const manager = processManager(pool);
  const dead = [
    ...(manager === null || manager === "dynamic" ? [] : of(DYNAMIC)),
    ...(manager === null || manager === "ondemand" ? [] : of(["pm.process_idle_timeout"])),
  ];
  if (dead.length > 0) yield { pool, case: "process-manager", settings: dead, why: `pm is ${manager}` };
  const listen = known(setting(pool, "listen"));
  const address = listen === undefined || listen === null ? null : fpmAddress(listen);
  const forSockets = address?.kind === "tcp" ? of(SOCKET) : [];
  if (forSockets.length > 0)
    yield { pool, case: "on-tcp", settings: forSockets, why: `it listens on ${listen}, a port` };
  const forTcp = address?.kind === "unix" ? of(["listen.allowed_clients"]) : [];
  if (forTcp.length > 0)
    yield { pool, case: "on-socket", settings: forTcp, why: `it listens on ${listen}, a socket` };
  const late = pool.settings.filter(
    ({ key, index }) => /^php_(?:admin_)?(?:value|flag)$/.test(key) && AT_START.test(index ?? ""),
  );
  if (late.length > 0)
    yield {
      pool,
      case: "at-start",
      settings: late,
      why: "PHP reads it once, when the master starts, from php.ini",
    };
}

const EFFECTS: Readonly<Record<Ignored["case"], string>> = {
  "process-manager": "nothing changes: this pm has other settings",
  "on-tcp": "nothing changes: who may connect to a port is not a matter of files",
  "on-socket": "nothing changes: who may connect is what the socket's owner, group and mode say",
  "at-start": "what is in force is the value of php.ini, or PHP's default",
};

function report(host: Host, { pool, case: name, settings, why }: Ignored): Draft<Case> {
  const [first, ...rest] = settings;
  const shown = [...new Set(settings.map(nameOf))].join(", ");
  return {
    case: name,
    message: `${shown} ${settings.length === 1 ? "has" : "have"} no effect in pool [${pool.name}]: ${why}`,
    at: first?.keyPlace ?? pool.section,
    label: "not used",
    related: rest.map((one) => ({ place: one.keyPlace, message: `${nameOf(one)} is not used, either` })),
    effect: EFFECTS[name],
    help: helpOf([settings.map((one) => remove(host, one.keyPlace))]),
    names: [pool.name],
  };
}

function nameOf({ key, index }: Setting): string {
  return index === null ? key : `${key}[${index}]`;
}

/** A location in which connections are to be kept. */
interface Keeping {
  readonly binding: Binding;
  readonly value: Extract<ReturnType<typeof effectiveFlag>, { readonly kind: "set" }>;
  /** Why none is; `null`: they are kept, or that is not known. */
  readonly why: string | null;
}

function* keepConn(host: Host, nginx: NginxHost): Generator<Draft<Case>> {
  const groups = readUpstreams(childrenNamed(nginx.root, "http"));
  const found = host.bindings.flatMap((binding): readonly Keeping[] => {
    const value = effectiveFlag(binding.block, "fastcgi_keep_conn");
    if (value.kind !== "set" || !value.value) return [];
    const reasons = binding.targets.map((target) => whyClosed(target, groups, nginx));
    const why = reasons.every((reason) => reason !== null) ? (reasons[0] ?? null) : null;
    return [{ binding, value, why }];
  });
  for (const group of groupBy(found, ({ value }) => sourceOf(value))) {
    const [{ binding, value, why }] = group;
    // For another location the same line may well have an effect.
    if (why === null || group.some((one) => one.why === null)) continue;
    yield {
      case: "keep-conn",
      message: `fastcgi_keep_conn on keeps no connection: ${why}`,
      at: value.place,
      label: "no connection is kept",
      related: group.map((one) => ({
        place: argumentPlace(one.binding.pass, 0),
        message: `${one.binding.label} passes requests there`,
      })),
      effect: "nothing changes: each request has a connection of its own",
      help: helpOf([[remove(host, value.place)]]),
      names: namesOf(binding),
    };
  }
}

function whyClosed({ address, upstream }: Target, groups: Upstreams, { version }: NginxHost): string | null {
  if (upstream === null) {
    // A name without a port may be an upstream that was not read.
    const direct = address.kind === "unix" || address.port !== null;
    return direct ? "the fastcgi_pass leads to no upstream" : null;
  }
  const group = groups.get(upstream.toLowerCase());
  const kept = group === undefined || group.partial || childrenNamed(group, "keepalive").length > 0;
  return kept || !isOlder(version, KEEPALIVE_BY_DEFAULT.since)
    ? null
    : `upstream ${upstream} has no keepalive`;
}
