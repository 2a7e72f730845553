import type { Place } from "../source/file.js";
import type { HostFilesystem } from "./filesystem.js";

/** Which files make a host: what discovery found, or what `hosts` in fpmlint.json states. Paths are the host's. */
export interface HostSpec {
  /** Its name in `fpmlint.json`, else its root relative to the path that was given; `.` for the path itself. */
  readonly name: string;
  /** Absolute directory of this machine that is the host's `/`; of containers the file that describes them. */
  readonly root: string;
  /** Absolute directory of this machine that all its files lie in. Absent: `root`. */
  readonly tree?: string;
  /** nginx's main file; `null` when the tree has none. */
  readonly nginx: string | null;
  /** Files with servers or locations next to the main file, or instead of it; those that it includes are read there. */
  readonly fragments: readonly string[];
  /** Main files of php-fpm masters. */
  readonly fpm: readonly string[];
  /** Pool files, one list for each directory that a master would include; those that a main file brings are read there. */
  readonly pools: readonly (readonly string[])[];
  /**
   * Files of either half that nothing in the tree is known to include: samples, sites that are only available,
   * pools in directories of other names. They count where what would include them finds nothing else, and what
   * rests on them is not certain. Absent: none.
   */
  readonly aside?: readonly AsideFile[];
  /** Containers of the tree have other files for nginx than these, so that nothing is certain. Absent: they have not. */
  readonly atRest?: boolean;
  /** What this process could not read or look into while it searched. Absent: nothing. */
  readonly unread?: readonly UnreadPath[];
  /** nginx's half is the output of `nginx -T`: every file that it read is there. Absent: it is not. */
  readonly dumped?: boolean;
  /** As a text of `nginx -V` among its files says. Absent: there is none. */
  readonly nginxVersion?: string;
  /** The container that nginx's half runs in. Absent: it is no container, or nothing describes it. */
  readonly container?: ContainerFacts;
  /** Other machines (containers) in which PHP-FPM runs. Absent: none. */
  readonly machines?: readonly MachineSpec[];
  /** What nginx may call the containers of its project, in lower case, whatever runs in them. Absent: unknown. */
  readonly neighbours?: ReadonlySet<string>;
  /** A command line of the tree starts PHP-FPM with `-R`, and it is unknown for which of its pools. */
  readonly allowsRoot?: boolean;
  /** The same of a script of the tree, or a file of supervisord, which are read when this is asked. Absent: no. */
  readonly scriptAllowsRoot?: () => boolean;
}

/** A machine beside that of nginx. */
export interface MachineSpec extends Pick<HostSpec, "fpm" | "pools"> {
  /** What nginx may call it, in lower case; `null`: unknown. */
  readonly names: readonly string[] | null;
  /** Absent: the port that nginx names is that of the machine. */
  readonly portBehind?: PortBehind;
  /** It shares 127.0.0.1 with nginx. */
  readonly sharesNetwork: boolean;
  readonly fs: HostFilesystem;
  /** `null`: nothing describes it. */
  readonly facts: ContainerFacts | null;
}

/** The port of a machine behind a port of one of its names; `null`: there is none, or nothing tells which. */
export type PortBehind = (name: string, port: number) => number | null;

