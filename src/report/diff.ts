/** Changes to a file as `diff -u` and git print them, to be read and to be given to `patch -p1`. */
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from "diff";

const CONTEXT = 3;

/**
 * `name` is printed after `a/` and `b/`, as seen from the directory in which the diff is applied; for an
 * absolute name that is `/`. Empty when the texts are the same. The lines are the file's own, whatever
 * is in them; control and other odd characters of the name are quoted as git quotes them.
 */
export function unifiedDiff(name: string, before: string, after: string): string {
  if (before === after) return "";
  const path = name.replace(/^\/+/, "");
  const patch = createTwoFilesPatch(`a/${path}`, `b/${path}`, before, after, undefined, undefined, {
    context: CONTEXT,
    headerOptions: FILE_HEADERS_ONLY,
  });
  // A tab ends a name that has a space: `patch` would end it at the space.
  return path.includes(" ") ? patch.replace(/^((?:---|\+\+\+) [^"\n].*)$/gm, endName()) : patch;
}

/** Only the two header lines: a removed line may also begin with dashes. */
function endName(): (line: string) => string {
  let left = 2;
  return (line) => {
    left -= 1;
    return left >= 0 ? `${line}\t` : line;
  };
}
