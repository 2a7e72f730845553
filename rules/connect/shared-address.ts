import { noOptions, type Report, type Rule } from "../../src/engine/rule.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { type Address, showAddress } from "../../src/model/address.js";
import { listenAddress } from "../../src/model/build.js";
import { inContainer } from "../../src/model/container.js";
import type { Host } from "../../src/model/host.js";
import { localhost } from "../../src/model/localhost.js";
import type { Place } from "../../src/source/file.js";

type Case = "same-string" | "same-port" | "same-path" | "alias" | "across-masters";

interface Listening {
  readonly pool: Pool;
  readonly place: Place;
  /** As written, `$pool` replaced. */
  readonly text: string;
  /** `null` when PHP-FPM refuses it. */
  readonly address: Address | null;
}

/** `sure: false`: it depends on which address localhost is. */
interface Clash {
  readonly case: Case;
  readonly sure: boolean;
}

const start = (log: string | null) => ({ when: "start", status: null, log }) as const;

export const sharedAddress: Rule = {
  id: "connect/shared-address",
  cases: {
    "same-string": {
      severity: "error",
      symptom: start("unable to set listen address as it's already used in another pool"),
      summary: "two pools of one master have the same listen",
    },
    "same-port": {
      severity: "error",
      symptom: start("Address already in use"),
      summary: "two pools of one master listen on addresses that include each other",
    },
    "same-path": {
      severity: "error",
      symptom: start("Another FPM instance seems to already listen on"),
      summary: "two pools of one master listen on one socket, spelled in two ways",
    },
    alias: {
      severity: "warning",
      symptom: { when: "attack", status: null, log: null },
      summary: "two pools of one master accept on one address, so that requests run as either user",
    },
    "across-masters": {
      severity: "info",
      symptom: start(null),
      summary: "pools of two masters have one address, so that only one of the masters can run",
    },
  },
  docs: {
    title: "two pools listen on one address",
    what: "Fires when two pools of one PHP-FPM master have the same `listen`, or two spellings of one address: `9000` and `[::]:9000`, `*:9000` and `[::1]:9000`, `localhost:9000` and the address that `etc/hosts` gives it, `/run/a.sock` and `/run//a.sock`; or when one address includes the other (`9000` and `127.0.0.1:9000`). Across masters it is only worth knowing: one of them may be the old version that no longer runs, and containers have addresses of their own.\n\nSilent where a `listen` is not known, about `[::1]:9000` followed by `9000` (the second pool then takes IPv4 alone), and about paths that are the same only because they are cut off, which is the fault of `socket/path-too-long`.",
    why: "PHP-FPM compares the texts first and refuses to start when two are the same. What is left it resolves: two texts that give the very same address share one listening socket, and the workers of both pools accept on it. So a request for one site runs in either pool, with the user, the limits and the environment of the other. Addresses that only include each other fail when the second is bound, and PHP-FPM does not start.",
    instead: "Give each pool an address of its own: `listen = /run/php/$pool.sock` in every pool does it.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#listen"],
  },
  options: noOptions,
  proof: { kind: "daemons", observe: { alias: "two-pools-one-address" } },
  *check(host) {
    const all = host.pools.flatMap((pool) => listening(host, pool));
    for (const [index, second] of all.entries()) {
      for (const first of all.slice(0, index)) {
        const clash = clashOf(host, first, second);
        if (clash === null) continue;
        yield report(host, first, second, clash);
        break;
      }
    }
  },
};

function listening(host: Host, pool: Pool): readonly Listening[] {
  const listen = setting(pool, "listen");
  if (listen.kind !== "set" || !listen.value) return [];
  return [{ pool, place: listen.place, text: listen.value, address: listenAddress(pool, host.fs) }];
}

function clashOf(host: Host, first: Listening, second: Listening): Clash | null {
  const within = first.pool.master === second.pool.master;
  const found = first.text === second.text ? sameText(first, within) : overlap(host, first, second);
  if (found === null || within) return found;
  return [first, second].every(isInstalled) && !inContainer(host)
    ? { ...found, case: "across-masters" }
    : null;
}

/** Masters outside the directories of one machine are images or examples: each runs in a place of its own. */
function isInstalled({ pool }: Listening): boolean {
  return /^\/(etc|opt|usr)\//.test(pool.master.main?.path ?? "");
}

