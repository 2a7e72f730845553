import { directoryOf, nameOf } from "../../host/path.js";
import { position, type SourceFile } from "../../source/file.js";
import { stockText } from "../facts/stock.js";
import { swallowedDirective } from "../syntax/swallowed.js";
import type { Directive, NginxText } from "../types.js";
import type { Reading } from "./files.js";

/** Files that nothing includes: which of them are left as they are, and what is said of them. */

export const NOT_INCLUDED = "nothing in the tree includes it";
export const NOT_ENABLED = "not enabled: the include for it brings other files";

/** Names and texts of what is enabled: where a tree was copied, its links were written out. */
export function enabled({ cache }: Reading): ReadonlySet<string> {
  const files = [...cache.values()].map(({ file }) => file);
  return new Set(files.filter(({ path }) => /enabled$/.test(directoryOf(path))).map(copyOf));
}

export function copyOf({ path, text }: SourceFile): string {
  return `${nameOf(path)}\0${text}`;
}

/** Whether a file that nothing includes has a fault, so that nobody can tell whether it is nginx's at all. */
export function isLeft(reading: Reading, { file, fault, template, directives }: NginxText): boolean {
  if (isStockPlace(file.path) || template?.changesText === true) return false;
  if (reading.typed?.includes(file.display) === true) return false;
  const swallowed = fault === null && swallows(file, directives);
  if (!swallowed && (fault === null || template?.excuses === true)) return false;
  const why =
    fault === null
      ? 'a directive is not ended by ";"'
      : `line ${position(file, fault.span.start).line}: ${fault.message}`;
  leave(reading, file.path, `${NOT_INCLUDED}, and nginx would not read it (${why})`);
  return true;
}

function swallows(file: SourceFile, directives: readonly Directive[]): boolean {
  return directives.some(
    (one) =>
      ![one.name, ...one.args].some(({ placeholder }) => placeholder) &&
      (swallowedDirective(file, one) !== null ||
        (one.block !== null &&
          /^(?:server|location|upstream|if)$/.test(one.name.text) &&
          swallows(file, one.block))),
  );
}

export function leave(reading: Reading, path: string, reason: string): void {
  reading.cache.delete(path);
  // What a package brings for those who want it is at rest on most hosts.
  if (reason !== NOT_INCLUDED || stockText(path) === null) reading.left.push({ path, reason });
}

/** Where the main files of the packages include from. */
function isStockPlace(path: string): boolean {
  return /^\/(?:usr\/local\/)?etc\/nginx\/(?:sites-enabled|conf\.d|vhosts\.d|http\.d)\//.test(path);
}
