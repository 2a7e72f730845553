import type { Rule } from "../engine/rule.js";
import type { Validators } from "../engine/validate.js";
import type { Opened } from "../host/door.js";

/** What the command sees of the world, and the rules it knows. */
export interface World {
  readonly rules: readonly Rule[];
  readonly validators: Validators;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDirectory: string;
  /** All of standard input; called at most once, and only where `-` asks for it. */
  readonly standardInput: () => Opened;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly stdout: Stream;
  readonly stderr: Stream;
  /** Called once when files were changed: an exit status that says "nothing was" would be wrong from then on. */
  readonly wrote?: () => void;
  /** Called when logs were read to their ends: what is left to do is short, however long they were. */
  readonly hasRead?: () => void;
}

export interface Stream {
  /** In UTF-8 unless an encoding is given. */
  write(text: string, encoding?: BufferEncoding): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  /** Whether it is a regular file, so that nobody is reading along. */
  readonly isFile?: boolean;
  /** Whether nothing that is written arrives any more, as where who read it has ended. */
  hasFailed?(): boolean;
}
