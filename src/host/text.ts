import type { HostFilesystem } from "./filesystem.js";

/** The text of a file of the host; empty where there is none to read, or the path is not absolute. */
export function textOf(fs: HostFilesystem, path: string): string {
  if (!path.startsWith("/")) return "";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : "";
}
