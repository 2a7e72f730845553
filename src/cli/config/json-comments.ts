/**
 * JSON as people write settings in it: with comments, and with a comma after the last entry. `JSON.parse`
 * reads neither, so both become spaces, and every character stays where it is.
 */

/** The text without `//` and `/* … *\/` comments and commas before a closing bracket; as long as before. */
export function plainJson(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  const blank = (from: number, to: number): void => {
    parts.push(text.slice(kept, from), text.slice(from, to).replace(/[^\n]/g, " "));
    kept = to;
  };
  /** Where the comma is that may turn out to be the last; -1: what came before is none. */
  let comma = -1;
  let before = "";
  const ends: (readonly [from: number, to: number])[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      at = stringEnd(text, at) - 1;
    } else if (character === "/") {
      const end = commentEnd(text, at);
      if (end !== null) {
        ends.push([at, end]);
        at = end - 1;
        continue;
      }
    } else if (character === "," && !/[[{,:]/.test(before)) {
      comma = at;
      before = ",";
      continue;
    } else if (/[ \t\r\n]/.test(character)) continue;
    else if ((character === "}" || character === "]") && comma !== -1) ends.push([comma, comma + 1]);
    comma = -1;
    before = character;
  }
  for (const [from, to] of ends.sort(([a], [b]) => a - b)) blank(from, to);
  return parts.join("") + text.slice(kept);
}

/** One past the closing quote of the string that begins there; the end of the text where it has none. */
export function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === '"') return at + 1;
  }
  return text.length;
}

/** One past the comment that begins there; `null`: none does, or it has no end. */
function commentEnd(text: string, start: number): number | null {
  if (text.startsWith("//", start)) {
    const end = text.indexOf("\n", start);
    return end === -1 ? text.length : end;
  }
  if (!text.startsWith("/*", start)) return null;
  const end = text.indexOf("*/", start + 2);
  return end === -1 ? null : end + 2;
}
