/** Where systemd looks for units: the administrator's, those of this boot, those of packages. */
export const UNIT_DIRECTORIES: readonly string[] = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];
