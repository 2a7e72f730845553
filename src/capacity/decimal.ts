/** Numbers as they are written in sums: in decimals, without an exponent, and exact. */

/** `0.0000001`, where JavaScript writes 1e-7. */
export function plain(number: number): string {
  const [digits = "", exponent] = String(number).split("e");
  if (exponent === undefined) return digits;
  const [whole = "", part = ""] = digits.split(".");
  return decimalText(BigInt(whole + part), part.length - Number(exponent));
}

/** The number of digits after the decimal point. */
export function placesOf(number: number): number {
  return plain(number).split(".")[1]?.length ?? 0;
}

/** A number from 0 on, in units of its last decimal place when it is written with that many `places`. */
export function scaled(number: number, places: number): bigint {
  const [whole = "", part = ""] = plain(number).split(".");
  return BigInt(whole + part.padEnd(places, "0"));
}

/** The opposite: the text of a number of units. With `places` up to 0 it has no decimal point. */
export function decimalText(units: bigint, places: number): string {
  if (places <= 0) return String(units * 10n ** BigInt(-places));
  const digits = String(units).padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`.replace(/\.?0+$/, "");
}
