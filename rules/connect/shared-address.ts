import { type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, inPlace, replace } from "../../src/help/edit.js";
import { fpmAddress, meetingPoint, passAddress, showAddress } from "../../src/model/address/address.js";
import { unmapped } from "../../src/model/address/canonical.js";
import { localhost } from "../../src/model/address/localhost.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { type PoolListen, readListen, takenBy } from "../../src/model/listen/pool-listens.js";
import { isRedHat } from "../../src/model/machine/distribution.js";
import { fpmUnits, startsAtBoot } from "../../src/model/machine/systemd.js";
import { inTurn } from "../../src/source/collect.js";
import { withoutEnd } from "../../src/source/ends.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "same-string" | "same-port" | "same-path" | "alias" | "across-masters";

interface Listening extends PoolListen {
  /** Whether it is the address of the pool's status page (`pm.status_listen`). */
  readonly status: boolean;
}

/** How two addresses get in each other's way. */
interface Clash {
  readonly case: Case;
  /** `false`: it depends on which address `localhost` is. */
  readonly sure: boolean;
}

const start = (log: string | null) => ({ when: "start", status: null, log }) as const;

export const sharedAddress = defineRule({
  id: "connect/shared-address",
  about: "host",
  alike: true,
  together: true,
  cases: {
    "same-string": {
      severity: "error",
      symptom: start("unable to set listen address as it's already used in another pool"),
      summary: "two pools of one master have the same listen, or a pool and a status page do",
    },
    "same-port": {
      severity: "error",
      symptom: start("Address already in use"),
      summary: "two pools of one master listen on two addresses, and one includes the other",
    },
    "same-path": {
      severity: "error",
      symptom: start("Another FPM instance seems to already listen on"),
      summary: "two pools of one master listen on one socket, spelled in two ways",
    },
    alias: {
      severity: "warning",
      symptom: { when: "attack", status: null, log: null },
      summary: "two pools of one master accept connections on one address, so requests run as either user",
    },
    "across-masters": {
      severity: "warning",
      symptom: start("Address already in use"),
      summary: "pools of two masters have one address, so only one of the masters can run",
    },
  },
  docs: {
    title: "two pools listen on one address",
    fires: [
      "two pools of one PHP-FPM master have the same `listen`",
      markdown`
        their \`listen\` are two spellings of one address: \`9000\` and \`[::]:9000\`, \`*:9000\` and
        \`[::1]:9000\`, \`[::1]:9000\` and \`[0:0:0:0:0:0:0:1]:9000\`, \`127.1:9000\` and
        \`127.0.0.1:9000\`, \`localhost:9000\` and the address that \`etc/hosts\` gives it,
        \`/run/a.sock\` and \`/run//a.sock\`
      `,
      markdown`
        one address includes the other (\`9000\` and \`127.0.0.1:9000\`, \`127.0.0.1:9000\` and
        \`[::ffff:127.0.0.1]:9000\`)
      `,
    ],
    silent: [
      "a `listen` is unknown",
      "`[::1]:9000` is followed by `9000`, because the second pool then only takes IPv4",
      "two paths are only the same because they are cut off",
      "the masters belong to containers, which have addresses of their own",
    ],
    what: markdown`
      \`pm.status_listen\` counts like a pool of its own. Across masters it is a warning, for the master that
      is started second does not start. It is only worth knowing where a master is not started at boot: its
      unit is disabled or masked, or the host is RHEL, Fedora or a system like them, whose packages enable no
      unit, and nothing in the tree says that both are enabled.
    `,
    why: markdown`
      PHP-FPM first compares the texts and refuses to start when two are the same. Then it resolves them:
      two texts that give exactly the same address share one listening socket, and the workers of both
      pools accept connections on it. So a request for one site runs in either pool, with the user, the
      limits and the environment of the other. When one address only includes the other, PHP-FPM fails to
      bind the second and does not start.
    `,
    instead: markdown`
      Give each pool an address of its own: \`listen = /run/php/$pool.sock\` in every pool does that.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
    twins: { bad: "bad-same-socket", ok: "ok-two-sockets" },
  },
  proof: { kind: "daemons", observe: { alias: "two-pools-one-address" } },
  asksDisk: true,
  *check(host) {
    const local = localhost(host.fs);
    const met = new Map<string, Listening[]>();
    for (const second of host.pools.flatMap((pool) => listening(host, pool))) {
      // Only pools with the same text, port or path can clash; comparing all with all takes too long.
      const keys = [
        `text ${second.text}`,
        ...(second.address === null ? [] : [meetingPoint(second.address)]),
      ];
      for (const first of inTurn(keys.map((key) => met.get(key) ?? []))) {
        const clash = clashOf(host, first, second, local);
        if (clash === null) continue;
        // Of a pool and a status page, the status page can move.
        yield first.status && !second.status
          ? report(host, second, first, clash)
          : report(host, first, second, clash);
        break;
      }
      for (const key of keys) {
        const listeners = met.get(key) ?? [];
        met.set(key, listeners);
        listeners.push(second);
      }
    }
  },
});

function listening(host: Host, pool: Pool): readonly Listening[] {
  return [
    ...readListen(host, pool, "listen").map((one) => ({ ...one, status: false })),
    ...readListen(host, pool, "pm.status_listen").map((one) => ({ ...one, status: true })),
  ];
}

function clashOf(
  host: Host,
  first: Listening,
  second: Listening,
  local: ReturnType<typeof localhost>,
): Clash | null {
  const within = first.pool.master === second.pool.master;
  const found = first.text === second.text ? sameText(first, within) : overlap(first, second, local);
  if (found === null || within) return found;
  return [first, second].every(isInstalled) && !inContainer(host)
    ? { ...found, case: "across-masters" }
    : null;
}

/**
 * Whether the master belongs to this machine: elsewhere it is of an image or an example, and runs by itself.
 */
function isInstalled({ pool }: Listening): boolean {
  return /^\/(etc|opt|usr)\//.test(pool.master.main?.path ?? "");
}

/** Two masters do not clash over a text that PHP-FPM refuses to listen on. */
function sameText(first: Listening, within: boolean): Clash | null {
  return within || first.address !== null ? { case: "same-string", sure: true } : null;
}

function overlap(first: Listening, second: Listening, local: ReturnType<typeof localhost>): Clash | null {
  const [a, b] = [first.address, second.address];
  if (a === null || b === null) return null;
  if (a.kind === "unix" || b.kind === "unix") {
    const same = a.kind === "unix" && b.kind === "unix" && a.path === b.path;
    return same ? { case: "same-path", sure: true } : null;
  }
  if (a.port !== b.port) return null;
  const names = [a.host, b.host];
  const sure = local !== null || names.every((name) => name !== "localhost") || a.host === b.host;
  const [one = "", two = ""] = names.map((name) => (name === "localhost" ? (local ?? "127.0.0.1") : name));
  if (one === two) return { case: "alias", sure };
  // Where all addresses are taken, PHP-FPM falls back to those of IPv4 for a bare port, but not for `[::]`.
  if (/^\d+$/.test(second.text)) {
    if (one === "0.0.0.0") return { case: "alias", sure };
    if (unmapped(one).includes(":")) return null;
  }
  const includes = one === "*" || two === "*";
  // `::ffff:127.0.0.1` and 127.0.0.1 are two addresses to PHP-FPM, and one to the kernel.
  const plain = [unmapped(one), unmapped(two)];
  const ipv4 = plain.includes("0.0.0.0") && plain.every((name) => /^\d+(\.\d+){3}$/.test(name));
  return includes || ipv4 || plain[0] === plain[1] ? { case: "same-port", sure } : null;
}

function report(host: Host, first: Listening, second: Listening, { case: kind, sure }: Clash): Draft<Case> {
  const loose = kind !== "across-masters" && second.pool.master.main === null;
  const settle = loose
    ? "The main file of PHP-FPM, which is not in the tree, would settle it: it may not include both files."
    : sure
      ? kind === "across-masters"
        ? idle(host, [first, second])
        : null
      : "`getent ahosts localhost` would settle it: PHP-FPM takes the first address.";
  const shown = [first, second].map(({ text }) => text);
  const where =
    shown[0] === shown[1] ? `both listen on ${shown[0]}` : `listen on ${shown[0]} and ${shown[1]}`;
  return {
    case: kind,
    settle,
    message: `${both(first, second)}${masters(first, second)} ${where}${explained(kind, first, second)}`,
    at: second.place,
    label: `${who(second)} listens here`,
    related: [{ place: first.place, message: `${who(first)} listens on ${first.text}` }],
    effect: effect(kind),
    help: help(host, second),
    names: [first, second].map(({ pool, status }) => (status ? `${pool.name} status` : pool.name)),
  };
}

/** What would settle whether both masters are started; `null`: they are, as far as the tree says. */
function idle(host: Host, both: readonly Listening[]): string | null {
  for (const { pool } of both) {
    const [unit = ""] = fpmUnits(pool.master);
    const starts = startsAtBoot(host, pool.master);
    if (starts === false) return `${unit} is not started at boot; whether anybody starts it would settle it.`;
    if (starts === null && isRedHat(host)) return `\`systemctl is-enabled ${unit}\` would settle it.`;
  }
  return null;
}

function who({ pool, status }: Listening): string {
  return status ? `the status page of pool [${pool.name}]` : `pool [${pool.name}]`;
}

function both(first: Listening, second: Listening): string {
  if (first.status || second.status) return `${who(first)} and ${who(second)}`;
  return `pools [${first.pool.name}] and [${second.pool.name}]`;
}

function masters(first: Listening, second: Listening): string {
  const [a, b] = [first, second].map(({ pool }) => pool.master.phpVersion);
  if (first.pool.master === second.pool.master) return "";
  return a !== b && a !== null && b !== null ? ` of PHP ${a} and ${b}` : " of two masters";
}

function explained(kind: Case, first: Listening, second: Listening): string {
  const { address } = first;
  const [one, two] = [address, second.address].map((at) => (at?.kind === "tcp" ? unmapped(at.host) : null));
  if (kind === "same-port" && one === two) return ", which are one address to the kernel";
  if (kind === "alias" && address !== null) return ", which are one address to PHP-FPM";
  if (kind === "same-path" && address !== null) return `, which are one file: ${showAddress(address)}`;
  return kind === "same-port" ? ", and one includes the other" : "";
}

function effect(kind: Case): string {
  if (kind === "alias")
    return "the workers of both pools accept connections on one socket, and each request runs with the user and the settings of either pool";
  if (kind === "across-masters") return "the master that is started second does not start";
  return "PHP-FPM does not start or reload, and every pool of this master is down";
}

/** nginx has to follow, and the files do not tell which of its locations are meant for which pool. */
function help(host: Host, second: Listening): HelpDraft {
  const { pool } = second;
  const listen = suggestion(host, second);
  const version =
    host.masters.length > 1 && pool.master.phpVersion !== null ? ` of PHP ${pool.master.phpVersion}` : "";
  const address = fpmAddress(listen);
  const pass = address === null ? null : passAddress(address);
  return helpOf([
    [
      replace(host, second.place, `${second.status ? "pm.status_listen" : "listen"} = ${listen}`),
      pass === null
        ? null
        : inPlace(`each nginx location that is meant for ${who(second)}${version}`, `fastcgi_pass ${pass};`),
    ],
  ]);
}

/** Where the second pool could listen instead: a socket next to the shared one, or another port. */
function suggestion(host: Host, { pool, text, address, status }: Listening): string {
  const { ports, paths: used } = takenBy(host);
  if (address?.kind === "tcp") {
    let port = (address.port ?? 0) + 1;
    while (ports.has(port)) port += 1;
    return /\d$/.test(text) ? withoutEnd(text, "0123456789") + String(port) : text;
  }
  const directory = address === null ? "/run/php/" : address.path.slice(0, address.path.lastIndexOf("/") + 1);
  const names = [
    status ? `${pool.name}-status` : pool.name,
    `${pool.name}-${pool.master.phpVersion ?? "2"}`,
    `${pool.name}-new`,
  ];
  const paths = names.map((name) => `${directory}${name}.sock`);
  return paths.find((path) => !used.has(path)) ?? `${directory}${pool.name}-other.sock`;
}
