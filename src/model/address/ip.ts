/**
 * Literal addresses as the C library's `inet_pton` reads them: no names, spaces or prefixes, and no leading
 * zeros in IPv4.
 */

/** The 4 or 16 bytes of a literal address; `null`: it is anything else. */
export function ipBytes(text: string): readonly number[] | null {
  return text.includes(":") ? ipv6(text) : ipv4(text);
}

function ipv4(text: string): readonly number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part))) return null;
  const bytes = parts.map(Number);
  return bytes.every((byte) => byte <= 255) ? bytes : null;
}

function ipv6(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = [groups(halves[0] ?? "", halves.length === 1), groups(halves[1] ?? "", true)];
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  // `::` replaces at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return [...head, ...Array<number>(missing).fill(0), ...tail];
}

/** The bytes of groups between colons; `last`: they may end in an IPv4 address. */
function groups(text: string, last: boolean): readonly number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    const dotted = last && index === parts.length - 1 ? ipv4(part) : null;
    if (dotted !== null) bytes.push(...dotted);
    else if (/^[0-9a-f]{1,4}$/i.test(part)) bytes.push(...pair(Number.parseInt(part, 16)));
    else return null;
  }
  return bytes;
}

function pair(group: number): readonly number[] {
  return [group >> 8, group & 255];
}
