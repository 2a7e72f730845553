/** The names that the parts of PHP-FPM's access log get; as far as nginx has the same, they are nginx's. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["R", "remote_addr"],
  ["u", "remote_user"],
  ["t", "time_local"],
  ["m", "request_method"],
  ["r", "uri"],
  ["s", "status"],
  ["f", "fpm_script"],
  ["n", "fpm_pool"],
  ["T", "fpm_end"],
  ["d", "fpm_seconds"],
  ["{seconds}d", "fpm_seconds"],
  ["{milli}d", "fpm_milliseconds"],
  ["{mili}d", "fpm_milliseconds"],
  ["{milliseconds}d", "fpm_milliseconds"],
  ["{miliseconds}d", "fpm_milliseconds"],
  ["{micro}d", "fpm_microseconds"],
  ["{microseconds}d", "fpm_microseconds"],
]);

/**
 * `access.format` as a `log_format` of nginx, so that one reader reads both: `%s` becomes `$status`. Parts that nothing
 * asks for get a number. `null`: it cannot be written so.
 */
export function asLogFormat(format: string): string | null {
  if (format.includes("$")) return null;
  let text = "";
  let others = 0;
  for (let at = 0; at < format.length; at += 1) {
    if (format[at] !== "%") {
      text += format[at];
      continue;
    }
    const brace = format[at + 1] === "{" ? format.indexOf("}", at) : at;
    if (brace === -1) return null;
    const token = format.slice(at + 1, brace + 2);
    at = brace + 1;
    if (token === "%") {
      text += "%";
      continue;
    }
    others += 1;
    text += `\${${NAMES.get(token) ?? `fpm_other_${others}`}}`;
  }
  return text;
}
