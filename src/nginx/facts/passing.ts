import { httpFact } from "./directives.js";

/** Directives of the modules that pass requests on: which count without a `*_pass`, which are alike. */

/**
 * Directives of FastCGI that do something where nothing is passed: nginx makes the directories of the first two
 * when it starts, and the others give `$fastcgi_script_name` and `$fastcgi_path_info` their values.
 */
const OWN_EFFECT: ReadonlySet<string> = new Set([
  "fastcgi_cache_path",
  "fastcgi_temp_path",
  "fastcgi_index",
  "fastcgi_split_path_info",
]);

/** Whether a directive of FastCGI has an effect in a block that passes nothing to FastCGI. */
export function hasOwnEffect(name: string): boolean {
  return OWN_EFFECT.has(name);
}

/**
 * The directive of another protocol that means the same and takes the same values: `fastcgi_read_timeout` →
 * `proxy_read_timeout` beside `proxy_pass`; `null`: there is none.
 */
export function namesakeFor(pass: string, name: string): string | null {
  const [, protocol] = /^([a-z]+)_pass$/.exec(pass) ?? [];
  const [, rest] = /^fastcgi_(.+)$/.exec(name) ?? [];
  if (protocol === undefined || rest === undefined) return null;
  const [own, other] = [httpFact(name), httpFact(`${protocol}_${rest}`)];
  const alike = own !== undefined && other?.type === own.type && other.counts === own.counts;
  return alike ? other.name : null;
}
