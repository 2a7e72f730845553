import type { HostSpec, MachineSpec } from "../spec.js";
import type { FoundHost } from "./found.js";

/** Halves of one host that lie in different roots of a tree: `nginx/rootfs/etc/nginx` and `fpm/rootfs/etc/php-fpm.d`. */

/** Whether it has pools, its own or those of machines beside it. */
export function hasFpm({ machines = [], fpm, pools }: HostSpec): boolean {
  return machines.length + fpm.length + pools.length > 0;
}

/** PHP-FPM's files alone. */
export function isHalf(spec: HostSpec): boolean {
  return spec.nginx === null && spec.fragments.length === 0 && spec.fpm.length + spec.pools.length > 0;
}

/** Pools of the tree that run beside nginx, nobody knows under which name. */
export function machineIn(
  { fs }: Pick<FoundHost, "fs">,
  { fpm, pools }: Pick<HostSpec, "fpm" | "pools">,
): MachineSpec {
  return { names: null, sharesNetwork: false, fs, fpm, pools, facts: null };
}

/** With more roots a tree has the files of several machines, and nothing tells which belong together. */
const MOST_ROOTS = 4;

/**
 * Where a tree has no host with both daemons, nginx's roots have the pools of the others beside them. What is in
 * a container is told by the files that describe it.
 */
export function joinHalves(hosts: readonly FoundHost[]): readonly FoundHost[] {
  const halves = hosts.filter(({ spec }) => isHalf(spec) && spec.machines === undefined);
  const webs = hosts.filter(
    ({ spec }) =>
      (spec.nginx !== null || spec.fragments.length > 0) && !hasFpm(spec) && spec.container === undefined,
  );
  const alike = halves.length === 1 || webs.length === 1;
  const whole = hosts.some((host) => hasFpm(host.spec) && !halves.includes(host));
  // A copy of a whole system is a machine of its own.
  if ([...halves, ...webs].some(({ fs }) => fs.entry("/etc/passwd").kind === "file")) return hosts;
  if (whole || !alike || webs.length === 0 || halves.length === 0) return hosts;
  if (webs.length + halves.length > MOST_ROOTS) return hosts;
  const machines = halves.map((half) => machineIn(half, half.spec));
  return hosts
    .filter((host) => !halves.includes(host))
    .map((host) => (webs.includes(host) ? withMachines(host, machines, halves) : host));
}

function withMachines(
  { spec, fs }: FoundHost,
  machines: readonly MachineSpec[],
  halves: readonly FoundHost[],
): FoundHost {
  const unread = [...(spec.unread ?? []), ...halves.flatMap((half) => half.spec.unread ?? [])];
  const [first] = halves.flatMap((half) => half.spec.scriptAllowsRoot ?? []);
  const scripts = first === undefined ? {} : { scriptAllowsRoot: first };
  return { spec: { ...spec, ...scripts, machines, unread }, fs };
}
