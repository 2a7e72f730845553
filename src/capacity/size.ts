/** Sizes of memory as people write them: `8G`, `8GB`, `8GiB`, `512m`, plain bytes. All units are binary. */

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** The same for a JSON schema. */
export const SIZE_PATTERN = "^[0-9]+(\\.[0-9]+)?\\s*([kKmMgGtT](i?[bB])?|[bB])?$";

/** Bytes, a whole number above 0; `null` for what is no size. */
export function parseSize(text: string): number | null {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b)?|b)?\s*$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 1));
  return number === "" || !Number.isSafeInteger(bytes) || bytes < 1 ? null : bytes;
}

/** `1.5 GiB`, `60 MiB`, `512 KiB`: one decimal at most. */
export function showSize(bytes: number): string {
  for (const [unit, factor] of [
    ["GiB", 1024 ** 3],
    ["MiB", 1024 ** 2],
    ["KiB", 1024],
  ] as const) {
    if (Math.abs(bytes) >= factor) return `${Number((bytes / factor).toFixed(1))} ${unit}`;
  }
  return `${bytes} bytes`;
}