/** What PHP-FPM refuses to listen on, two masters do not get in each other's way with. */
function sameText(first: Listening, within: boolean): Clash | null {
  return within || first.address !== null ? { case: "same-string", sure: true } : null;
}

function overlap(host: Host, first: Listening, second: Listening): Clash | null {
  const [a, b] = [first.address, second.address];
  if (a === null || b === null) return null;
  if (a.kind === "unix" || b.kind === "unix") {
    const same = a.kind === "unix" && b.kind === "unix" && a.path === b.path;
    return same ? { case: "same-path", sure: true } : null;
  }
  if (a.port !== b.port) return null;
  const local = localhost(host.fs);
  const names = [a.host, b.host];
  const sure = local !== null || names.every((name) => name !== "localhost") || a.host === b.host;
  const [one = "", two = ""] = names.map((name) => (name === "localhost" ? (local ?? "127.0.0.1") : name));
  if (one === two) return { case: "alias", sure };
  // Where all addresses are taken, PHP-FPM tries those of IPv4 alone for a bare port, but not for `[::]`.
  if (/^\d+$/.test(second.text)) {
    if (one === "0.0.0.0") return { case: "alias", sure };
    if (one.includes(":")) return null;
  }
  const includes = one === "*" || two === "*";
  const ipv4 = [one, two].includes("0.0.0.0") && [one, two].every((name) => /^\d+(\.\d+){3}$/.test(name));
  return includes || ipv4 ? { case: "same-port", sure } : null;
}

function report(host: Host, first: Listening, second: Listening, { case: kind, sure }: Clash): Report {
  const loose = kind !== "across-masters" && second.pool.master.main === null;
  const settle = loose
    ? "The main file of PHP-FPM, which is not in the tree, would settle it: it may not include both files."
    : sure
      ? null
      : "`getent ahosts localhost` would settle it: the first address is the one PHP-FPM takes.";
  const shown = [first, second].map(({ text }) => text);
  const where =
    shown[0] === shown[1] ? `both listen on ${shown[0]}` : `listen on ${shown[0]} and ${shown[1]}`;
  return {
    case: kind,
    certain: settle === null,
    settle,
    message: `pools [${first.pool.name}] and [${second.pool.name}]${masters(first, second)} ${where}${explained(kind, first)}`,
    at: second.place,
    label: `pool [${second.pool.name}] listens here`,
    link: [],
    related: [{ place: first.place, message: `pool [${first.pool.name}] listens on ${first.text}` }],
    effect: effect(kind),
    help: `give each pool its own address, for example in pool [${second.pool.name}]:\n  php-fpm  listen = ${suggestion(host, second)}`,
    names: [first.pool.name, second.pool.name],
  };
}

function masters(first: Listening, second: Listening): string {
  const [a, b] = [first, second].map(({ pool }) => pool.master.phpVersion);
  if (first.pool.master === second.pool.master) return "";
  return a !== b && a !== null && b !== null ? ` of PHP ${a} and ${b}` : " of two masters";
}

function explained(kind: Case, { address }: Listening): string {
  if (kind === "alias" && address !== null) return ", which is one address to PHP-FPM";
  if (kind === "same-path" && address !== null) return `, which is one file: ${showAddress(address)}`;
  return kind === "same-port" ? ", of which one includes the other" : "";
}

function effect(kind: Case): string {
  if (kind === "alias")
    return "the workers of both pools accept on one socket, and each request runs with the user and the settings of either";
  if (kind === "across-masters") return "the master that starts second does not start";
  return "PHP-FPM does not start or reload, and every pool of this master is down";
}

/** A socket next to the one that is shared, or another port. */
function suggestion(host: Host, { pool, address }: Listening): string {
  if (address?.kind === "unix") return `${address.path.replace(/[^/]*$/, "")}${pool.name}.sock`;
  const used = new Set(
    host.pools.map((one) => {
      const other = listenAddress(one, host.fs);
      return other?.kind === "tcp" ? other.port : null;
    }),
  );
  let port = address?.port ?? 0;
  while (used.has(port)) port += 1;
  return `127.0.0.1:${port}`;
}
