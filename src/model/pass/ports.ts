import type { MachineSpec } from "../../host/spec.js";
import { unique } from "../../source/collect.js";
import type { Address } from "../address/address.js";

/** Ports of machines that have another number by the name that nginx uses. */

/** The port of a machine that an address leads to; `null`: it is a socket, or nothing tells. */
export function portAt(machine: MachineSpec, address: Address): number | null {
  if (address.kind !== "tcp" || address.port === null) return null;
  const { host, port } = address;
  const { names, portBehind } = machine;
  return portBehind === undefined || names?.includes(host) !== true ? port : portBehind(host, port);
}

/** The same address with the ports behind its own on the machines that have its name. */
export function addressesBehind(real: Address, machines: readonly MachineSpec[]): readonly Address[] {
  if (real.kind !== "tcp") return [];
  const ports = machines
    .filter(({ names }) => names?.includes(real.host) === true)
    .map((machine) => portAt(machine, real));
  return unique(ports).flatMap((port) => (port === null || port === real.port ? [] : [{ ...real, port }]));
}
