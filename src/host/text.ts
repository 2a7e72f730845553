import type { HostFilesystem } from "./filesystem.js";

/** The text of a file of the host; empty where there is none to read, or the path is not absolute. */
export function textOf(fs: HostFilesystem, path: string): string {
  if (!path.startsWith("/")) return "";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer !== null && "text" in answer ? answer.text : "";
}

/** What follows `name:` in a text of such lines, as the kernel writes them; `null`: no line begins so. */
export function fieldIn(text: string, name: string): string | null {
  const line = text.split("\n").find((one) => one.startsWith(`${name}:`));
  return line === undefined ? null : line.slice(name.length + 1).trim();
}

/** The same of a number of kilobytes, in bytes. */
export function kilobytesIn(text: string, name: string): number | null {
  const number = /^(\d+) kB$/.exec(fieldIn(text, name) ?? "")?.[1];
  return number === undefined ? null : Number(number) * 1024;
}

/** The fields of `/proc/PID/stat` behind the name, which may hold anything; the first is the state, field 3 of the line. */
export function statFields(stat: string): readonly string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
