/** Numbers and literal addresses as nginx itself reads them, which is not quite how the C library does. */

/** ngx_atoi: only digits, up to the largest signed 64-bit number; `null` for anything else. */
export function decimal(text: string): number | null {
  if (!/^\d+$/.test(text) || BigInt(text) > 2n ** 63n - 1n) return null;
  return Number(text);
}

/** ngx_inet_addr: four numbers up to 255; leading zeros and missing digits are accepted. */
export function isIpv4Literal(text: string): boolean {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d*$/.test(part) && Number(part) <= 255)) return false;
  // nginx's own mark for "no address".
  return parts.some((part) => Number(part) !== 255);
}

const GROUPS = 8;

/** ngx_inet6_addr: the text between the brackets. One leading colon more or less does not matter to it. */
export function isIpv6Literal(text: string): boolean {
  const digits = text.startsWith(":") ? text.slice(1) : text;
  let [left, nibbles, compressed, groupStart] = [GROUPS, 0, false, -1];
  for (let at = 0; at < digits.length; at += 1) {
    const character = digits.charAt(at);
    if (character === ":") {
      if (nibbles > 0) {
        left -= 1;
        nibbles = 0;
        if (left === 0) return false;
      } else if (compressed) return false;
      else compressed = true;
      groupStart = at + 1;
    } else if (character === "." && nibbles > 0) {
      if (left < 2 || groupStart === -1 || !isIpv4Literal(digits.slice(groupStart))) return false;
      return complete(left - 1, compressed);
    } else {
      nibbles += 1;
      if (nibbles > 4 || !/[0-9a-f]/i.test(character)) return false;
    }
  }
  return (nibbles > 0 || compressed) && complete(left, compressed);
}

/** The last group uses one of the groups that are left; `::` needs at least one more. */
function complete(left: number, compressed: boolean): boolean {
  return compressed ? left > 1 : left === 1;
}
