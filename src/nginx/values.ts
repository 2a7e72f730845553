/** nginx's own readings of values (ngx_parse.c). `undefined`: nginx refuses it, or it is not a literal. */

const UNITS: readonly (readonly [unit: string, milliseconds: number])[] = [
  ["y", 365 * 86_400_000],
  ["M", 30 * 86_400_000],
  ["w", 7 * 86_400_000],
  ["d", 86_400_000],
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1000],
  ["ms", 1],
];

/** A time of the millisecond slots (`fastcgi_read_timeout`) in milliseconds: units in descending order, a bare number is seconds. */
export function timeMs(text: string): number | undefined {
  if (text === "") return undefined;
  const pattern = /(\d+)(ms|[wdhms])?( *)/y;
  let total = 0;
  let least = -1;
  while (pattern.lastIndex < text.length) {
    const from = pattern.lastIndex;
    const match = pattern.exec(text);
    if (match === null || match[0] === "") return undefined;
    const unit = match[2] ?? "s";
    const rank = UNITS.findIndex(([name]) => name === unit);
    // A number without a unit can only be the last one.
    if (rank <= least || (match[2] === undefined && from + match[0].length < text.length)) return undefined;
    least = match[2] === undefined ? UNITS.length : rank;
    total += Number(match[1]) * (UNITS[rank]?.[1] ?? 0);
  }
  return total > 2 ** 53 ? undefined : total;
}

/** A size in bytes: digits and an optional `k` or `m`. `1g` is refused. */
export function sizeBytes(text: string): number | undefined {
  return scaled(text, /^(\d+)([kKmM]?)$/);
}

/** An offset in bytes (`client_max_body_size`): as a size, and `g`. */
export function offsetBytes(text: string): number | undefined {
  return scaled(text, /^(\d+)([kKmMgG]?)$/);
}

const FACTORS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

function scaled(text: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * (FACTORS[(match[2] ?? "").toLowerCase()] ?? 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `on` or `off`, in any case. */
export function flag(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return word === "on" ? true : word === "off" ? false : undefined;
}
