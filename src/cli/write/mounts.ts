/** Files that are mount points, which no rename can replace. */
import { readRegular } from "../../host/door.js";
import { decodeBytes, unescapedPath } from "../../source/bytes.js";

/** Every mount point that this process sees, as real paths; empty where there is no /proc. */
export function mountPoints(): ReadonlySet<string> {
  const opened = readRegular("/proc/self/mountinfo");
  return new Set(opened.kind === "bytes" ? mountPointsIn(decodeBytes(opened.bytes)) : []);
}

/** The mount points in the text of `/proc/PID/mountinfo`: the fifth word of each line, see proc(5). */
export function mountPointsIn(mountinfo: string): readonly string[] {
  return mountinfo.split("\n").flatMap((line) => {
    const point = line.split(" ")[4];
    return point === undefined ? [] : [unescapedPath(point)];
  });
}
