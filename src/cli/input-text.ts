/** What the door answered for a file of the command's own (configuration, samples), as text or as a sentence. */
import type { Opened } from "../host/door.js";
import { decodeBytes } from "../source/bytes.js";

/** `refusal`: why there is no text, the end of a sentence that begins with the file's name. */
export type InputText = { readonly text: string } | { readonly refusal: string };

/** The text, without a byte order mark of UTF-8. Never quotes what the file holds. */
export function inputText(opened: Opened): InputText {
  if (opened.kind === "refused") return { refusal: refusalOf(opened) };
  const { bytes } = opened;
  const [first, second, third] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))
    return { refusal: "is UTF-16: save it as UTF-8" };
  if (bytes.includes(0)) return { refusal: "is a binary file, or UTF-16; expected UTF-8" };
  const marked = first === 0xef && second === 0xbb && third === 0xbf;
  return { text: decodeBytes(marked ? bytes.subarray(3) : bytes) };
}

/** The reason as the end of a sentence. */
export function refusalOf({ code, reason }: Extract<Opened, { kind: "refused" }>): string {
  return reason === code ? `could not be read (${code})` : reason.charAt(0).toLowerCase() + reason.slice(1);
}
