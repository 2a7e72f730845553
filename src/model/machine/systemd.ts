import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
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
