/**
 * The text without those of these characters that it ends with. A pattern such as `/ +$/` is tried at
 * every offset, which takes quadratic time where the characters are many and something follows them.
 */
export function withoutEnd(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}

/** The text, or as much of its beginning as fits `most` characters together with an ellipsis. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
