import type { HostFilesystem } from "../../host/filesystem.js";
import { hiddenAt, hiddenIn } from "../../host/hidden.js";
import type { UnreadPath } from "../../host/spec.js";
import { SYSCTL_DIRECTORIES, SYSCTL_FILE, UNIT_DIRECTORIES } from "../../host/system-directories.js";

/** Files that affect how the daemons run, although neither of them reads them. */

const PATTERNS: readonly string[] = [
  ...UNIT_DIRECTORIES.flatMap((directory) => [
    `${directory}/*.service`,
    `${directory}/*.socket`,
    `${directory}/nginx.service.d/*.conf`,
    `${directory}/openresty.service.d/*.conf`,
    `${directory}/php*fpm*.service.d/*.conf`,
  ]),
  ...SYSCTL_DIRECTORIES.map((directory) => `${directory}/*.conf`),
];

const FILES: readonly string[] = [SYSCTL_FILE, "/etc/hosts", "/etc/nsswitch.conf"];

/** The files that exist but could not be read. */
export function unreadSideFiles(fs: HostFilesystem): readonly UnreadPath[] {
  const directories = [...UNIT_DIRECTORIES, ...SYSCTL_DIRECTORIES];
  // Most trees have none of them.
  const patterns = PATTERNS.filter((pattern) =>
    directories.some((one) => pattern.startsWith(`${one}/`) && fs.entry(one).kind !== "missing"),
  );
  return [...hiddenIn(fs, patterns), ...FILES.flatMap((path) => hiddenAt(fs, path) ?? [])];
}
