import { setting } from "../../../src/fpm/pools.js";
import type { Pool } from "../../../src/fpm/types.js";
import { glob } from "../../../src/host/glob.js";
import { textOf } from "../../../src/host/text.js";
import type { Host } from "../../../src/model/host.js";
import type { Place } from "../../../src/source/file.js";

/** A name in a pool that is no account of the host. */
export interface MissingAccount {
  readonly key: string;
  readonly name: string;
  readonly kind: "user" | "group";
  /** In a list, which PHP-FPM looks at only when it starts. */
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
 * Names that PHP-FPM will not find; empty while the accounts of the host are not known, as those of a
 * directory service. Numbers need no account.
 */
export function* missingAccounts(host: Host, pool: Pool): Generator<MissingAccount> {
  if (!host.accounts.known || hasDirectory(host)) return;
  for (const [key, kind] of single) {
    const found = setting(pool, key);
    if (found.kind !== "set" || !found.value || /^[0-9]+$/.test(found.value)) continue;
    if (!exists(host, kind, found.value)) {
      yield { key, name: found.value, kind, listed: false, place: found.place };
    }
  }
  const listen = setting(pool, "listen");
  // Lists make the socket's permissions, and a TCP port has none.
  if (listen.kind === "unknown" || !listen.value?.includes("/")) return;
  for (const [key, kind] of lists) {
    const found = setting(pool, key);
    if (found.kind !== "set" || !found.value) continue;
    const name = found.value.split(",").find((one) => !exists(host, kind, one));
    if (name !== undefined) yield { key, name, kind, listed: true, place: found.place };
  }
}

function exists(host: Host, kind: "user" | "group", name: string): boolean {
  return host.accounts[kind](name)?.name === name;
}

/** Whether the system asks others than its own files for accounts (LDAP, a domain), so that the files do not tell all. */
export function hasOtherAccounts(host: Host): boolean {
  return sources(host).some((name) => !["files", "compat", "systemd", "db"].includes(name));
}

/** Whether somebody set up one of them. Fedora and its like always name SSSD, which without a domain knows nobody. */
function hasDirectory(host: Host): boolean {
  return sources(host).some((name) =>
    name === "sss"
      ? [...glob(host.fs, "/etc/sssd/sssd.conf"), ...glob(host.fs, "/etc/sssd/conf.d/*.conf")].length > 0
      : ["ldap", "winbind", "nis", "nisplus"].includes(name),
  );
}

/** What a line of nsswitch.conf says is in fewer characters. */
const LONGEST_LINE = 1000;

/** Where the system looks for users and groups, by their names in nsswitch.conf. */
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
