import type { PositionalOptions } from "yargs";
import { CAPACITY_EPILOGUE, CAPACITY_OPTIONS } from "./capacity/options.js";
import { DIAGNOSE_EPILOGUE, DIAGNOSE_OPTIONS } from "./diagnose/options.js";
import { DOCTOR_EPILOGUE, DOCTOR_OPTIONS } from "./doctor/options.js";
import { type Completes, LINT_OPTIONS, type OptionTable, RULES_OPTIONS } from "./options.js";
import { REPORT_EPILOGUE, REPORT_OPTIONS } from "./report/options.js";
import { TRACE_EPILOGUE, TRACE_OPTIONS } from "./trace/options.js";

/**
 * The commands, one row a command. What yargs is told, its help, the manual page and what shells complete
 * is all made from these rows.
 */
export interface CommandRow {
  /** The word that calls it; empty: the linter, which needs none. */
  readonly name: string;
  /** The words that it takes, as a usage line writes them: `<url> [paths..]`. */
  readonly words: string;
  /** What it does, in lower case without a full stop. */
  readonly describe: string;
  /** By the names that `words` has, in that order. */
  readonly positionals: Readonly<Record<string, PositionalRow>>;
  /** Without those of every command. */
  readonly options: OptionTable;
  /** What its help ends with: paragraphs, of which one may begin with `Examples:`. Empty: nothing. */
  readonly epilogue: string;
}

/** What yargs is told of a word, and what a shell offers for it. Absent: its choices, or nothing. */
export type PositionalRow = PositionalOptions & { readonly completes?: Completes | "topic" };

/** What fpmlint is for, as the first line of the help. */
export const PURPOSE = "fpmlint checks nginx and PHP-FPM configuration against each other.";

const EPILOGUE = `Examples:
  fpmlint /etc                        this server
  fpmlint                             every host below the working directory
  fpmlint etc/nginx/sites-enabled     the whole host, findings that touch these files
  fpmlint --quiet --fail-on error .   one line per finding, for CI
  fpmlint --changed origin/main       what this branch is about, findings elsewhere not shown
  fpmlint --format json=report.json --format text /etc
  nginx -T | fpmlint - /etc           nginx's half as nginx itself reads it
  fpmlint diagnose                    why requests failed: this server's logs and configuration
  fpmlint doctor                      what the running machine needs
  fpmlint explain 502                 every cause of a 502, and how to tell them apart
  fpmlint trace http://NAME/PATH      what this request meets, line by line
  fpmlint capacity                    how many workers this server has memory for
  fpmlint report --html report.html   who talks to whom and who gives up first, as a page
  fpmlint init                        a commented fpmlint.json for this tree

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration error or
nothing to lint, 3 something could not be read, so silence proves nothing.`;

export const LINT = {
  name: "",
  words: "[paths..]",
  describe: "lint; without a path, the working directory",
  positionals: {
    paths: {
      type: "string",
      array: true,
      completes: "file",
      describe: "files or directories; DIR/etc is a host whose root is DIR; - reads the output of nginx -T",
    },
  },
  options: LINT_OPTIONS,
  epilogue: EPILOGUE,
} as const satisfies CommandRow;

export const CAPACITY = {
  name: "capacity",
  words: "[path]",
  describe: "how many workers each pool may have, from memory, workers and demand",
  positionals: {
    path: {
      type: "string",
      completes: "file",
      describe: "the files of the host, as for fpmlint itself [default: this machine]",
    },
  },
  options: CAPACITY_OPTIONS,
  epilogue: CAPACITY_EPILOGUE,
} as const satisfies CommandRow;

export const TRACE = {
  name: "trace",
  words: "<url> [paths..]",
  describe: "what one request meets: server, location, files, pool, limits, line by line",
  positionals: {
    url: {
      type: "string",
      demandOption: true,
      describe: "http://NAME/PATH, https://NAME/PATH, or a path alone, which the default server takes",
    },
    paths: {
      type: "string",
      array: true,
      completes: "file",
      describe:
        "files or directories, as for the linter; - reads the output of nginx -T [default: this machine's /etc]",
    },
  },
  options: TRACE_OPTIONS,
  epilogue: TRACE_EPILOGUE,
} as const satisfies CommandRow;

