import { existsSync } from "node:fs";
import { resolve } from "node:path";
import yargs, { type Argv, type InferredOptionTypes } from "yargs";
import { noteReads } from "../host/door.js";
import { nearest } from "../source/spelling.js";
import { wordMap } from "../source/word-map.js";
import { version } from "../version.js";
import { capacityCommand } from "./capacity/command.js";
import { CAPACITY_OPTIONS, capacityArguments } from "./capacity/options.js";
import { withRevision } from "./changed.js";
import { explain } from "./explain.js";
import { init } from "./init.js";
import { lintCommand } from "./lint.js";
import { COMMON_OPTIONS, keepLast, LINT_OPTIONS, type OptionTable, RULES_OPTIONS } from "./options.js";
import { listRules } from "./rules.js";
import { guarded, tell } from "./streams.js";
import { traceCommand } from "./trace/command.js";
import { TRACE_EPILOGUE, TRACE_OPTIONS } from "./trace/options.js";
import { exitStatus, meantValue, UsageError } from "./usage.js";
import type { World } from "./world.js";

const EPILOGUE = `Examples:
  fpmlint /etc                        this server
  fpmlint                             every host below the working directory
  fpmlint etc/nginx/sites-enabled     the whole host, findings that touch these files
  fpmlint --quiet --fail-on error .   one line per finding, for CI
  fpmlint --changed origin/main       what this branch is about, findings elsewhere not shown
  fpmlint --format json=report.json --format text /etc
  nginx -T | fpmlint - /etc           nginx's half as nginx itself reads it
  fpmlint explain 502                 every cause of a 502, and how to tell them apart
  fpmlint trace http://NAME/PATH      what this request meets, line by line
  fpmlint capacity                    how many workers this server has memory for
  fpmlint init                        a commented fpmlint.json for this tree

Exit status: 0 nothing at or above --fail-on, 1 findings, 2 usage or configuration error or
nothing to lint, 3 something could not be read, so silence proves nothing.`;

/** yargs loses a lone `-` among other words, so it travels under a name that no path can have. */
const STANDARD_INPUT = "\0-";

/** Runs the command line; answers the exit status. */
export async function command(words: readonly string[], given: World): Promise<number> {
  const world = guarded(given);
  noteReads();
  try {
    return await parse(words, world);
  } catch (error) {
    return report(error, world);
  }
}

function report(error: unknown, world: World): number {
  const usage = error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  const lines = usage ? message.split("\n") : [`internal error, the check is incomplete: ${message}`];
  for (const line of lines) tell(world, line);
  return usage ? error.status : exitStatus.incomplete;
}

async function parse(words: readonly string[], world: World): Promise<number> {
  let status: number = exitStatus.clean;
  const cli = parser(words, world, (code) => {
    status = code;
  });
  // The callback keeps yargs from writing by itself: it would write errors and help to the wrong stream.
  await cli.parseAsync(
    withRevision(withoutEnd(words)).map((word) => (word === "-" ? STANDARD_INPUT : word)),
    {},
    (_error: unknown, _argv: unknown, output: string) => {
      if (output !== "") world.stdout.write(`${output}\n`);
    },
  );
  return status;
}

/**
 * yargs counts what comes after `--` as no argument that a command asks for, and `trace` asks for a URL. Only
 * a path can begin with a dash there, and that path has another spelling.
 */
function withoutEnd(words: readonly string[]): readonly string[] {
  const end = words[0] === "trace" ? words.indexOf("--") : -1;
  if (end === -1) return words;
  const rest = words.slice(end + 1).map((word) => (/^-./.test(word) ? `./${word}` : word));
  return [...words.slice(0, end), ...rest];
}

function parser(words: readonly string[], world: World, end: (status: number) => void) {
  const cli = yargs()
    .scriptName("fpmlint")
    .locale("en")
    .usage(
      "fpmlint checks nginx and PHP-FPM configuration against each other.\n\nUsage: $0 [paths..] [options]",
    )
    .middleware(lastOf, true)
    .options(COMMON_OPTIONS);
  return withInit(withCommands(cli, words, world, end), world)
    .version(version)
    .alias("version", "V")
    .help()
    .alias("help", "h")
    .epilogue(EPILOGUE)
    .wrap(100)
    .parserConfiguration({
      "duplicate-arguments-array": true,
      "camel-case-expansion": false,
      "parse-positional-numbers": false,
    })
    .strict()
    .exitProcess(false)
    .showHelpOnFail(false)
    .fail((message, error) => {
      // yargs raises its own errors for what it cannot parse; any other is a fault of a command.
      if (error !== undefined && error !== null && error.name !== "YError") throw error;
      throw new UsageError(usage(message ?? error?.message ?? "", words[0] ?? ""));
    });
}

