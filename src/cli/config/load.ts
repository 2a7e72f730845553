import { resolve } from "node:path";
import type { Validators } from "../../engine/validate.js";
import { displayName } from "../../host/disk.js";
import type { PathConfig } from "../../policy/config.js";
import { once } from "../../source/memo.js";
import { directoryFound } from "./find.js";
import { foundConfig, namedConfig } from "./read.js";

/** What holds for each path of a command line; the same object for paths with the same file. */
export interface Configs {
  /**
   * That of the nearest `fpmlint.json` upward from the path, or of the file that `--config` names; `null`:
   * there is none. `-` counts as the working directory. Throws UsageError for a file that cannot be taken.
   */
  readonly of: (path: string) => PathConfig | null;
  /** The same for a path that nobody typed: that of the working directory comes first. */
  readonly ofUntyped: (path: string) => PathConfig | null;
}

/** `named`: the file of `--config`, which then holds for every path. Reads nothing before it is asked. */
export function configsFor(
  named: string | undefined,
  workingDirectory: string,
  validators: Validators,
): Configs {
  const read = new Map<string, PathConfig>();
  const of = (path: string): PathConfig | null => {
    if (named !== undefined)
      return once(read, "", () => namedConfig(resolve(workingDirectory, named), named, validators));
    const directory = directoryFound(path === "-" ? "." : path, workingDirectory);
    if (directory === null) return null;
    return once(read, directory, () =>
      foundConfig(directory, (file) => displayName(workingDirectory, file), validators),
    );
  };
  return { of, ofUntyped: (path) => of(".") ?? of(path) };
}
