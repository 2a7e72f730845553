import { fstatSync } from "node:fs";
import { readRegular } from "../host/door.js";
import type { Stream } from "./world.js";

/**
 * Standard output of this process. Where it was closed (`>&-`) Node has put /dev/null in its place, and
 * the first text that is lost there is said on standard error. The exit status stays, because it is
 * right, and because a caller that wants nothing but the status may open /dev/null in the same way.
 */
export function standardOutput(): Stream {
  let silent = isLost();
  let failed = false;
  // What it says of an error is in `main.ts`; afterwards the stream looks as if none had been.
  process.stdout.on("error", () => {
    failed = true;
  });
  return {
    write(text, encoding) {
      if (silent)
        process.stderr.write("fpmlint: standard output is closed or /dev/null, so nobody can read it\n");
      silent = false;
      return process.stdout.write(text, encoding);
    },
    isTTY: process.stdout.isTTY === true,
    columns: process.stdout.columns ?? 80,
    isFile: statOf(1)?.isFile() === true,
    hasFailed: () => failed,
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

/** Of Linux: major 1, minor 3. */
const NULL_DEVICE = 0x103;

function statOf(descriptor: number) {
  try {
    return fstatSync(descriptor);
  } catch {
    return null;
  }
}
