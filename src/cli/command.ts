import { existsSync } from "node:fs";
import { resolve } from "node:path";
import yargs from "yargs";
import { noteReads } from "../host/door.js";
import { escapeText } from "../report/terminal/escape.js";
import { nearest } from "../source/spelling.js";
import { version } from "../version.js";
import { capacityCommand } from "./capacity/command.js";
import { CAPACITY_OPTIONS, CAPACITY_SINGLES, capacityArguments } from "./capacity/options.js";
import { explain } from "./explain.js";
import { lintCommand } from "./lint.js";
import { listRules } from "./rules.js";
import { guarded } from "./streams.js";
import { exitStatus, UsageError } from "./usage.js";
import type { World } from "./world.js";

const COMMANDS = ["capacity", "explain", "rules"];

const EPILOGUE = `Examples:
  fpmlint /etc                        this server
  fpmlint                             every host below the working directory
  fpmlint etc/nginx/sites-enabled     the whole host, findings that touch these files
  fpmlint --quiet --fail-on error .   one line per finding, for CI
  fpmlint --format json=report.json --format text /etc
  nginx -T | fpmlint - /etc           nginx's half as nginx itself reads it
  fpmlint explain 502                 every cause of a 502, and how to tell it
  fpmlint capacity                    how many workers this server has memory for

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
  for (const line of lines) world.stderr.write(`fpmlint: ${escapeText(line)}\n`);
  return usage ? error.status : exitStatus.incomplete;
}

async function parse(words: readonly string[], world: World): Promise<number> {
  let status: number = exitStatus.clean;
  const cli = parser(words, world, (code) => {
    status = code;
  });
  // The callback keeps yargs from writing by itself: it would write errors and help to the wrong stream.
  await cli.parseAsync(
    words.map((word) => (word === "-" ? STANDARD_INPUT : word)),
    {},
    (_error: unknown, _argv: unknown, output: string) => {
      if (output !== "") world.stdout.write(`${output}\n`);
    },
  );
  return status;
}

function parser(words: readonly string[], world: World, end: (status: number) => void) {
  return yargs()
    .scriptName("fpmlint")
    .locale("en")
    .usage(
      "fpmlint checks nginx and PHP-FPM configuration against each other.\n\nUsage: $0 [paths..] [options]",
    )
    .middleware(lastOf, true)
    .option("color", {
      choices: ["auto", "always", "never"] as const,
      default: "auto" as const,
      describe: "colour; auto honours NO_COLOR and FORCE_COLOR",
    })
    .command(
      "$0 [paths..]",
      "lint; without a path the working directory",
      (y) =>
        y
          .positional("paths", {
            type: "string",
            array: true,
            describe:
              "files or directories; DIR/etc is a host whose root is DIR; - reads the output of nginx -T",
          })
          .option("fail-on", {
            choices: ["error", "warning", "info", "never"] as const,
            describe: "the least severity that makes the exit status 1 [default: warning]",
          })
          .option("format", {
            type: "string",
            array: true,
            nargs: 1,
            describe: "text or json; NAME=FILE writes to a file; repeatable [default: text]",
          })
          .option("quiet", { alias: "q", type: "boolean", default: false, describe: "one line per finding" })
          .option("config", {
            type: "string",
            describe: "configuration file [default: fpmlint.json here, if any]",
          })
          .option("nginx-version", {
            type: "string",
            describe:
              "the nginx that reads the files, as in 1.22.1; without it what any since 1.18.0 takes passes",
          })
          .option("php-version", {
            type: "string",
            describe: "PHP of masters whose path does not tell it, as in 8.3",
          })
          .option("ram", {
            type: "string",
            describe: "memory of the host, as in 8G; on the live host its own is known",
          }),
      (argv) =>
        end(
          lintCommand(
            {
              ...argv,
              failOn: argv["fail-on"],
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
      (argv) =>
        end(
          capacityCommand(
            {
              ...argv,
              samples: argv.samples === STANDARD_INPUT ? "-" : argv.samples,
              // Behind `--` there may be one, too.
              paths: [argv.path ?? [], argv._.slice(1)].flat().map(dash),
            },
            world,
          ),
        ),
    )
    .command(
      "explain <topic..>",
      "a rule's page (timeout/terminate-below-read), or all that is behind 502, 504, blank page …",
      (y) =>
        y.positional("topic", {
          type: "string",
          array: true,
          demandOption: true,
          describe: "a rule's id, an HTTP status, or blank page",
        }),
      (argv) => explain(argv.topic, argv.color, world),
    )
    .command(
      "rules",
      "the catalogue of rules",
      (y) =>
        y.option("format", {
          choices: ["text", "json"] as const,
          default: "text" as const,
          describe: "for people or for tools",
        }),
      (argv) => listRules(argv.format, world),
    )
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
      throw new UsageError(usage(message ?? error?.message ?? "", words[0] === "capacity"));
    });
}

const OPTIONS = [
  "fail-on",
  "format",
  "quiet",
  "config",
  "nginx-version",
  "php-version",
  "ram",
  "color",
  ...CAPACITY_OPTIONS,
  "version",
  "help",
];

/** yargs names what it does not know; the nearest thing it would have known is ours to add. */
function usage(message: string, capacity: boolean): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  const begun = (option: string): boolean => option.startsWith(unknown ?? "");
  const meant = unknown === undefined ? null : (nearest(unknown, OPTIONS) ?? OPTIONS.find(begun) ?? null);
  const line = message.replace(/\n\s*/g, " ").trim();
  return `${line}${meant === null ? "" : `; did you mean --${meant}?`} (fpmlint ${capacity ? "capacity " : ""}--help lists the options)`;
}

function dash(word: string | number): string {
  return word === STANDARD_INPUT ? "-" : String(word);
}

/** The paths, those behind `--` too. A misspelt command is not a path that is silently empty. */
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

const SINGLES = ["fail-on", "config", "nginx-version", "php-version", "color", "quiet", "q"];

/** Of an option that is given twice the last one counts, as everywhere; `--format` adds up. */
function lastOf(argv: Record<string, unknown>): void {
  for (const name of [...SINGLES, ...CAPACITY_SINGLES]) {
    const value = argv[name];
    if (Array.isArray(value)) argv[name] = value[value.length - 1];
  }
}