function withCommands(
  cli: Argv<InferredOptionTypes<typeof COMMON_OPTIONS>>,
  words: readonly string[],
  world: World,
  end: (status: number) => void,
) {
  return cli
    .command(
      "$0 [paths..]",
      "lint; without a path, the working directory",
      (y) => y.positional("paths", PATHS).options(LINT_OPTIONS),
      (argv) =>
        end(
          lintCommand(
            {
              ...argv,
              failOn: argv["fail-on"],
              fixReview: argv["fix-review"],
              minSeverity: argv["min-severity"],
              printConfig: argv["print-config"],
              updateBaseline: argv["update-baseline"],
              nginxVersion: argv["nginx-version"],
              phpVersion: argv["php-version"],
              paths: pathsOf(argv, words, world),
            },
            world,
          ),
        ),
    )
    .command(
      "capacity [path]",
      "how many workers each pool may have, from memory, workers and demand",
      (y) => capacityArguments(y),
      (argv) => {
        const samples = argv.samples === STANDARD_INPUT ? "-" : argv.samples;
        // A path may also come after `--`.
        const paths = [argv.path ?? [], argv._.slice(1)].flat().map(dash);
        end(capacityCommand({ ...argv, samples, paths }, world));
      },
    )
    .command(
      "trace <url> [paths..]",
      "what one request meets: server, location, files, pool, limits, line by line",
      (y) =>
        y
          .positional("url", URL_WORD)
          .positional("paths", TRACE_PATHS)
          .options(TRACE_OPTIONS)
          .epilogue(TRACE_EPILOGUE),
      (argv) => {
        const paths = [...(argv.paths ?? []), ...argv._.slice(1)].map(dash);
        end(traceCommand({ ...argv, paths }, world));
      },
    )
    .command(
      "explain <topic..>",
      "a rule's page (timeout/terminate-below-read), or every cause of a 502, blank page, redirect loop …",
      (y) => y.positional("topic", TOPIC),
      (argv) => explain(argv.topic, argv.color, world),
    )
    .command(
      "rules",
      "the catalogue of rules",
      (y) => y.options(RULES_OPTIONS),
      (argv) => listRules(argv.format, world),
    );
}

function withInit<T>(cli: Argv<T>, world: World): Argv<T> {
  return cli.command(
    "init [path]",
    "write a commented fpmlint.json for a tree",
    (y) => y.positional("path", INIT_PATH),
    (argv) => init([argv.path ?? [], argv._.slice(1)].flat().map(dash), world),
  );
}

const PATHS = {
  type: "string",
  array: true,
  describe: "files or directories; DIR/etc is a host whose root is DIR; - reads the output of nginx -T",
} as const;

const URL_WORD = {
  type: "string",
  demandOption: true,
  describe: "http://NAME/PATH, https://NAME/PATH, or a path alone, which the default server takes",
} as const;

const TRACE_PATHS = {
  type: "string",
  array: true,
  describe:
    "files or directories, as for the linter; - reads the output of nginx -T [default: this machine's /etc]",
} as const;

const INIT_PATH = {
  type: "string",
  describe: "directory that it is to hold for [default: the working directory]",
} as const;

const TOPIC = {
  type: "string",
  array: true,
  demandOption: true,
  describe:
    "a rule's id, an HTTP status, or what users see: blank page, downloads, redirect loop, no input file specified, file not found, access denied",
} as const;

/** Each command's own options; those of a command without a name are the linter's. */
const TABLES: ReadonlyMap<string, OptionTable> = wordMap<OptionTable>({
  "": LINT_OPTIONS,
  capacity: CAPACITY_OPTIONS,
  explain: {},
  init: {},
  rules: RULES_OPTIONS,
  trace: TRACE_OPTIONS,
});

const COMMANDS = [...TABLES.keys()].filter((name) => name !== "");

const OPTIONS = [
  ...new Set([...TABLES.values(), COMMON_OPTIONS].flatMap((table) => Object.keys(table))),
  "version",
  "help",
];

function lastOf(argv: Record<string, unknown>): void {
  const [word] = [argv._].flat();
  const own = TABLES.get(String(word)) ?? LINT_OPTIONS;
  keepLast(argv, { ...COMMON_OPTIONS, ...own });
}

/** yargs names what it does not know; here the nearest option that it does know is added. */
function usage(message: string, first: string): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  const begun = (option: string): boolean => option.startsWith(unknown ?? "");
  const meant = unknown === undefined ? null : (nearest(unknown, OPTIONS) ?? OPTIONS.find(begun) ?? null);
  const refused = /Given: "([^"]*)", Choices: (.*)$/s.exec(message);
  const choices = [...(refused?.[2] ?? "").matchAll(/"([^"]*)"/g)].map(([, choice = ""]) => choice);
  const value = refused === null ? null : meantValue(refused[1] ?? "", choices);
  const few = message.startsWith("Not enough non-option arguments");
  const line =
    few && first === "trace"
      ? "trace needs a URL, as in: fpmlint trace http://shop.example/cart"
      : message.replace(/\n\s*/g, " ").trim();
  const suggestion = meant === null ? value : `--${meant}`;
  return `${line}${suggestion === null ? "" : `; did you mean ${suggestion}?`} (fpmlint ${COMMANDS.includes(first) ? `${first} ` : ""}--help lists the options)`;
}

function dash(word: string | number): string {
  return word === STANDARD_INPUT ? "-" : String(word);
}

/** The paths, also those after `--`. A misspelt command is not a path that is silently empty. */
function pathsOf(
  argv: { readonly paths?: readonly string[] | undefined; readonly _: readonly (string | number)[] },
  words: readonly string[],
  world: World,
): readonly string[] {
  const [first] = argv.paths ?? [];
  if (first !== undefined && first === words.find((word) => !word.startsWith("-"))) {
    const exists = existsSync(resolve(world.workingDirectory, first));
    const meant = exists || first.includes("/") ? null : nearest(first, COMMANDS);
    if (meant !== null) {
      throw new UsageError(`"${first}" is neither a command nor a path; did you mean "fpmlint ${meant}"?`);
    }
  }
  return [...(argv.paths ?? []), ...argv._].map(dash);
}
