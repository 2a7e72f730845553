/** Which files make a host: what discovery found, or what `hosts` in fpmlint.json states. Paths are the host's. */
export interface HostSpec {
  /** Its name in `fpmlint.json`, else its root relative to the path that was given; `.` for the path itself. */
  readonly name: string;
  /** Absolute directory of this machine that is the host's `/`. */
  readonly root: string;
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
  /** What this process could not read or look into while it searched. Absent: nothing. */
  readonly unread?: readonly UnreadPath[];
  /** nginx's half is the output of `nginx -T`: every file that it read is there. Absent: it is not. */
  readonly dumped?: boolean;
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
