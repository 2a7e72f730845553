/** Sizes of memory as people write them: `8G`, `8GB`, `8GiB`, `512m`, plain bytes. All units are binary. */

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** The same for a JSON schema. */
export const SIZE_PATTERN = "^[0-9]+(\\.[0-9]+)?\\s*([kKmMgGtT]([iI]?[bB]?)?|[bB])?$";

/** Bytes, a whole number above 0; `null` for what is no size. */
export function parseSize(text: string): number | null {
  const [, number = "", unit = ""] = /^\s*(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b?)|b)?\s*$/i.exec(text) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS[unit.toLowerCase()] ?? 1));
  return number === "" || !Number.isSafeInteger(bytes) || bytes < 1 ? null : bytes;
}

/** Shares as people write them, for a JSON schema: `20%`, below 100 %. */
export const SHARE_PATTERN = "^[0-9]{1,2}(\\.[0-9]+)?\\s*%$";

/** `20%` as 0.2; `null` for what is no share below the whole. */
export function parseShare(text: string): number | null {
  const [, number] = /^\s*(\d{1,2}(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) / 100;
}

/**
 * `1.5 GiB`, `1071 MiB`, `512 KiB`: one decimal at most, and in GiB only where that is exact, so that
 * a sum can be done again.
 */
export function showSize(bytes: number): string {
  const kib = bytes / 1024;
  const gib = kib / 1024 ** 2;
  const shown = (size: number, unit: string): string => `${Number(size.toFixed(1))} ${unit}`;
  if (gib >= 1 && Number.isInteger(gib * 10)) return shown(gib, "GiB");
  if (kib >= 1024) return shown(kib / 1024, "MiB");
  return kib >= 1 ? shown(kib, "KiB") : `${bytes} bytes`;
}
