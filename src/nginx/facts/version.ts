import { olderThan } from "../../source/version.js";

/** Versions of nginx, three numbers with dots. `null`: unknown, and only what every version from 1.18.0 on does is judged. */
export type NginxVersion = string | null;

/** `1.22.1`. */
export const NGINX_VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;

/** Whether the version is known and older than `than`; `null`: since before 1.18.0. */
export function isOlder(version: NginxVersion, than: string | null): boolean {
  return version !== null && than !== null && olderThan(version, than);
}

/** Whether the version is known and `since` or newer. */
export function isSince(version: NginxVersion, since: string | null): boolean {
  return version !== null && (since === null || !olderThan(version, since));
}
