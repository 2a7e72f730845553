/** Files that an image of a container holds and the tree does not. */

const MARK = " (of the image ";

/** The name that reports print for such a file. */
export function ofImage(path: string, image: string): string {
  return `${path}${MARK}${image})`;
}

/** Whether a name that reports print is that of such a file, which nobody can edit. */
export function isOfImage({ display }: { readonly display: string }): boolean {
  return display.endsWith(")") && display.includes(MARK);
}
