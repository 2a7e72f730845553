import type { Place, SourceFile } from "../source/file.js";

/** `php.ini` and its scan directory as the master's workers see them. */
export interface PhpIni {
  /** Empty when no `php.ini` belongs to this master in the tree. */
  readonly files: readonly SourceFile[];
  /** Last one of each key wins; keys are case-sensitive as in PHP. */
  readonly values: ReadonlyMap<string, IniValue>;
  /** `true` when a file of them was there and could not be read to its end. Then what is not set is unknown. */
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
  /** `null` when it cannot be told (`${NAME}`, a placeholder). */
  readonly value: string | null;
  readonly place: Place;
}
