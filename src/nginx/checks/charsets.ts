import { REFUSED_SINCE } from "../facts/facts-values.js";
import { isOlder, isSince, type NginxVersion } from "../facts/version.js";
import type { Word } from "../types.js";
import { holdsMark } from "./maps.js";
import { type Check, quoted, type Refusal, refused, text, word } from "./refusal.js";

/** `charset_map`: bytes of one character set and what they become in another, in hexadecimal. */
export const charsetMap: Check = (one) => {
  const [first, second] = [text(one, 0), text(one, 1)];
  if (first.toLowerCase() === second.toLowerCase()) {
    const log = `"charset_map" between the same charsets "${first}" and "${second}"`;
    return refused(
      "other",
      log,
      word(one, 1),
      "charset_map maps a character set to itself",
      "name two different character sets",
    );
  }
  if (first.toLowerCase() === "utf-8" && refusesUtf8(one.scope.version)) {
    const log = '"charset_map" with "utf-8" charset should be given in the second column';
    const message = "charset_map maps from utf-8, and nginx can only map to it";
    return refused("other", log, word(one, 0), message, "name the other character set first");
  }
  const longest = /^utf-8$/i.test(second) ? 8 : 2;
  for (const line of one.node.children) {
    const { name, args } = line.directive;
    if (line.branch !== null || name.text === "include" || holdsMark([name, ...args])) continue;
    const found = lineRefusal(name, args, longest);
    if (found !== null) return { ...found, line };
  }
  return null;
};

/** Of the stable branch the last versions do, too. */
function refusesUtf8(version: NginxVersion): boolean {
  const { charsetOfUtf8, charsetOfUtf8Stable } = REFUSED_SINCE;
  return (
    isSince(version, charsetOfUtf8) || (isSince(version, charsetOfUtf8Stable) && isOlder(version, "1.31.0"))
  );
}

function lineRefusal(name: Word, args: readonly Word[], longest: number): Refusal | null {
  const value = args[0];
  if (value === undefined || args.length > 1) {
    const message = "a line of charset_map needs two numbers";
    return refused("other", "invalid parameters number", name, message, "80 E282AC;");
  }
  const bad = hexadecimal(name.text, 2) ? (hexadecimal(value.text, longest) ? null : value) : name;
  if (bad === null) return null;
  const message = `${quoted(bad.text)} in charset_map is not ${longest === 2 ? "one byte" : "a run of bytes"} in hexadecimal`;
  return refused("word", `invalid value "${bad.text}"`, bad, message, "80 E282AC;");
}

function hexadecimal(digits: string, longest: number): boolean {
  return /^[0-9a-f]+$/i.test(digits) && digits.replace(/^0+/, "").length <= longest;
}
