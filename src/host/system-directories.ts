/** Where systemd looks for units: the administrator's, those of this boot, those of packages. */
export const UNIT_DIRECTORIES: readonly string[] = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** Where sysctl looks for its settings, the first of two files of one name winning. */
export const SYSCTL_DIRECTORIES: readonly string[] = [
  "/etc/sysctl.d",
  "/run/sysctl.d",
  "/usr/local/lib/sysctl.d",
  "/usr/lib/sysctl.d",
  "/lib/sysctl.d",
];

/** What sysctl reads last; systemd reads it only through the link that Debian makes. */
export const SYSCTL_FILE = "/etc/sysctl.conf";
