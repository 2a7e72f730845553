import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import { sourceOf } from "../../src/evidence/grouping.js";
import { namesOf } from "../../src/evidence/pairs.js";
import { globalSetting, setting } from "../../src/fpm/pools.js";
import { type FpmFact, fpmNamesake, takesKey } from "../../src/fpm/settings/facts.js";
import { refusedSetting } from "../../src/fpm/settings/refused.js";
import { readInteger, readSeconds } from "../../src/fpm/settings/values.js";
import type { FpmMaster, Pool, Setting } from "../../src/fpm/types.js";
import { addAfter, helpOf, remove, replace } from "../../src/help/edit.js";
import { fpmAddress } from "../../src/model/address/address.js";
import type { Binding, Host, NginxHost, Target } from "../../src/model/host.js";
import { processManager } from "../../src/model/pool-size.js";
import { KEEPALIVE_BY_DEFAULT, readUpstreams, type Upstreams } from "../../src/model/request/upstreams.js";
import { isOlder } from "../../src/nginx/facts/version.js";
import { effectiveFlag } from "../../src/nginx/tree/effective.js";
import { argumentPlace, childrenNamed } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { known } from "../../src/source/effective.js";
import { markdown } from "../../src/source/markdown.js";

/** The settings of one pool that have no effect, all for the same reason. */
interface Ignored {
  readonly pool: Pool;
  readonly case: "process-manager" | "on-tcp" | "on-socket" | "at-start";
  readonly settings: readonly Setting[];
  readonly why: string;
}

const DYNAMIC = ["pm.start_servers", "pm.min_spare_servers", "pm.max_spare_servers", "pm.max_spawn_rate"];
const SOCKET = ["listen.owner", "listen.group", "listen.mode", "listen.acl_users", "listen.acl_groups"];

/**
 * What PHP reads once, in the master, before there is any pool. `extension` is not one of them, because
 * PHP-FPM loads it into the workers of the pool, nor are `opcache.enable` and `opcache.file_cache`,
 * which each worker has for itself.
 */
const AT_START =
  /^(?:opcache\.(?:memory_consumption|interned_strings_buffer|max_accelerated_files|jit_buffer_size|preload|preload_user)|apc\.shm_size|zend_extension)$/;

type Case = Ignored["case"] | "as-php-value" | "keep-conn" | "emergency-restart";

/** PHP-FPM restarts itself after so many crashes within such a time, and not at all unless it has both. */
const EMERGENCY = [
  { key: "emergency_restart_threshold", example: "10", adds: "how many crashes" },
  { key: "emergency_restart_interval", example: "1m", adds: "within which time" },
] as const;

