/** Who else could swap a directory or a file while it is written. */

/** A directory on the way to a file, or the file itself. */
export interface Step {
  /** Absolute, without links. */
  readonly path: string;
  readonly uid: number;
  readonly gid: number;
  /** With the bits for the kind, as `stat` gives it. */
  readonly mode: number;
}

const [GROUP_WRITES, OTHERS_WRITE, STICKY] = [0o020, 0o002, 0o1000];

/**
 * Why the first unsafe directory on the way from `/` to a file is unsafe, with what to do; `null` where
 * all are safe. Each must belong to root, or to the user who runs this. Others may write in none of
 * them, unless it is sticky (then they cannot rename what is not theirs) and the next step is safe.
 * For root that includes its group, also where the bit is only the mask of an ACL. Other users share
 * their directories with a group on purpose, and often with one of their own.
 */
export function unsafeWay(directories: readonly Step[], file: Step, user: number): string | null {
  const safe = (step: Step): boolean => step.uid === 0 || step.uid === user;
  for (const [index, step] of directories.entries()) {
    if (!safe(step))
      return `${step.path} belongs to uid ${step.uid}, who could swap the file for another while it is written: run fpmlint as that user, or print the change with --diff and apply it as that user`;
    const writers = step.mode & (user === 0 ? GROUP_WRITES | OTHERS_WRITE : OTHERS_WRITE);
    const held = (step.mode & STICKY) !== 0 && safe(directories[index + 1] ?? file);
    if (writers !== 0 && !held)
      return `${step.path} is writable by ${whoWrites(step, writers)}, who could swap the file for another while it is written: take that permission away (chmod ${writers === GROUP_WRITES ? "g-w" : "go-w"}), or print the change with --diff and apply it as the owner of the file`;
  }
  return null;
}

function whoWrites({ gid }: Step, writers: number): string {
  return (writers & OTHERS_WRITE) !== 0 ? "everybody" : `its group (gid ${gid})`;
}
