import yargs, { type Argv, type InferredOptionTypes } from "yargs";
import { nearest } from "../source/spelling.js";
import { wordMap } from "../source/word-map.js";
import { version } from "../version.js";
import { capacityCommand } from "./capacity/command.js";
import { withRevision } from "./changed.js";
import {
  CAPACITY,
  COMMANDS,
  COMPLETION,
  DIAGNOSE,
  DOCTOR,
  EXPLAIN,
  INIT,
  LINT,
  PURPOSE,
  REPORT,
  RULES,
  TRACE,
} from "./commands.js";
import { completion } from "./completion/completion.js";
import { diagnoseCommand } from "./diagnose/command.js";
import { doctorCommand } from "./doctor/command.js";
import { explain } from "./explain.js";
import { init } from "./init.js";
import { lintCommand } from "./lint.js";
import { lintArguments } from "./lint-words.js";
import { COMMON_OPTIONS, keepLast } from "./options.js";
import { reportCommand } from "./report/command.js";
import { listRules } from "./rules.js";
import { traceCommand } from "./trace/command.js";
import { exitStatus, meantValue, UsageError } from "./usage.js";
import type { World } from "./world.js";

const NAMES = COMMANDS.map(({ name }) => name).filter((name) => name !== "");

/** yargs loses a lone `-` among other words, so it travels under a name that no path can have. */
const STANDARD_INPUT = "\0-";

/** What runs the commands whose plain lines are read without yargs too. */
export interface Runners {
  readonly lint: typeof lintCommand;
  readonly diagnose: typeof diagnoseCommand;
}

