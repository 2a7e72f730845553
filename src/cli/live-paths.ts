/** Where this machine keeps its configuration: that of packages, and that of the official image. */
export const LIVE_PATHS = ["/etc", "/usr/local/etc"];
