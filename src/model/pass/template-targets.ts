import type { Pool } from "../../fpm/types.js";
import type { Place } from "../../source/file.js";
import { hasPlaceholder } from "../../source/template.js";
import { type Address, reaches, type TcpAddress } from "../address/address.js";
import {
  nginxTemplateAddress,
  type PossibleListen,
  reachesTemplate,
  type TemplateAddress,
} from "../address/template-address.js";
import type { Target } from "../host.js";

/** A pool whose `listen` is made by a template, and what it may be. */
export interface PossibleListener {
  readonly pool: Pool;
  readonly listens: readonly PossibleListen[];
}

/** A server that a pass names itself; what a group says of its members does not apply. */
export type DirectTarget = Omit<Target, "upstream" | "down" | "backup">;

/**
 * Where an address leads that is made by a template, with the pools that listen there; `null` for any other
 * address.
 */
export function templateTarget(
  text: string,
  place: Place,
  through: Place | null,
  possible: readonly PossibleListener[],
): DirectTarget | null {
  const wanted = nginxTemplateAddress(text);
  if (wanted === null) return null;
  const fitting = possible.filter(({ listens }) =>
    listens.some((listen) => listen.kind === "template" && reachesTemplate(wanted, listen.key)),
  );
  const pools = fitting.map(({ pool }) => pool);
  // Where two pools fit, or a condition decides, the files do not tell which of them will be there.
  const assumed = pools.length > 1 || fitting.some(({ listens }) => listens.length > 1);
  return { address: addressOf(wanted, place, pools.length > 0), place, through, pools, assumed };
}

/**
 * Where an address leads of which a template fills in the host: to the one pool that listens on its port. `null`:
 * it is another address, or several pools do.
 */
export function hostTarget(
  text: string,
  place: Place,
  through: Place | null,
  listeners: readonly { readonly pool: Pool; readonly address: Address }[],
): DirectTarget | null {
  const port = /^(?:\$\{\{[^{}]*\}\}|\$\{[A-Z][A-Z0-9_]*\}|\$[A-Z][A-Z0-9_]*):([0-9]{1,5})$/.exec(text)?.[1];
  if (port === undefined) return null;
  const pools = listeners
    .filter(({ address }) => address.kind === "tcp" && address.port === Number(port))
    .map(({ pool }) => pool);
  return pools.length !== 1 ? null : { address: unknownAddress(place), place, through, pools, assumed: true };
}

/**
 * Where a literal address leads if a template's condition lets a pool listen there; `null`: no condition
 * does.
 */
export function chosenTarget(
  address: Address,
  place: Place,
  through: Place | null,
  possible: readonly PossibleListener[],
): DirectTarget | null {
  const pools = possible
    .filter(({ listens }) =>
      listens.some((listen) => listen.kind === "chosen" && reaches(address, listen.address)),
    )
    .map(({ pool }) => pool);
  return pools.length === 0 ? null : { address, place, through, pools, assumed: true };
}

function addressOf(wanted: TemplateAddress, place: Place, matched: boolean): Address {
  const unknown = unknownAddress(place);
  if (!matched) return unknown;
  if (wanted.kind === "unix") return { kind: "unix", path: unknown.written.replace(/^unix:/i, "") };
  const host = /^([^:$]+):/.exec(wanted.key)?.[1];
  return host === undefined || hasPlaceholder(host) ? unknown : { ...unknown, host: host.toLowerCase() };
}

/** An address as it is written, of unknown meaning: it may be another machine's. */
export function unknownAddress({ span }: Place): TcpAddress & { readonly written: string } {
  const written = span.file.text.slice(span.start, span.end).replace(/^(["'])(.*)\1$/, "$2");
  return { kind: "tcp", host: written, port: null, written };
}