export const ignoredSetting = defineRule({
  id: "pool/ignored-setting",
  about: "host",
  alike: true,
  cases: {
    "process-manager": {
      severity: "info",
      symptom: null,
      summary: "start and spare servers, or an idle timeout, that this pm does not use",
    },
    "on-tcp": { severity: "info", symptom: null, summary: "owner, group or mode of a socket on a TCP pool" },
    "on-socket": { severity: "info", symptom: null, summary: "listen.allowed_clients on a Unix socket" },
    "at-start": {
      severity: "info",
      symptom: null,
      summary: "a setting in a pool that PHP reads only once, in the master",
    },
    "as-php-value": {
      severity: "warning",
      symptom: null,
      summary:
        "a setting of PHP-FPM that is written as one of PHP: php_admin_value[request_terminate_timeout]",
    },
    "keep-conn": {
      severity: "info",
      symptom: null,
      summary: "fastcgi_keep_conn is on, but no connection is kept",
    },
    "emergency-restart": {
      severity: "info",
      symptom: null,
      summary: "emergency_restart_threshold without emergency_restart_interval, or the other way round",
    },
  },
  docs: {
    title: "a setting that has no effect as it is written",
    fires: [
      "`pm.start_servers` or a setting of the spare servers is written where `pm` is static or ondemand",
      "`pm.process_idle_timeout` is written where `pm` is not ondemand",
      "`listen.owner`, `listen.group`, `listen.mode` or an ACL is written for a pool that listens on TCP",
      "`listen.allowed_clients` is written for a pool that listens on a Unix socket",
      markdown`
        a pool's \`php_admin_value\` sets a size of shared memory (\`opcache.memory_consumption\`),
        \`opcache.preload\` or \`zend_extension\`
      `,
      markdown`
        a \`php_admin_value\`, \`php_value\` or flag of a pool has the name of a setting of PHP-FPM
        (\`php_admin_value[request_terminate_timeout]\`, \`php_admin_flag[catch_workers_output]\`), which is a
        warning
      `,
      markdown`
        \`fastcgi_keep_conn on\` is written and no location that it applies to leads to an upstream with
        \`keepalive\`
      `,
      markdown`
        \`emergency_restart_threshold\` is written and \`emergency_restart_interval\` is not, or the other
        way round
      `,
    ],
    silent: [
      "`pm` or `listen` is unknown",
      markdown`
        neither \`emergency_restart_threshold\` nor \`emergency_restart_interval\` is written, or one of them
        is written as 0, which switches the restart off
      `,
      markdown`
        \`fastcgi_keep_conn\` is on, there is an upstream, and nginx is not known to be older than 1.29.7:
        from that version on an upstream keeps connections without \`keepalive\`
      `,
    ],
    what: markdown`
      This is about what the daemons read and then do not use. Each pool is one report for each reason.
    `,
    why: markdown`
      Nothing says that such a line does nothing, and anybody who reads it believes it: that a socket is
      closed to others, that clients are checked, that the cache has that size, that slow requests end. Of
      a setting that PHP does not have, each worker says \`Unable to set php_admin_value\` to its standard error,
      which is lost unless \`catch_workers_output\` is on.
    `,
    instead: markdown`
      Remove the line, or write what gives it an effect: \`opcache.memory_consumption\` in php.ini,
      \`request_terminate_timeout = 60\` without \`php_admin_value\`, \`keepalive\` in the upstream.
    `,
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
      "as-php-value": "value-unknown-to-php",
      "keep-conn": "connections-closed",
      "emergency-restart": "no-restart-after-crashes",
    },
  },
  *check(host) {
    for (const pool of host.pools) {
      for (const ignored of ignoredIn(pool)) yield report(host, ignored);
      yield* asPhpValue(host, pool);
    }
    for (const master of host.masters) yield* emergencyRestart(host, master);
    if (host.nginx !== null) yield* keepConn(host, host.nginx);
  },
});

function* emergencyRestart(host: Host, master: FpmMaster): Generator<Draft<Case>> {
  const [threshold, interval] = EMERGENCY.map(({ key }) => globalSetting(master, key));
  if (threshold === undefined || interval === undefined) return;
  const [written, absent] = threshold.kind === "set" ? [0, 1] : [1, 0];
  const one = [threshold, interval][written];
  const other = [threshold, interval][absent];
  const [has, lacks] = [EMERGENCY[written], EMERGENCY[absent]];
  if (one?.kind !== "set" || other?.kind !== "default" || has === undefined || lacks === undefined) return;
  const reading = written === 0 ? readInteger(one.value ?? "") : readSeconds(one.value ?? "");
  if (!reading.ok || !(reading.value > 0)) return;
  yield {
    case: "emergency-restart",
    message: `${has.key} is ${one.value}, and has no effect: ${lacks.key} is ${other.value} (the default)`,
    at: one.place,
    label: `nothing says ${lacks.adds}`,
    effect: "PHP-FPM never restarts itself, however many of its workers crash",
    help: helpOf([[addAfter(host, one.place, `${lacks.key} = ${lacks.example}`)], [remove(host, one.place)]]),
    names: ["global", has.key],
  };
}

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
  const late = pool.settings.filter((line) => isPhpValue(line) && AT_START.test(line.index ?? ""));
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
  "on-tcp": "nothing changes: the permissions of a file do not decide who may connect to a port",
  "on-socket": "nothing changes: the socket's owner, group and mode decide who may connect",
  "at-start": "the value in php.ini applies, or PHP's default",
};