/** Runs a command line that yargs reads; answers the exit status. Throws UsageError. */
export async function parse(
  words: readonly string[],
  world: World,
  runners: Runners = { lint: lintCommand, diagnose: diagnoseCommand },
): Promise<number> {
  let status: number = exitStatus.clean;
  const cli = parser(words, world, runners, (code) => {
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

function parser(
  words: readonly string[],
  world: World,
  { lint, diagnose }: Runners,
  end: (status: number) => void,
) {
  const cli = yargs()
    .scriptName("fpmlint")
    .locale("en")
    .usage(`${PURPOSE}\n\nUsage: $0 ${LINT.words} [options]`)
    .middleware(lastOf, true)
    .options(COMMON_OPTIONS);
  const judging = withCommands(cli, words, world, lint, end);
  const looking = withDiagnose(withDoctor(judging, world, end), world, diagnose, end);
  return withTexts(withInit(looking, world), world)
    .version(version)
    .alias("version", "V")
    .help()
    .alias("help", "h")
    .epilogue(LINT.epilogue)
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
      throw new UsageError(
        usage(message ?? error?.message ?? "", words.find((word) => NAMES.includes(word)) ?? words[0] ?? ""),
      );
    });
}

type Common = Argv<InferredOptionTypes<typeof COMMON_OPTIONS>>;

function withCommands(
  cli: Common,
  words: readonly string[],
  world: World,
  lint: Runners["lint"],
  end: (status: number) => void,
) {
  return cli
    .command(
      `$0 ${LINT.words}`,
      LINT.describe,
      (y) => y.positional("paths", LINT.positionals.paths).options(LINT.options),
      (argv) => {
        const paths = [...(argv.paths ?? []), ...argv._].map(dash);
        end(lint(lintArguments(argv, paths, words, world), world));
      },
    )
    .command(
      `${CAPACITY.name} ${CAPACITY.words}`,
      CAPACITY.describe,
      (y) =>
        y.positional("path", CAPACITY.positionals.path).options(CAPACITY.options).epilogue(CAPACITY.epilogue),
      async (argv) => {
        const samples = argv.samples === STANDARD_INPUT ? "-" : argv.samples;
        // A path may also come after `--`.
        const paths = [argv.path ?? [], argv._.slice(1)].flat().map(dash);
        end(await capacityCommand({ ...argv, samples, paths }, world));
      },
    )
    .command(
      `${TRACE.name} ${TRACE.words}`,
      TRACE.describe,
      (y) =>
        y
          .positional("url", TRACE.positionals.url)
          .positional("paths", TRACE.positionals.paths)
          .options(TRACE.options)
          .epilogue(TRACE.epilogue),
      (argv) => {
        const paths = [...(argv.paths ?? []), ...argv._.slice(1)].map(dash);
        end(traceCommand({ ...argv, paths }, world));
      },
    )
    .command(
      `${REPORT.name} ${REPORT.words}`,
      REPORT.describe,
      (y) =>
        y.positional("paths", REPORT.positionals.paths).options(REPORT.options).epilogue(REPORT.epilogue),
      (argv) => {
        const paths = [...(argv.paths ?? []), ...argv._.slice(1)].map(dash);
        end(reportCommand({ ...argv, paths }, world));
      },
    );
}

function withDiagnose(
  cli: Common,
  world: World,
  diagnose: Runners["diagnose"],
  end: (status: number) => void,
) {
  return cli.command(
    `${DIAGNOSE.name} ${DIAGNOSE.words}`,
    DIAGNOSE.describe,
    (y) =>
      y.positional("words", DIAGNOSE.positionals.words).options(DIAGNOSE.options).epilogue(DIAGNOSE.epilogue),
    async (argv) => {
      const words = [...(argv.words ?? []), ...argv._.slice(1)].map(dash);
      end(await diagnose({ ...argv, words }, world));
    },
  );
}

function withDoctor(cli: Common, world: World, end: (status: number) => void) {
  return cli.command(
    `${DOCTOR.name} ${DOCTOR.words}`,
    DOCTOR.describe,
    (y) => y.positional("path", DOCTOR.positionals.path).options(DOCTOR.options).epilogue(DOCTOR.epilogue),
    async (argv) => {
      const words = [argv.path ?? [], argv._.slice(1)].flat().map(dash);
      end(await doctorCommand({ ...argv, words }, world));
    },
  );
}

function withInit(cli: Common, world: World) {
  return cli.command(
    `${INIT.name} ${INIT.words}`,
    INIT.describe,
    (y) => y.positional("path", INIT.positionals.path),
    (argv) => init([argv.path ?? [], argv._.slice(1)].flat().map(dash), world),
  );
}

/** The commands that print texts, and read no files. */
function withTexts(cli: Common, world: World) {
  return cli
    .command(
      `${EXPLAIN.name} ${EXPLAIN.words}`,
      EXPLAIN.describe,
      (y) => y.positional("topic", EXPLAIN.positionals.topic),
      (argv) => explain([...argv.topic, ...argv._.slice(1)].map(dash), argv.color, world),
    )
    .command(
      RULES.name,
      RULES.describe,
      (y) => y.options(RULES.options),
      (argv) => listRules(argv.format, world),
    )
    .command(
      `${COMPLETION.name} ${COMPLETION.words}`,
      COMPLETION.describe,
      (y) => y.positional("shell", COMPLETION.positionals.shell).epilogue(COMPLETION.epilogue),
      (argv) => completion(argv.shell, world),
    );
}

/** The options of each command by its name, the linter's under the empty name. */
const OPTIONS = wordMap<readonly string[]>(
  Object.fromEntries(
    COMMANDS.map(({ name, options }) => [
      name,
      [...Object.keys({ ...COMMON_OPTIONS, ...options }), "version", "help"],
    ]),
  ),
);

/** What a command says that was given nothing to work on. */
const NEEDS = wordMap({
  trace: "trace needs a URL, as in: fpmlint trace http://shop.example/cart",
  explain: "explain needs a topic or a line of a log, as in: fpmlint explain 502",
  completion: "completion needs a shell, as in: fpmlint completion bash",
});

function lastOf(argv: Record<string, unknown>): void {
  const [word] = [argv._].flat();
  const own = COMMANDS.find(({ name }) => name === String(word)) ?? LINT;
  keepLast(argv, { ...COMMON_OPTIONS, ...own.options });
}

/** yargs names what it does not know; here the nearest option that it does know is added. */
function usage(message: string, first: string): string {
  const unknown = /^Unknown arguments?: ([^,]+)/.exec(message)?.[1];
  const begun = (option: string): boolean => option.startsWith(unknown ?? "");
  const options = OPTIONS.get(NAMES.includes(first) ? first : "") ?? [];
  const meant = unknown === undefined ? null : (nearest(unknown, options) ?? options.find(begun) ?? null);
  const refused = /Given: "([^"]*)", Choices: (.*)$/s.exec(message);
  const choices = [...(refused?.[2] ?? "").matchAll(/"([^"]*)"/g)].map(([, choice = ""]) => choice);
  const value = refused === null ? null : meantValue(refused[1] ?? "", choices);
  const few = message.startsWith("Not enough non-option arguments");
  const line = (few ? NEEDS.get(first) : undefined) ?? message.replace(/\n\s*/g, " ").trim();
  const suggestion = meant === null ? value : `--${meant}`;
  return `${line}${suggestion === null ? "" : `; did you mean ${suggestion}?`} (fpmlint ${NAMES.includes(first) ? `${first} ` : ""}--help lists the options)`;
}

function dash(word: string | number): string {
  return word === STANDARD_INPUT ? "-" : String(word);
}
