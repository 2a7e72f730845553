import type { HostFilesystem } from "../../host/filesystem.js";
import { glob } from "../../host/glob.js";
import { normalizePath, withParents } from "../../host/path.js";
import { textOf } from "../../host/text.js";
import { perKey } from "../../source/memo.js";

/** Where packages put their lines. */
export const TMPFILES_OF_PACKAGES: readonly string[] = ["/usr/lib/tmpfiles.d", "/lib/tmpfiles.d"];

const DIRECTORIES = [
  "/etc/tmpfiles.d",
  "/run/tmpfiles.d",
  "/usr/local/lib/tmpfiles.d",
  ...TMPFILES_OF_PACKAGES,
];

/**
 * Whether a line of tmpfiles.d makes a directory at boot: itself, or something in it. A line that cannot be told
 * may.
 */
export function madeByTmpfiles(fs: HostFilesystem, directory: string): boolean {
  const made = madeAtBoot(fs);
  return made === null || made.has(directory);
}

/** Everything that lines make, with the directories above it; `null`: one of them is known to systemd alone. */
const madeAtBoot = perKey((fs: HostFilesystem): ReadonlySet<string> | null => {
  const made = new Set<string>();
  for (const file of DIRECTORIES.flatMap((directory) => glob(fs, `${directory}/*.conf`)))
    for (const line of textOf(fs, file).split("\n")) {
      const [type = "", written = ""] = line.trim().split(/\s+/, 2);
      if (!/^[fFdDvqQpLcbC]/.test(type)) continue;
      const path = written.replace(/^["']|["']$/g, "").replace(/^%t(?=\/)/, "/run");
      // Up to the first letter that only systemd knows: the directories before it are made all the same.
      const [before = ""] = path.split("%", 1);
      const plain = before === path ? path : `${before.slice(0, before.lastIndexOf("/") + 1)}x`;
      if (!plain.startsWith("/")) continue;
      if (plain !== path && /^\/(?:var\/)?run\/x$/.test(plain)) return null;
      for (const one of withParents(runPath(normalizePath(plain)))) made.add(one);
    }
  return made;
});

/** The path with /run in the place of /var/run, which is a link to it. */
export function runPath(path: string): string {
  return path.replace(/^\/var\/run(?=\/|$)/, "/run");
}
