/** Files that are mount points, which no rename can replace. */
import { readRegular } from "../../host/door.js";
import { decodeBytes, encodeText } from "../../source/bytes.js";

/** Every mount point that this process sees, as real paths; empty where there is no /proc. */
export function mountPoints(): ReadonlySet<string> {
  const opened = readRegular("/proc/self/mountinfo");
  return new Set(opened.kind === "bytes" ? mountPointsIn(decodeBytes(opened.bytes)) : []);
}

/** The mount points in the text of `/proc/PID/mountinfo`: the fifth word of each line, see proc(5). */
export function mountPointsIn(mountinfo: string): readonly string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = line.split(" ")[4];
    return point === undefined ? [] : [unescaped(point)];
  });
}

/** The kernel writes spaces, tabs, line ends, `#` and backslashes as `\` and three octal digits. */
function unescaped(word: string): string {
  if (!word.includes("\\")) return word;
  const bytes = encodeText(word).toString("latin1");
  const plain = bytes.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return decodeBytes(Buffer.from(plain, "latin1"));
}
