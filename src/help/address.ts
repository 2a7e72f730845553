import type { Edit } from "../engine/help.js";
import type { Pool } from "../fpm/types.js";
import type { Nearest } from "../intent/address-slip.js";
import { type Address, showAddress } from "../model/address/address.js";
import { listenAddress } from "../model/build.js";
import type { Host, Target } from "../model/host.js";
import { poolListens } from "../model/listen/pool-listens.js";
import { nginxWorker } from "../model/nginx-worker.js";
import type { Place } from "../source/file.js";
import { replace, statement } from "./edit.js";
import { openSocket } from "./socket.js";

/** What to write so that nginx and a pool name one address. */

/**
 * The words in their statement exchanged: `fastcgi_pass`, `server` of an upstream with its
 * parameters, a line of a map. `null`: nobody can tell what to exchange.
 */
export function passTo(host: Host, target: Target, address: string): Edit | null {
  const { place, through, upstream } = target;
  const { head, text, tail } = around(host, place);
  const word = text.slice(head.length, text.length - tail.length).replace(/^["']/, "");
  // Put together from variables, it may be right for other requests.
  if (word.includes("$")) return null;
  // A value may be only the path, with `unix:` in the fastcgi_pass before the variable.
  const bare =
    through !== null && upstream === null && target.address.kind === "unix" && !word.startsWith("unix:");
  if (bare && !address.startsWith("unix:")) return null;
  return replace(host, place, head + (bare ? address.slice("unix:".length) : address) + tail);
}

/** A socket that nginx may not open would be the next fault. */
export function listenOn(host: Host, { pool, place }: Nearest, address: Address): readonly Edit[] | null {
  // A relative path is another one to PHP-FPM.
  if (address.kind === "unix" && !address.path.startsWith("/")) return null;
  const listen = replace(host, place, `listen = ${showAddress(address)}`);
  if (address.kind === "tcp") return [listen];
  const opened = openSocket(host, nginxWorker(host), pool);
  // Whoever may open its socket now may open it elsewhere.
  const now = listenAddress(pool, host.fs);
  if (opened === null) return now?.kind === "unix" ? [listen] : null;
  return [listen, ...opened];
}

/** A socket for one pool alone: pools of two masters may have the same name, and the path another pool. */
export function ownSocket(host: Host, pool: Pool): string {
  const name = pool.name.slice(0, 60);
  const others = host.pools.filter((one) => one !== pool);
  const namesakes = others.filter((one) => one.name.slice(0, 60) === name);
  const taken = new Set(
    poolListens(host).listens.flatMap((one) =>
      one.pool !== pool && one.address?.kind === "unix" ? [one.address.path] : [],
    ),
  );
  const version = pool.master.phpVersion;
  const nth = host.pools.indexOf(pool) + 1;
  const names = [
    ...(namesakes.length === 0 ? [name] : []),
    ...(version === null || namesakes.some(({ master }) => master.phpVersion === version)
      ? []
      : [`${name}-${version}`]),
    `${name}-${nth}`,
  ];
  const paths = names.map((one) => `/run/php/${one}.sock`);
  return paths.find((path) => !taken.has(path)) ?? `/run/php/${name}-pool-${nth}.sock`;
}

/** The statement around some words of nginx. */
export function around(
  host: Host,
  place: Place,
): { readonly head: string; readonly tail: string; readonly text: string } {
  const { file, start, end } = statement(host, place);
  const text = file.text.slice(start, end);
  return {
    text,
    head: file.text.slice(start, place.span.start),
    tail: file.text.slice(place.span.end, end),
  };
}
