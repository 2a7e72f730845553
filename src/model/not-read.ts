import { type HostFilesystem, unreadReason } from "../host/filesystem.js";
import type { HostSpec, UnreadPath } from "../host/spec.js";
import type { Node } from "../nginx/types.js";
import { position } from "../source/file.js";
import { ACCOUNT_FILES } from "./accounts.js";

/** What is there and was not read. */

/** What was named and could not be read. */
export function unreadOf(spec: HostSpec, fs: HostFilesystem): readonly UnreadPath[] {
  const named = [spec.nginx, ...spec.fragments, ...spec.fpm, ...spec.pools.flat()];
  return [
    ...(spec.unread ?? []),
    ...named.flatMap((path) => unreadFile(fs, path)),
    // A host need not bring its accounts, but that they could not be read is another thing.
    ...ACCOUNT_FILES.filter((path) => !isAbsent(fs, path)).flatMap((path) => unreadFile(fs, path)),
  ];
}

export function leftOut(fs: HostFilesystem, path: string, reason: string): UnreadPath {
  return { file: fs.display(path), reason, expected: true };
}

function isAbsent(fs: HostFilesystem, path: string): boolean {
  const entry = fs.entry(path);
  return entry.kind === "missing" && !entry.dangling;
}

function unreadFile(fs: HostFilesystem, path: string | null): readonly UnreadPath[] {
  if (path === null) return [];
  const entry = fs.entry(path);
  const reason = unreadReason(entry);
  const expected = entry.kind === "unreadable" && entry.made === true;
  return reason === null ? [] : [{ file: fs.display(path), reason, expected }];
}

export function notFollowed(pass: Node): UnreadPath {
  const { line } = position(pass.file, pass.directive.start);
  const reason =
    "from here on no upstream is followed: too many locations pass to upstreams of too many servers";
  return { file: pass.file.display, line, reason };
}
