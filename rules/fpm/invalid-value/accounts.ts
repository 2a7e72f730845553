import { setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import { glob } from "../../../src/host/glob.js";
import { textOf } from "../../../src/host/text.js";
import type { Accounts } from "../../../src/model/accounts.js";
import type { Host } from "../../../src/model/host.js";
import { accountsOf } from "../../../src/model/listen/socket.js";
import type { Place } from "../../../src/source/file.js";

/** A name in a pool that is not an account of the host. */
export interface MissingAccount {
  readonly key: string;
  readonly name: string;
  readonly kind: "user" | "group";
  /** The name is in a list, which PHP-FPM only looks at when it starts. */
  readonly listed: boolean;
  readonly place: Place;
}

const single = [
  ["user", "user"],
  ["group", "group"],
  ["listen.owner", "user"],
  ["listen.group", "group"],
] as const;
const lists = [
  ["listen.acl_users", "user"],
  ["listen.acl_groups", "group"],
] as const;

/**
 * Names that PHP-FPM will not find; empty if the accounts of the host are unknown, for example because
 * a directory service has them. Numbers need no account.
 */
export function* missingAccounts(host: Host, pool: Pool): Generator<MissingAccount> {
  const accounts = accountsOf(host, pool.master);
  if (!accounts.known || hasDirectory(host)) return;
  for (const [key, kind] of single) {
    const found = setting(pool, key);
    if (found.kind !== "set" || !found.value || /^[0-9]+$/.test(found.value)) continue;
    if (!exists(accounts, kind, found.value)) {
      yield { key, name: found.value, kind, listed: false, place: found.place };
    }
  }
  const listen = setting(pool, "listen");
  // The lists are permissions of the socket, and a TCP port has none.
  if (listen.kind === "unknown" || !listen.value?.includes("/")) return;
  for (const [key, kind] of lists) {
    const found = setting(pool, key);
    if (found.kind !== "set" || !found.value) continue;
    const name = found.value.split(",").find((one) => !exists(accounts, kind, one));
    if (name !== undefined) yield { key, name, kind, listed: true, place: found.place };
  }
}

function exists(accounts: Accounts, kind: "user" | "group", name: string): boolean {
  return accounts[kind](name)?.name === name;
}

/**
 * Whether the system has other sources of accounts than its own files (LDAP, a domain), so that the
 * files are not the whole truth.
 */
export function hasOtherAccounts(host: Host): boolean {
  return sources(host).some((name) => !["files", "compat", "systemd", "db"].includes(name));
}

/**
 * Whether one of them is set up. Fedora and its relatives always name SSSD, which has no accounts
 * without a domain.
 */
function hasDirectory(host: Host): boolean {
  return sources(host).some((name) =>
    name === "sss"
      ? [...glob(host.fs, "/etc/sssd/sssd.conf"), ...glob(host.fs, "/etc/sssd/conf.d/*.conf")].length > 0
      : ["ldap", "winbind", "nis", "nisplus"].includes(name),
  );
}

/** In characters; no useful line of nsswitch.conf is longer. */
const LONGEST_LINE = 1000;

/** Where the system looks for users and groups: the names in nsswitch.conf. */
function sources({ fs }: Host): readonly string[] {
  return textOf(fs, "/etc/nsswitch.conf")
    .split("\n")
    .flatMap(
      (line) =>
        /^\s*(?:passwd|group):(.*)/.exec(line.slice(0, LONGEST_LINE).replace(/\[.*?\]|#.*/g, ""))?.[1] ?? [],
    )
    .flatMap((names) => names.split(/\s+/))
    .filter((name) => name !== "");
}