export const DIAGNOSE = {
  name: "diagnose",
  words: "[words..]",
  describe: "why requests failed: reads the logs that the configuration names, ranks the causes",
  positionals: {
    words: {
      type: "string",
      array: true,
      completes: "file",
      describe:
        "the path of the configuration, logs to read instead of those that it names, or - for lines on standard input [default: this machine]",
    },
  },
  options: DIAGNOSE_OPTIONS,
  epilogue: DIAGNOSE_EPILOGUE,
} as const satisfies CommandRow;

export const DOCTOR = {
  name: "doctor",
  words: "[path]",
  describe: "what the running machine needs: processes, sockets, rights, limits, disks against the files",
  positionals: {
    path: {
      type: "string",
      completes: "file",
      describe:
        "the configuration of this machine, or a snapshot of another one; - reads a snapshot [default: /etc]",
    },
  },
  options: DOCTOR_OPTIONS,
  epilogue: DOCTOR_EPILOGUE,
} as const satisfies CommandRow;

export const REPORT = {
  name: "report",
  words: "[paths..]",
  describe: "a picture: who talks to whom, who gives up first, how much fits; as a page, text or diagram",
  positionals: {
    paths: {
      type: "string",
      array: true,
      completes: "file",
      describe:
        "files or directories, as for the linter; - reads the output of nginx -T [default: the working directory]",
    },
  },
  options: REPORT_OPTIONS,
  epilogue: REPORT_EPILOGUE,
} as const satisfies CommandRow;

export const EXPLAIN = {
  name: "explain",
  words: "<topic..>",
  describe: "a rule's page, every cause of a 502, blank page, redirect loop …, or what a line of a log means",
  positionals: {
    topic: {
      type: "string",
      array: true,
      demandOption: true,
      completes: "topic",
      describe:
        "a rule's id, an HTTP status, what users see (blank page, downloads, redirect loop, no input file specified, file not found, access denied), a line of a log in quotes, or - for lines on standard input; after a line, the path of the configuration",
    },
  },
  options: {},
  epilogue: "",
} as const satisfies CommandRow;

export const RULES = {
  name: "rules",
  words: "",
  describe: "the catalogue of rules",
  positionals: {},
  options: RULES_OPTIONS,
  epilogue: "",
} as const satisfies CommandRow;

export const INIT = {
  name: "init",
  words: "[path]",
  describe: "write a commented fpmlint.json for a tree",
  positionals: {
    path: {
      type: "string",
      completes: "file",
      describe: "directory that it is to hold for [default: the working directory]",
    },
  },
  options: {},
  epilogue: "",
} as const satisfies CommandRow;

const COMPLETION_EPILOGUE = `Examples:
  source <(fpmlint completion bash)                                  bash, in ~/.bashrc
  fpmlint completion zsh > ~/.zfunc/_fpmlint                         zsh, in a directory of $fpath
  fpmlint completion fish > ~/.config/fish/completions/fpmlint.fish  fish`;

export const COMPLETION = {
  name: "completion",
  words: "<shell>",
  describe: "the script with which a shell completes commands, options, rules and values",
  positionals: {
    shell: {
      type: "string",
      demandOption: true,
      choices: ["bash", "zsh", "fish"],
      describe: "the shell that reads the script",
    },
  },
  options: {},
  epilogue: COMPLETION_EPILOGUE,
} as const satisfies CommandRow;

/** In the order of the help; the first is the linter. */
export const COMMANDS: readonly CommandRow[] = [
  LINT,
  DIAGNOSE,
  DOCTOR,
  CAPACITY,
  TRACE,
  REPORT,
  INIT,
  EXPLAIN,
  RULES,
  COMPLETION,
];
