/** What a new file takes over from the one it replaces. */
import { spawnSync } from "node:child_process";
import { fchmodSync, fchownSync, fstatSync, type Stats } from "node:fs";

/** By its full name, so that no PATH leads elsewhere. */
const CP = "/bin/cp";

/** An open file, and the path that a child can open it by. */
export interface OpenFile {
  readonly descriptor: number;
  /** Absolute; `null` where there is /proc, in which the child finds what it inherits. */
  readonly path: string | null;
}

/**
 * Gives the file `to` the ACL, the label and all other attributes of `from`. Node can neither list nor
 * read them, so cp does it: the only child process of fpmlint. `null`: done; else why not, as the end
 * of a sentence.
 */
export function carryAttributes(from: OpenFile, to: OpenFile): string | null {
  const names = [from.path ?? "/proc/self/fd/3", to.path ?? "/proc/self/fd/4"];
  const ran = spawnSync(CP, ["--attributes-only", "--preserve=all", "--", ...names], {
    stdio: ["ignore", "ignore", "pipe", from.descriptor, to.descriptor],
    env: { LC_ALL: "C" },
    cwd: "/",
    encoding: "utf8",
  });
  // Of an attribute that it could not set cp only speaks; its status is 0.
  const said = (ran.stderr ?? "").trim().split("\n")[0] ?? "";
  if (ran.error === undefined && ran.status === 0 && said === "") return null;
  const why = said !== "" ? said : failure(ran.error, ran.status, ran.signal);
  return `its ACL and other attributes could not be carried over (${why}): this needs ${CP} of GNU coreutils; without it, print the change with --diff and apply it with patch`;
}

function failure(error: Error | undefined, status: number | null, signal: string | null): string {
  if (error !== undefined) return "code" in error ? `${CP}: ${String(error.code)}` : error.message;
  return signal === null ? `${CP} ended with status ${status}` : `${CP} was ended by ${signal}`;
}

/** Gives a file the owner and the mode of `model`; answers whether it has them now. */
export function ownAs(descriptor: number, model: Stats): boolean {
  const own = fstatSync(descriptor);
  if (own.uid !== model.uid || own.gid !== model.gid) fchownSync(descriptor, model.uid, model.gid);
  // After the owner, whose change takes bits away.
  fchmodSync(descriptor, model.mode & 0o7777);
  const now = fstatSync(descriptor);
  return now.uid === model.uid && now.gid === model.gid && now.mode === model.mode;
}
