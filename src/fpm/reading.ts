/** What has been read of a master so far. */
import {
  type Account,
  type Allowance,
  openAccount,
  POOL_INCLUDES,
  WILDCARD_STEPS,
} from "../host/allowance.js";
import type { HostFilesystem } from "../host/filesystem.js";
import type { Steps } from "../host/glob.js";
import type { Place, SourceFile } from "../source/file.js";
import type { Included } from "./include.js";
import type { FpmLine } from "./syntax/parse.js";
import type { FpmFault, FpmInclude, Setting } from "./types.js";

export interface Draft {
  readonly name: string;
  section: Place;
  readonly settings: Setting[];
  readonly files: Set<string>;
  partial: boolean;
}

export interface Reading {
  readonly fs: HostFilesystem;
  readonly prefix: string;
  /** What PHP-FPM was started with as `-p`; `null`: perhaps with one that is not known; `undefined`: without. */
  given: string | null | undefined;
  /** The files are those of a whole host. */
  readonly whole: boolean;
  readonly texts: Map<string, { readonly file: SourceFile; readonly lines: readonly FpmLine[] }>;
  readonly drafts: Map<string, Draft>;
  readonly global: Setting[];
  readonly faults: FpmFault[];
  readonly includes: FpmInclude[];
  /** The files are those of a PHP 5. */
  old: boolean;
  readonly oldComments: Place[];
  /** Documents of XML. */
  readonly documents: Place[];
  /** Files with a line that was refused. */
  readonly faulty: Set<string>;
  /** `null` in `[global]` and before any section. */
  current: Draft | null;
  /** The header that opened it. */
  header: Place | null;
  /** One unit: a line that was read, or a file that an include names. */
  readonly account: Account;
  /** The limit was reached: nothing more is read. */
  exhausted: boolean;
  /** Pattern of an include → what it was found to mean. */
  readonly found: Map<string, Included>;
  /** How much the wildcards of all files may cost together. */
  readonly steps: Steps;
  /** Something was not read that could have set anything anywhere. */
  incomplete: boolean;
  globalPartial: boolean;
}

export function newReading(
  fs: HostFilesystem,
  prefix: string,
  whole: boolean,
  allowance: Allowance = POOL_INCLUDES,
): Reading {
  return {
    fs,
    prefix,
    given: undefined,
    whole,
    texts: new Map(),
    drafts: new Map(),
    global: [],
    faults: [],
    includes: [],
    old: false,
    oldComments: [],
    documents: [],
    faulty: new Set(),
    current: null,
    header: null,
    account: openAccount(allowance),
    exhausted: false,
    found: new Map(),
    steps: { left: WILDCARD_STEPS },
    incomplete: false,
    globalPartial: false,
  };
}
