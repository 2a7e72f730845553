import type { Pool, Setting } from "../../fpm/types.js";
import {
  hasPlaceholder,
  hidePlaceholders,
  placeholderRanges,
  readMarks,
  withPlaceholders,
} from "../../source/template.js";
import { type Address, fpmAddress, reaches } from "./address.js";

/**
 * An address that a template makes, or a part of it. Two of them are the same if they have the same
 * placeholders at the same place: `unix:{{ sock }}` in nginx and `listen = {{ sock }}`.
 */
export interface TemplateAddress {
  readonly kind: "unix" | "tcp";
  /** Without `unix:`, in a form in which two spellings compare equal. */
  readonly key: string;
}

/** An address of nginx as one that a template makes; `null`: it has no placeholder. */
export function nginxTemplateAddress(text: string): TemplateAddress | null {
  const filled = filledIn(text);
  if (!hasPlaceholder(filled)) return null;
  const unix = /^unix:/i.test(filled);
  return { kind: unix ? "unix" : "tcp", key: normal(unix ? filled.slice("unix:".length) : filled) };
}

/**
 * Where a pool with an unknown `listen` may listen: on an address with placeholders, or on one of several
 * that a template's condition chooses from.
 */
export type PossibleListen =
  | { readonly kind: "template"; readonly key: string }
  | { readonly kind: "chosen"; readonly address: Address };

/** Where the pool may listen if its `listen` is unknown; empty: it is known, or nothing can be told. */
export function possibleListens(pool: Pool, prefix: string | null): readonly PossibleListen[] {
  const written = pool.settings.filter(({ key, index }) => key === "listen" && index === null);
  return written.at(-1)?.value === null ? written.flatMap((one) => possibleListen(pool, one, prefix)) : [];
}

function possibleListen(
  pool: Pool,
  { raw, value }: Setting,
  prefix: string | null,
): readonly PossibleListen[] {
  const text = raw.replace(/^(["'])(.*)\1$/, "$2");
  const filled = filledIn(withPlaceholders(text, readMarks(text), 0)).replaceAll("$pool", () =>
    filledIn(withPlaceholders(pool.name, readMarks(pool.name), 0)),
  );
  if (hasPlaceholder(filled)) return [{ kind: "template", key: normal(filled) }];
  const address = value === null && filled.includes("$") ? null : fpmAddress(filled, prefix);
  return address === null ? [] : [{ kind: "chosen", address }];
}

/** Whether a client that connects to `target` reaches a pool that listens on `key`. */
export function reachesTemplate(target: TemplateAddress, key: string): boolean {
  if (target.key === key) return true;
  if (target.kind === "unix") return false;
  const [wanted, listen] = [hostAndPort(target.key), hostAndPort(key)];
  if (wanted === null || listen === null || wanted.port !== listen.port) return false;
  if (hasPlaceholder(wanted.host) || hasPlaceholder(listen.host)) return wanted.host === listen.host;
  const address = ({ host }: { host: string }): Address | null =>
    fpmAddress(host === "*" ? "1" : `${host}:1`);
  const [from, to] = [address(wanted), address(listen)];
  return from !== null && to !== null && reaches(from, to);
}

/**
 * A placeholder by itself may be a port: an address with a host before the same placeholder shows that it
 * is.
 */
function hostAndPort(key: string): { readonly host: string; readonly port: string } | null {
  const colon = hidePlaceholders(key).lastIndexOf(":");
  if (colon !== -1) return { host: key.slice(0, colon), port: key.slice(colon + 1) };
  const [whole] = placeholderRanges(key);
  return whole?.start === 0 && whole.end === key.length ? { host: "*", port: key } : null;
}

/** The text with its shell variables in the form that all placeholders have. */
function filledIn(text: string): string {
  const hidden = hidePlaceholders(text);
  let filled = "";
  let at = 0;
  for (const { 0: found, 1: braced, 2: plain, index } of hidden.matchAll(
    /\$(?:\{(\w+)\}|([A-Z][A-Z0-9_]+))/g,
  )) {
    filled += `${text.slice(at, index)}\${{${braced ?? plain}}}`;
    at = index + found.length;
  }
  return filled + text.slice(at);
}

function normal(text: string): string {
  return text.replace(/^\/+/, "/").replace(/^\/var\/run\//, "/run/");
}
