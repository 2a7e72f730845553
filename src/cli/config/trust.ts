import { statSync } from "node:fs";
import { getegid, geteuid } from "node:process";
import { pathBytes, readTyped } from "../../host/door.js";
import { directoryOf } from "../../host/path.js";
import { decodeBytes } from "../../source/bytes.js";

/** Who else could have written a file that nobody named. */

/** What decides about one file or directory. */
export interface Owned {
  readonly uid: number;
  readonly gid: number;
  /** With the bits for the kind, as `stat` gives it. */
  readonly mode: number;
}

/** Who runs this. */
export interface Caller {
  readonly uid: number;
  /** Whether nobody else is in a group. */
  readonly hasAlone: (gid: number) => boolean;
}

const [GROUP_WRITES, OTHERS_WRITE] = [0o020, 0o002];

/**
 * Why others than the caller and root may write here, with what to do; `null`: they may not. Where the
 * caller is root no group may write, because that bit is also the mask of an ACL; others may have a group
 * of their own, and then what they make is often writable for it.
 */
export function othersWrite(path: string, { uid, gid, mode }: Owned, caller: Caller): string | null {
  if (uid !== 0 && uid !== caller.uid) return `${path} belongs to uid ${uid}`;
  if ((mode & OTHERS_WRITE) !== 0) return `${path} is writable by everybody (chmod o-w ends that)`;
  if ((mode & GROUP_WRITES) === 0) return null;
  if (caller.uid !== 0 && caller.hasAlone(gid)) return null;
  return `${path} is writable by its group (gid ${gid}; chmod g-w ends that)`;
}

/**
 * The same of a file and of each directory from the one that it was looked for in down to it. Both without
 * links. On a system without users nothing is asked. Throws what the system says.
 */
export function untrusted(directory: string, file: string): string | null {
  const uid = geteuid?.();
  if (uid === undefined) return null;
  const caller: Caller = {
    uid,
    hasAlone: (gid) => gid === getegid?.() && isAlone(uid, gid, textOf("/etc/group"), textOf("/etc/passwd")),
  };
  const way = [file];
  for (let at = directoryOf(file); way.at(-1) !== directory && at !== way.at(-1); at = directoryOf(at))
    way.push(at);
  for (const path of way.toReversed()) {
    const problem = othersWrite(path, statSync(pathBytes(path)), caller);
    if (problem !== null) return problem;
  }
  return null;
}

/**
 * Whether a user is the only member of a group, as `/etc/group` and `/etc/passwd` tell. Of what is in
 * neither of them nobody knows.
 */
export function isAlone(uid: number, gid: number, group: string, passwd: string): boolean {
  const users = rows(passwd);
  const own = users.filter(([, , number]) => number === String(uid)).map(([name = ""]) => name);
  const groups = rows(group).filter(([, , number]) => number === String(gid));
  const listed = groups.flatMap(([, , , list = ""]) => list.split(","));
  const primary = users.filter(([, , , number]) => number === String(gid)).map(([name = ""]) => name);
  const members = [...listed, ...primary].filter((name) => name !== "");
  return groups.length > 0 && own.length > 0 && members.every((name) => own.includes(name));
}

function rows(text: string): readonly (readonly string[])[] {
  return text.split("\n").map((line) => line.trim().split(":"));
}

function textOf(file: string): string {
  const opened = readTyped(file);
  return opened.kind === "refused" ? "" : decodeBytes(opened.bytes);
}
