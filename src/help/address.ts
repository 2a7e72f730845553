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

/** Edits that make nginx and a pool name the same address. */

/**
 * Replaces the address in its statement: `fastcgi_pass`, `server` of an upstream with its parameters, a
 * line of a map. `null`: the files do not tell which words to replace.
 */
export function passTo(host: Host, target: Target, address: string): Edit | null {
  const { place, through, upstream } = target;
  const { head, text, tail } = around(host, place);
  const word = text.slice(head.length, text.length - tail.length).replace(/^["']/, "");
  // An address with variables in it may be right for other requests.
  if (word.includes("$")) return null;
  // The value may be only the path, with `unix:` before the variable in the fastcgi_pass.
  const bare =
    through !== null && upstream === null && target.address.kind === "unix" && !word.startsWith("unix:");
  if (bare && !address.startsWith("unix:")) return null;
  return replace(host, place, head + (bare ? address.slice("unix:".length) : address) + tail);
}

/**
 * Moves a pool to an address, and lets nginx open the new socket, which would otherwise be the next fault.
 * `null`: it cannot be written down.
 */
export function listenOn(host: Host, { pool, place }: Nearest, address: Address): readonly Edit[] | null {
  // PHP-FPM reads a relative path as a different one.
  if (address.kind === "unix" && !address.path.startsWith("/")) return null;
  const listen = replace(host, place, `listen = ${showAddress(address)}`);
  if (address.kind === "tcp") return [listen];
  const opened = openSocket(host, nginxWorker(host), pool);
  // If nginx may open the socket now, it may also open it elsewhere.
  const now = listenAddress(pool, host.fs);
  if (opened === null) return now?.kind === "unix" ? [listen] : null;
  return [listen, ...opened];
}

/** The path of a socket that no other pool has, even where pools of two masters have the same name. */
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

/** The statement around some words in nginx's files: all of it, and the parts before and after the words. */
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
