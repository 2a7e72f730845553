import type { Place, SourceFile } from "../source/file.js";

/** `php.ini` and its scan directory as the master's workers see them. */
export interface PhpIni {
  /** Empty: the tree has no `php.ini` for this master. */
  readonly files: readonly SourceFile[];
  /** The last line of each key wins; keys are case-sensitive as in PHP. */
  readonly values: ReadonlyMap<string, IniValue>;
  /** One of these files could not be read to its end, so a setting that was not found is unknown. */
  readonly partial: boolean;
  /** What makes it partial. */
  readonly unread: readonly UnreadIni[];
}

export interface UnreadIni {
  /** As reports print it. */
  readonly file: string;
  readonly reason: string;
  /** `true`: PHP itself stops there or the file is a template; `false`: this process could not read it. */
  readonly expected: boolean;
}

export interface IniValue {
  /** `null`: unknown (`${NAME}`, a placeholder). */
  readonly value: string | null;
  readonly place: Place;
}
