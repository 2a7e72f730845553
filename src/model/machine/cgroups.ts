import { globalSetting } from "../../fpm/pools.js";
import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { known } from "../../source/effective.js";
import { isTrusted } from "./process-owner.js";

/** Control groups of running masters, which limit what PHP-FPM may have of the machine. */

/** What a group limits: its name among the hierarchies of the first version. */
export type Controller = "memory" | "cpu" | "cpuset";

/**
 * The groups that all masters are in, as paths below the hierarchy; the root, which in a container is
 * its own group, is the empty path.
 */
export function commonGroups(
  fs: HostFilesystem,
  masters: readonly FpmMaster[],
  controller: Controller,
): readonly string[] {
  const [first = [""], ...rest] = masters.map((master) => groupsOf(fs, master, controller));
  return first.filter((group) => rest.every((groups) => groups.includes(group)));
}

/** The control group of a running master and those around it. */
function groupsOf(fs: HostFilesystem, master: FpmMaster, controller: Controller): readonly string[] {
  const pid = pidOf(fs, master);
  const around = (pid === null ? [] : ownGroups(fs, pid, controller)).flatMap((path) => {
    const parts = path.split("/").slice(1);
    return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
  });
  return ["", ...new Set(around)];
}

/** The number that a running master left in its file; `null` when it left none, or does not run. */
export function pidOf(fs: HostFilesystem, master: FpmMaster): string | null {
  const path = known(globalSetting(master, "pid")) ?? "";
  const pid = textOf(fs, path === "" || path.startsWith("/") ? path : `${master.state ?? ""}/${path}`).trim();
  if (!/^\d+$/.test(pid) || !textOf(fs, `/proc/${pid}/comm`).startsWith("php-fpm")) return null;
  // The file may be left over, and its number somebody else's, under any name.
  return isTrusted(fs, textOf(fs, `/proc/${pid}/status`)) ? pid : null;
}

/** The groups that a process is in itself, one for each version of control groups; not the root. */
export function ownGroups(fs: HostFilesystem, pid: string, controller: Controller): readonly string[] {
  return textOf(fs, `/proc/${pid}/cgroup`)
    .split("\n")
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.+)$/.exec(line) ?? [];
      const counts = controllers === "" || (controllers ?? "").split(",").includes(controller);
      return path !== undefined && counts ? [path] : [];
    });
}
