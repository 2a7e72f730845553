import { readRegular } from "../host/door.js";
import { NULL_DEVICE, type Sink, statOf } from "./start/ready.js";
import type { Stream } from "./world.js";

/**
 * Standard output of this process. Where it was closed (`>&-`) Node has put /dev/null in its place, and
 * the first text that is lost there is said on standard error. The exit status stays, because it is
 * right, and because a caller that wants nothing but the status may open /dev/null in the same way.
 */
export function standardOutput(output: Sink, error: Sink): Stream {
  let silent = isLost();
  return {
    write(text, encoding) {
      if (silent) error.write("fpmlint: standard output is closed or /dev/null, so nobody can read it\n");
      silent = false;
      return output.write(text, encoding);
    },
    isTTY: output.isTTY,
    columns: output.columns,
    isFile: statOf(1)?.isFile() === true,
    hasFailed: () => output.hasFailed(),
  };
}

/** Where standard error is lost in the same way there is nobody to tell. */
function isLost(): boolean {
  return isNodesNull(1) && !isNodesNull(2);
}

/** The shell opens /dev/null for writing alone; Node, which fills a gap with it, for both directions. */
function isNodesNull(descriptor: number): boolean {
  if (statOf(descriptor)?.rdev !== NULL_DEVICE) return false;
  const info = readRegular(`/proc/self/fdinfo/${descriptor}`);
  return info.kind === "bytes" && /^flags:\s*[0-7]*2$/m.test(info.bytes.toString());
}
