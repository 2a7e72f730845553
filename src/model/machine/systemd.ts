import type { FpmMaster } from "../../fpm/types.js";
import type { Entry, HostFilesystem } from "../../host/filesystem.js";
import { UNIT_DIRECTORIES } from "../../host/system-directories.js";
import { type Assignment, assignmentsOf, dropIns } from "./unit-file.js";

/** The units with which systemd starts the daemons, if the tree has them. */

/**
 * A setting in the `[Service]` of a unit. The last one counts; drop-ins come after the unit itself, and
 * an empty value resets what was set before. `null`: the tree has no such unit, or it does not set it.
 */
export function serviceSetting(
  host: { readonly fs: HostFilesystem },
  units: readonly string[],
  key: string,
): Assignment | null {
  for (const unit of units) {
    const main = UNIT_DIRECTORIES.map((directory) => `${directory}/${unit}`).find(
      (path) => host.fs.entry(path).kind === "file",
    );
    const files = [
      ...(main === undefined ? [] : [main]),
      ...dropIns(
        host.fs,
        UNIT_DIRECTORIES.map((directory) => `${directory}/${unit}.d`),
      ),
    ];
    const last = files
      .flatMap((path) => assignmentsOf(host.fs, path))
      .filter((one) => one.section === "Service" && one.key === key)
      .at(-1);
    if (last !== undefined) return last.value === "" ? null : last;
  }
  return null;
}

/** The names that packages give the unit of nginx. */
export const nginxUnits: readonly string[] = ["nginx.service", "openresty.service"];

/** The names that distributions give the unit of a master: with PHP's version, or without. */
export function fpmUnits({ phpVersion }: FpmMaster): readonly string[] {
  const version = phpVersion ?? "";
  const short = version.replace(".", "");
  const named =
    version === ""
      ? []
      : [`php${version}-fpm.service`, `php${short}-php-fpm.service`, `php-fpm${short}.service`];
  return [...named, "php-fpm.service"];
}

/** Whether a yes-or-no setting of a unit is on. */
export function isOn({ value }: Assignment): boolean {
  return /^(?:1|yes|y|true|t|on)$/i.test(value);
}

/**
 * Whether the machine starts a master when it boots, by the links that enable its unit, or OpenRC's. `null`: the
 * tree does not say.
 */
export function startsAtBoot({ fs }: { readonly fs: HostFilesystem }, master: FpmMaster): boolean | null {
  const units = fpmUnits(master);
  if (units.some((unit) => isMasked(fs.entry(`${ENABLED}/${unit}`)))) return false;
  const wants = namesIn(fs, ENABLED).filter((name) => /\.(?:wants|requires)$/.test(name));
  if (wants.length > 0) {
    const wanted = wants.flatMap((name) => namesIn(fs, `${ENABLED}/${name}`));
    return units.some((unit) => wanted.includes(unit));
  }
  const level = fs.entry("/etc/runlevels/default");
  if (level.kind !== "directory") return null;
  const short = (master.phpVersion ?? "").replace(".", "");
  return level.names.some((name) => [`php-fpm${short}`, "php-fpm"].includes(name));
}

/** A link to /dev/null; in a copied tree, which seldom has /dev, it leads nowhere. */
function isMasked(entry: Entry): boolean {
  if (entry.kind === "missing") return entry.dangling && /^\/dev(?:\/null)?$/.test(entry.path);
  return entry.path === "/dev/null" || (entry.kind === "outside" && entry.target === "/dev/null");
}

/** Where links enable units. */
const ENABLED = "/etc/systemd/system";

function namesIn(fs: HostFilesystem, path: string): readonly string[] {
  const entry = fs.entry(path);
  return entry.kind === "directory" ? entry.names : [];
}
