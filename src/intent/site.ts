import { arraySetting, setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import { nameOf } from "../host/path.js";
import type { Address } from "../model/address/address.js";
import type { Binding } from "../model/host.js";
import { type PoolListen, withoutVersions } from "../model/listen/pool-listens.js";
import { rootOf } from "../model/request/root.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { known } from "../source/effective.js";
import { withoutEnd } from "../source/ends.js";

/** The words that sites and pools are known by, to tell which pool belongs to which site. */

/** A location and its server. */
export type Site = Pick<Binding, "location" | "server">;

/** A word that a site or a pool is known by. */
export interface Term {
  /** In lower case, only letters and digits: `blogexamplecom`. */
  readonly text: string;
  /**
   * How well it tells. Of a site: 3 for a whole name (`blog.example.com`), 2 for its short form (`blog`, a
   * directory of the root), 1 for what other sites may share (`example`, a part of a word). Of a pool: 3 for
   * a whole name, 1 for a part.
   */
  readonly weight: number;
}

/** Words that occur in the names of any site, pool or directory, and so tell nothing. */
const COMMON =
  /^(?:|www|www-?data|web|webs|wwwroot|php|php-?fpm|fpm|default|000-default|sites?|conf|config|html?|public|public_html|htdocs|httpdocs|httpd?|https|nginx|apache|pools?|home|var|usr|share|local|lib|opt|etc|srv|tmp|run|sock|socket|data|current|releases?|vhosts?|nobody|root|localhost|_|com|org|net)$/;

/** Accounts of the web server, which belong to no site. */
const SHARED_ACCOUNT = /^(?:www-data|nginx|apache|httpd?|nobody|www|_www|root|wwwrun|caddy)$/;

/** Whether the account is that of a web server; `null`, an unknown one, is not. */
export function isSharedAccount(user: string | null): boolean {
  return user !== null && SHARED_ACCOUNT.test(user);
}

/** The account that a pool runs as; `null`: unknown. */
export function accountOf(pool: Pool): string | null {
  return known(setting(pool, "user")) || null;
}

/**
 * The words that tell a socket's path from others, in order: `shop` of `/run/php/php8.2-fpm-shop.sock`, none
 * of `/run/php/php-fpm.sock`.
 */
export function tellingWords(path: string): readonly string[] {
  return withoutVersions(path.toLowerCase())
    .split(/[/\-_.]+/)
    .filter(
      (word) =>
        !/^(?:#?|var|run|tmp|lib|opt|etc|srv|php#?|fpm#?|phpfpm|lsphp#?|sock?|sck|socket)$/.test(word),
    );
}

/** The directory that the site's scripts are in; `null`: not written, or not without variables. */
export function directoryOfSite({ location, server }: Site): string | null {
  const { written } = rootOf(location.name === "location" ? location : (server ?? location));
  return /^\/[^$]*$/.test(written) ? written.charAt(0) + withoutEnd(written.slice(1), "/") : null;
}

/** The names of a server as requests write them; a wildcard without its `*`, no patterns. */
export function serverNames(server: Node | null): readonly string[] {
  if (server === null) return [];
  return childrenNamed(server, "server_name")
    .flatMap(({ directive }) => directive.args.map(({ text }) => text.toLowerCase()))
    .map((name) => name.replace(/^\*?\./, "").replace(/^www\./, ""))
    .filter((name) => /^[a-z0-9][a-z0-9.-]*$/.test(name) && !COMMON.test(name));
}

/** Whether a path has a part that is not common: `/var/www/blog` does, `/var/www/html` does not. */
export function isTelling(path: string): boolean {
  return path.split("/").some((part) => !COMMON.test(part.toLowerCase()));
}

/** The words that a site is known by: from its names, its file and the path of its scripts. */
export function termsOfSite(site: Site): readonly Term[] {
  const { server } = site;
  const file = server === null ? "" : nameOf(server.file.path).replace(/\.(?:conf|vhost|nginx)$/, "");
  const path = directoryOfSite(site)?.toLowerCase().split("/") ?? [];
  const found = [
    ...serverNames(server),
    ...(/^nginx$/i.test(file) ? [] : [file.toLowerCase().replace(/^\d+-(?=[a-z])/, "")]),
    ...path,
  ].flatMap(termsOfName);
  return found.filter(({ text }) => text.length > 1);
}

function termsOfName(name: string): readonly Term[] {
  if (COMMON.test(name)) return [];
  const labels = name.replace(/^www\./, "").split(".");
  const [first = "", ...rest] = labels;
  const words = first.split(/[-_]+/);
  return [
    { text: plain(labels.join("")), weight: labels.length > 1 ? 3 : 2 },
    ...(labels.length > 1 && !COMMON.test(first) ? [{ text: plain(first), weight: 2 }] : []),
    // The top-level domain is nobody's name.
    ...rest.slice(0, -1).flatMap((label) => shared(label)),
    ...(words.length > 1 ? words.flatMap((word) => shared(word)) : []),
  ];
}

function shared(word: string): readonly Term[] {
  return COMMON.test(word) || word.length < 3 ? [] : [{ text: plain(word), weight: 1 }];
}

/** The words that a pool is known by: from its name, its account and its socket. */
export function termsOfPool({ pool, address }: PoolListen): readonly Term[] {
  return [...termsOfOwner(pool), ...termsOfSocket(address)];
}

/** Whether the pool's name or account is a word that the site is known by. */
export function isNamedLike(site: Site, pool: Pool): boolean {
  return meet(site, termsOfOwner(pool));
}

/** Whether the name of a socket is a word that the site is known by. */
export function isCalledBySocket(site: Site, address: Address | null): boolean {
  return meet(site, termsOfSocket(address));
}

function meet(site: Site, terms: readonly Term[]): boolean {
  const words = new Set(terms.map(({ text }) => text));
  return termsOfSite(site).some(({ text }) => words.has(text));
}

function termsOfOwner(pool: Pool): readonly Term[] {
  const account = accountOf(pool);
  return [pool.name, isSharedAccount(account) ? "" : (account ?? "")].flatMap(termsOfWords);
}

function termsOfSocket(address: Address | null): readonly Term[] {
  return address?.kind === "unix" ? termsOfWords(tellingWords(nameOf(address.path)).join("-")) : [];
}

function termsOfWords(name: string): readonly Term[] {
  const words = withoutVersions(name.toLowerCase())
    .split(/[-_.#]+/)
    .filter((word) => !COMMON.test(word));
  const whole = plain(words.join(""));
  if (whole.length < 2) return [];
  const exact = plain(name.toLowerCase().replace(/^www\./, ""));
  const parts = words.length > 1 ? words.filter((word) => word.length > 2) : [];
  return [
    { text: whole, weight: 3 },
    ...(exact === whole ? [] : [{ text: exact, weight: 3 }]),
    ...parts.map((word) => ({ text: plain(word), weight: 1 })),
  ];
}

/** The directories of its own that a pool works in. */
export function directoriesOfPool(pool: Pool): readonly string[] {
  const basedir = [...["php_admin_value", "php_value"]].flatMap((key) =>
    (known(arraySetting(pool, key, "open_basedir")) ?? "").split(":"),
  );
  const own = ["chroot", "chdir", "prefix"].map((key) => known(setting(pool, key)) ?? "");
  return [...own, ...basedir]
    .map((path) => withoutEnd(path.replace("$pool", pool.name), "/"))
    .filter((path) => path.startsWith("/") && !path.startsWith("/tmp") && isTelling(path));
}

function plain(word: string): string {
  return word.replace(/[^a-z0-9]+/g, "");
}