function report(host: Host, { pool, case: name, settings, why }: Ignored): Draft<Case> {
  const [first, ...rest] = settings;
  const shown = [...new Set(settings.map(nameOf))].join(", ");
  return {
    case: name,
    message: `${shown} ${settings.length === 1 ? "has" : "have"} no effect in pool [${pool.name}]: ${why}`,
    at: first?.keyPlace ?? pool.section,
    label: "not used",
    related: rest.map((one) => ({ place: one.keyPlace, message: `${nameOf(one)} is not used either` })),
    effect: EFFECTS[name],
    help: helpOf([settings.map((one) => remove(host, one.keyPlace))]),
    names: [pool.name],
  };
}

function nameOf({ key, index }: Setting): string {
  return index === null ? key : `${key}[${index}]`;
}

/** Settings of PHP-FPM that are written as settings of PHP. */
function* asPhpValue(host: Host, pool: Pool): Generator<Draft<Case>> {
  const found = pool.settings.flatMap((line) => {
    const fact = isPhpValue(line) ? fpmNamesake(line.index ?? "") : undefined;
    return fact === undefined ? [] : [{ line, fact }];
  });
  const [first, ...rest] = found;
  if (first === undefined) return;
  const shown = [...new Set(found.map(({ line }) => nameOf(line)))].join(", ");
  const one = found.length === 1;
  yield {
    case: "as-php-value",
    message: `${shown} ${one ? "has" : "have"} no effect in pool [${pool.name}]: ${one ? "it is a setting" : "they are settings"} of PHP-FPM, which PHP does not have`,
    at: first.line.keyPlace,
    label: "PHP does not know it",
    related: rest.map(({ line }) => ({
      place: line.keyPlace,
      message: `PHP does not know ${line.index} either`,
    })),
    effect: "nothing changes: PHP-FPM does not see the setting, and PHP drops it",
    help: asFpmSettings(host, pool, found),
    names: [pool.name],
  };
}

function isPhpValue({ key }: Setting): boolean {
  return /^php_(?:admin_)?(?:value|flag)$/.test(key);
}

/** The same lines as settings of PHP-FPM, where nothing else sets them. */
function asFpmSettings(
  host: Host,
  pool: Pool,
  found: readonly { readonly line: Setting; readonly fact: FpmFact }[],
): HelpDraft {
  const written = new Set(pool.settings.flatMap(({ key, index }) => (index === null ? [key] : [])));
  const global = found.filter(({ fact }) => fact.section === "global").map(({ fact }) => fact.name);
  return helpOf(
    [
      found.map(({ line, fact }) => {
        const { value, raw, keyPlace, place, header } = line;
        const moved: Setting = { key: fact.name, index: null, value, raw, keyPlace, place, header };
        const fits =
          fact.section !== "global" && !written.has(fact.name) && refusedSetting(moved, "pool") === null;
        written.add(fact.name);
        return fits
          ? replace(host, line.keyPlace, `${fact.name} = ${line.raw}`)
          : remove(host, line.keyPlace);
      }),
    ],
    global.length === 0 ? null : `${[...new Set(global)].join(", ")} can only be written in [global]`,
  );
}

/** A location that asks nginx to keep its connections. */
interface Keeping {
  readonly binding: Binding;
  readonly value: Extract<ReturnType<typeof effectiveFlag>, { readonly kind: "set" }>;
  /** Why none is kept; `null`: they are, or that is unknown. */
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
    // The same line may well have an effect in another location.
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
