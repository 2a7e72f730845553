import { joinPath, normalizePath } from "../../host/path.js";
import type { SourceFile } from "../../source/file.js";

/** Files that a comment in one of the texts would include. `directory`: where relative names count from. */
export function commentedOut(
  directory: string,
  texts: Iterable<{ readonly file: SourceFile }>,
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { file } of texts) {
    for (const [, path = ""] of file.text.matchAll(/^[ \t]*#[ \t]*include[ \t]+([^\s;#"']{1,500});/gm)) {
      found.add(normalizePath(joinPath(directory, path)));
    }
  }
  return found;
}
