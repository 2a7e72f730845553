import type { HostFilesystem } from "../host/filesystem.js";
import { isWithin } from "../host/path.js";
import { textOf } from "../host/text.js";
import { unescapedPath } from "../source/bytes.js";
import { perKey } from "../source/memo.js";

/** The file systems that a process sees, by `/proc/PID/mounts`. */

interface Mount {
  readonly at: string;
  readonly readOnly: boolean;
}

const mountsOf = perKey(
  (fs: HostFilesystem) => new Map<string, readonly Mount[]>([["", mountsIn(fs, "self")]]),
);

/** Whether a path is on a file system that is read-only. `pid`: who looks; `null`: this process. `null`: unknown. */
export function isReadOnly(fs: HostFilesystem, pid: number | null, path: string): boolean | null {
  const known = mountsOf(fs);
  const key = String(pid ?? "");
  const mounts = known.get(key) ?? mountsIn(fs, key);
  known.set(key, mounts);
  // What is mounted later at the same place hides what was there.
  const on = mounts
    .filter(({ at }) => isWithin(at, path))
    .reduce<Mount | null>(
      (best, one) => (best !== null && best.at.length > one.at.length ? best : one),
      null,
    );
  return on?.readOnly ?? null;
}

/** `/dev/sda1 /srv/site ext4 rw,relatime 0 0`. */
function mountsIn(fs: HostFilesystem, pid: string): readonly Mount[] {
  return textOf(fs, `/proc/${pid}/mounts`)
    .split("\n")
    .flatMap((line) => {
      const [, at = "", , options = ""] = line.split(" ");
      if (!at.startsWith("/")) return [];
      return [{ at: unescapedPath(at), readOnly: options.split(",", 1)[0] === "ro" }];
    });
}
