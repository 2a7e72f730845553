import { treeFilesOf } from "../../evidence/meetings.js";
import { normalizePath } from "../../host/path.js";
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
    if (isBelow(path, gone))
      throw new UsageError(`--missing says that ${path}, or a directory above it, is not there`);
  const above = new Set([...said.keys()].flatMap(directoriesOf));
  return {
    ...tree,
    kind: (path) => {
      const key = path.startsWith("/") ? normalizePath(path) : path;
      const own = said.get(key);
      if (own !== undefined) return own;
      if (above.has(key)) return "directory";
      return isBelow(key, gone) ? "missing" : tree.kind(path);
    },
  };
}

function pathOf(option: string, text: string): string {
  if (text.startsWith("/")) return normalizePath(text);
  throw new UsageError(`--${option} ${JSON.stringify(text)} is not an absolute path, as nginx sees it`);
}

/** `/a` and `/a/b` of `/a/b/c`. */
function directoriesOf(path: string): readonly string[] {
  const parts = path.split("/").slice(1, -1);
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join("/")}`);
}

function isBelow(path: string, gone: ReadonlySet<string>): boolean {
  return gone.has(path) || directoriesOf(path).some((one) => gone.has(one));
}