/** What the files that describe a container say of it. */
export interface ContainerFacts {
  /** For reports: `service php`. */
  readonly label: string;
  /** `php:8.3-fpm`; `null`: unknown. */
  readonly image: string | null;
  /** Surely nothing but nginx listens in it, nor in another container that shares its network. */
  readonly alone: boolean;
  /** Its command starts PHP-FPM, and no other program beside it. */
  readonly onlyFpm: boolean;
  /** Its image is built from a Dockerfile of the tree. */
  readonly builtHere: boolean;
  /** As the tag of the image says; `null`: it does not. */
  readonly phpVersion: string | null;
  readonly nginxVersion: string | null;
  /** Its command line has `-R`. */
  readonly allowsRoot: boolean;
  /** Its users and groups; `null`: unknown, or what is done to its image may change them. */
  readonly accounts: ContainerAccounts | null;
  /** Something says that it is not root who starts its daemon: `user:`, `USER`, `runAsUser`. */
  readonly ownUser: boolean;
  /** Paths of files that a package brings, as it was when it was read: what rests on them is not certain. */
  readonly packaged: ReadonlySet<string>;
  /** Its main file of nginx is surely that of the distribution's package, which is not in the tree. */
  readonly packagedNginx: boolean;
  /** The memory that it may use; `null`: no limit is written. */
  readonly memory: ContainerMemory | null;
  /** Where its image is named; `null`: nowhere. */
  readonly place: Place | null;
  /** The release of PHP from which on the image, whose tag fits both, leaves `listen` to files of others. `null`: none. */
  readonly listenMovedIn: string | null;
  /** The innermost mount or copy around a path of the container; `null`: there is none. */
  readonly mountOf: (path: string) => MountedAt | null;
  /** Where the container has a file or directory of the tree; `null`: nowhere. */
  readonly seenAt: (treePath: string) => MountedAt | null;
  /** Whether surely nothing is at a path of the container. */
  readonly surelyLacks: (path: string) => boolean;
  /** Whether a directory may have files that the tree does not have: of the image, of a command, of a volume. */
  readonly mayHoldMore: (directory: string) => boolean;
  /** The same text for paths of two containers that are one file of a shared volume; `null`: in no volume. */
  readonly spotOf: (path: string) => string | null;
}

/** What `etc/passwd` and `etc/group` of an image say. */
export interface ContainerAccounts {
  /** Ids of users, and those of their primary groups, by their names. */
  readonly users: ReadonlyMap<string, { readonly id: number; readonly group: number }>;
  readonly groups: ReadonlyMap<string, { readonly id: number; readonly members: readonly string[] }>;
  /** There are no others. `false`: commands that make the image may bring more. */
  readonly complete: boolean;
}

export interface MountedAt {
  /** The path in the container. */
  readonly path: string;
  /** The same in the tree; `null`: it is not in it. */
  readonly treePath: string | null;
  /** Where the mount or the copy is written. */
  readonly place: Place;
}

export interface ContainerMemory {
  readonly bytes: number;
  /** For messages: `mem_limit of service php`. */
  readonly source: string;
  readonly place: Place;
}

export interface AsideFile {
  readonly path: string;
  readonly half: "nginx" | "fpm";
  /** Why it is not read whatever else is: the words of a report. `null`: nothing speaks against it. */
  readonly reason: string | null;
}

export interface UnreadPath {
  /** As reports print it. */
  readonly file: string;
  /** Absent: the whole file or directory. */
  readonly line?: number;
  readonly reason: string;
  /** Nothing that the daemons read can be hidden there: it is reported, and changes no exit status. Absent: `false`. */
  readonly expected?: boolean;
}

/** Whether configuration may be hidden in what was not read. */
export function mayHide(unread: readonly UnreadPath[]): boolean {
  return unread.some(({ expected }) => expected !== true);
}

/** Whether there is neither anything to read for it nor anything that could not be read. */
export function isEmptySpec(spec: HostSpec): boolean {
  return (spec.unread ?? []).every(({ expected }) => expected === true) && hasNoFiles(spec);
}

/** Whether no configuration was found for it. */
function hasNoFiles(spec: HostSpec): boolean {
  return (
    spec.nginx === null &&
    spec.fragments.length === 0 &&
    spec.fpm.length === 0 &&
    spec.pools.length === 0 &&
    (spec.machines ?? []).length === 0 &&
    (spec.aside ?? []).every(({ reason }) => reason !== null)
  );
}

/** A link on the way of a typed path: what it leads to is read, wherever it is. */
export interface TypedLink {
  /** The link, as reports print it. */
  readonly path: string;
  /** What it leads to, with all links followed, as reports print it. */
  readonly target: string;
}
