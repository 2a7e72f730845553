import type { PhpIni } from "../php/types.js";
import type { Place, SourceFile } from "../source/file.js";

/** One `key = value` line. */
export interface Setting {
  /**
   * As FPM compares it: lower case, except the array keys (`env`, `php_value` …), which are
   * case-sensitive.
   */
  readonly key: string;
  /** `X` of `env[X]`, `""` of `access.suppress_path[]`, `null` without brackets. */
  readonly index: string | null;
  /**
   * The value FPM would use: quotes removed, escapes and constants resolved, boolean words turned
   * into `1` or the empty string, `$pool` not yet replaced. `null` when it cannot be told:
   * `${NAME}`, a template placeholder.
   */
  readonly value: string | null;
  /** The text in the file between `=` and the comment, trimmed. */
  readonly raw: string;
  readonly keyPlace: Place;
  /** The value's characters; an empty value has an empty span after the `=`. */
  readonly place: Place;
  /** The section header that it is below, in whatever file FPM found that; `null` before the first header. */
  readonly header: Place | null;
}

/** A line FPM refuses. */
export interface FpmFault {
  readonly place: Place;
  /** Worked out when it is asked for: of a million such lines few are listed. */
  refusal(): FpmRefusal;
}

export interface FpmRefusal {
  /** What is wrong, lower case, in our words, with the text that causes it. */
  readonly message: string;
  /** A literal part of what FPM prints for it. */
  readonly log: string;
  /** What to write instead, one sentence or line. */
  readonly help: string;
}

/** A pool after merging every section of its name over all files. */
export interface Pool {
  /** As first written in a section header. */
  readonly name: string;
  readonly master: FpmMaster;
  /** The header of its first section, brackets included. */
  readonly section: Place;
  /** Every setting of the pool in the order in which FPM reads them, overridden ones too. */
  readonly settings: readonly Setting[];
  /**
   * `true` when something that could set more for this pool was not read: an unreadable include, a
   * syntax fault in its file, an overlay whose other half is not in the tree. Then what is not set is
   * unknown.
   */
  readonly partial: boolean;
}

/** What one `php-fpm` master reads. */
export interface FpmMaster {
  /** The main file; `null` for pool files whose main file is not in the tree. */
  readonly main: SourceFile | null;
  /**
   * The directory that relative includes, sockets and logs of pools count from; `null`: it was started with another one
   * than its files tell, and nothing says which.
   */
  readonly prefix: string | null;
  /** The same of a relative `pid` and `error_log` of `[global]`. */
  readonly state: string | null;
  /** Every file that was read for it, main first, in FPM's order. */
  readonly files: readonly SourceFile[];
  /**
   * `8.2`, from the path (`/etc/php/8.2/`, `/etc/php82/`, `/etc/opt/remi/php82/`) or from the caller;
   * `null` when unknown.
   */
  readonly phpVersion: string | null;
  /** It is a PHP 5, as the path says; which one may be unknown. */
  readonly php5: boolean;
  /** Settings of `[global]` and of lines before any section. */
  readonly global: readonly Setting[];
  /** In the order in which FPM meets them. */
  readonly pools: readonly Pool[];
  readonly faults: readonly FpmFault[];
  /** Lines that it would refuse in files that nothing is known to include: perhaps these are not its files at all. */
  readonly doubtful: readonly FpmFault[];
  /** Lines that begin with `#`, in files that a PHP 5 reads: a comment for it, and for no later version. */
  readonly oldComments: readonly Place[];
  /** Where XML begins, as PHP-FPM of PHP 5.2 reads it: nothing is read of it. */
  readonly documents: readonly Place[];
  readonly includes: readonly FpmInclude[];
  /**
   * `true` when something that could set more in `[global]`, or add pools, was not read: the main file,
   * an include, a refused line. Then what is not set in `[global]` is unknown.
   */
  readonly partial: boolean;
  readonly ini: PhpIni;
}

/** An `include =` line and what it found. */
export interface FpmInclude {
  readonly pattern: string;
  readonly place: Place;
  readonly result:
    | { readonly kind: "files"; readonly count: number }
    /** A glob without a match: FPM warns and goes on. */
    | { readonly kind: "no-match" }
    /** A literal file, or the directory of a glob, that the host does not have: FPM does not start. */
    | {
        readonly kind: "missing";
        /**
         * The link to nowhere that it finds, as reports print it; `null`: what the pattern names is not
         * there.
         */
        readonly link: string | null;
      }
    /** Something that this process could not or must not read. */
    | ({ readonly kind: "unread" } & UnreadInclude)
    /** Deeper than FPM follows, or a loop. */
    | { readonly kind: "too-deep" };
  /**
   * All that it names and that this process could not or must not read, whatever the result; that of
   * `result`, if any, is among them.
   */
  readonly unread: readonly UnreadInclude[];
}

export interface UnreadInclude {
  /** Which file or directory, as reports print it; `null`: the pattern says it. */
  readonly path: string | null;
  readonly reason: string;
  /** It is made when a container is built or started. Absent: `false`. */
  readonly made?: true;
}

export type { IniValue, PhpIni } from "../php/types.js";
