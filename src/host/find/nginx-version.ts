import { type HostFilesystem, headOf } from "../filesystem.js";
import { mayTellVersion } from "../names.js";
import { isWithin } from "../path.js";

/** What `nginx -V` prints first, and what it prints last: the options that it was built with. */
const FIRST = /^nginx version: nginx\/(\d{1,3}\.\d{1,3}\.\d{1,3})\b/m;
const LAST = /^configure arguments:/m;

/** The versions that texts of `nginx -V` in a tree say, by the paths of the texts. */
export function versionTexts(fs: HostFilesystem, paths: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    paths.filter(mayTellVersion).flatMap((path) => {
      const entry = fs.entry(path);
      const head = entry.kind === "file" ? headOf(entry) : "";
      const version = LAST.test(head) ? FIRST.exec(head)?.[1] : undefined;
      return version === undefined ? [] : [[path, version] as const];
    }),
  );
}

/** The version of the nginx whose files lie below a root; `null`: no text says it, or several do. */
export function versionBelow(root: string, texts: ReadonlyMap<string, string>): string | null {
  const [only, ...others] = new Set(
    [...texts].flatMap(([path, version]) => (isWithin(root, path) ? version : [])),
  );
  return only === undefined || others.length > 0 ? null : only;
}
