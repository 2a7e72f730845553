import type { Entry, HostFilesystem } from "./filesystem.js";

/**
 * The same files, of which some have another text; `texts` are by the name that reports print. Whether a
 * file is there, and where its links lead, stays as it is.
 */
export function overlaid(fs: HostFilesystem, texts: ReadonlyMap<string, string>): HostFilesystem {
  if (texts.size === 0) return fs;
  const seen = new Map<string, Entry>();
  const { children } = fs;
  return {
    ...(children === undefined ? {} : { children: (path) => children(path) }),
    ...(fs.deployed === undefined ? {} : { deployed: overlaid(fs.deployed, texts) }),
    entry(path) {
      const before = seen.get(path);
      if (before !== undefined) return before;
      const entry = fs.entry(path);
      const text = entry.kind === "file" ? texts.get(fs.display(entry.path)) : undefined;
      const answer =
        text === undefined ? entry : ({ kind: "file", path: entry.path, read: () => ({ text }) } as const);
      seen.set(path, answer);
      return answer;
    },
    display: (path) => fs.display(path),
  };
}
