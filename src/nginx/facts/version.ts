/** Versions of nginx, three numbers with dots. `null`: unknown, and only what every version from 1.18.0 on does is judged. */
export type NginxVersion = string | null;

/** `1.22.1`. */
export const NGINX_VERSION = /^\d{1,3}\.\d{1,3}\.\d{1,3}$/;

function compare(a: string, b: string): number {
  const [left, right] = [a, b].map((text) => text.split(".").map(Number));
  for (let part = 0; part < 3; part += 1) {
    const difference = (left?.[part] ?? 0) - (right?.[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Whether the version is known and older than `than`; `null`: since before 1.18.0. */
export function isOlder(version: NginxVersion, than: string | null): boolean {
  return version !== null && than !== null && compare(version, than) < 0;
}

/** Whether the version is known and `since` or newer. */
export function isSince(version: NginxVersion, since: string | null): boolean {
  return version !== null && (since === null || compare(version, since) >= 0);
}
