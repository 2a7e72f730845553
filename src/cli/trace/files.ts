import { treeFilesOf } from "../../evidence/meetings.js";
import { directoryOf, isWithinAny, normalizePath, withParents } from "../../host/path.js";
import { treeFiles } from "../../model/request/resolve/ask.js";
import type { FileKind, Files } from "../../model/request/resolve/types.js";
import type { ReadHost } from "../../read-hosts.js";
import { UsageError } from "../usage.js";

/**
 * What is known of the files of a host: what `--exists` and `--missing` say, then the tree. On the live host
 * what is not there is missing. Throws UsageError for a path that is said to be both, or is not absolute.
 */
export function filesSaid(
  { host, spec }: ReadHost,
  exists: readonly string[],
  missing: readonly string[],
): Files {
  const tree = spec.root === "/" && spec.dumped !== true ? treeFiles(host.fs, () => true) : treeFilesOf(host);
  const said = new Map<string, FileKind>();
  for (const text of exists) {
    const path = pathOf("exists", text);
    said.set(path, text.endsWith("/") ? "directory" : "file");
  }
  const gone = new Set(missing.map((text) => pathOf("missing", text)));
  for (const path of said.keys())
    if (isWithinAny(gone, path))
      throw new UsageError(`--missing says that ${path}, or a directory above it, is not there`);
  const above = new Set([...said.keys()].flatMap((path) => withParents(directoryOf(path))));
  return {
    ...tree,
    kind: (path) => {
      const key = path.startsWith("/") ? normalizePath(path) : path;
      const own = said.get(key);
      if (own !== undefined) return own;
      if (above.has(key)) return "directory";
      return isWithinAny(gone, key) ? "missing" : tree.kind(path);
    },
  };
}

function pathOf(option: string, text: string): string {
  if (text.startsWith("/")) return normalizePath(text);
  throw new UsageError(`--${option} ${JSON.stringify(text)} is not an absolute path, as nginx sees it`);
}
