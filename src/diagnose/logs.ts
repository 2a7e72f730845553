/** The logs that a host names, with the older ones beside them. */
import type { OpenFile } from "../host/door.js";
import { directoryOf } from "../host/path.js";
import { beforeRotation, type NamedLog } from "../live/named-logs.js";
import type { Host } from "../model/host.js";

/** A log that can be read, or that cannot. */
export interface FoundLog {
  readonly log: NamedLog;
  /** What reports print. */
  readonly display: string;
  readonly open: () => OpenFile | { readonly unreadable: string };
}

/** The log and its older ones, as they are on the host; none: it is not there. */
export function foundLogs({ fs }: Host, log: NamedLog): readonly FoundLog[] {
  const directory = directoryOf(log.path);
  const name = log.path.slice(log.path.lastIndexOf("/") + 1);
  const listed = fs.entry(directory);
  const names = listed.kind === "directory" ? listed.names : [];
  const older = names.filter((one) => beforeRotation(one) === name);
  return [name, ...older].flatMap((one): readonly FoundLog[] => {
    const entry = fs.entry(`${directory}/${one}`);
    if (entry.kind === "missing") return [];
    const display = fs.display(entry.path);
    if (entry.kind === "file" && entry.open !== undefined) return [{ log, display, open: entry.open }];
    const reason =
      entry.kind === "outside"
        ? "is a link out of the host's root"
        : entry.kind === "unreadable"
          ? entry.reason
          : "is not a regular file";
    // A log that goes to standard output or error is a link to a device: the container's log has it.
    return entry.kind === "special" ? [] : [{ log, display, open: () => ({ unreadable: reason }) }];
  });
}
