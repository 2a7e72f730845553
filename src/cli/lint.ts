import { parseSize } from "../capacity/size.js";
import type { LintResult } from "../engine/finding.js";
import type { Severity } from "../engine/rule.js";
import { type FailOn, fails } from "../engine/severity.js";
import type { LintOptions } from "../lint.js";
import { NGINX_VERSION } from "../nginx/facts/version.js";
import type { Baseline } from "../policy/baseline.js";
import { drawJson } from "../report/json.js";
import { githubSummary, machineFormats, type Run } from "../report/machine/index.js";
import type { Rendered } from "../report/rendered.js";
import { chooseColor, chooseUnicode } from "../report/terminal/color.js";
import { drawQuiet, drawText } from "../report/text.js";
import { decodeBytes } from "../source/bytes.js";
import { timed } from "../source/timings.js";
import { version } from "../version.js";
import { loadBaseline, sayStale, updateBaseline } from "./baseline.js";
import { sayPassed, scopeOf } from "./changed.js";
import { columnsOf } from "./columns.js";
import { configsFor } from "./config/load.js";
import { printConfig } from "./config/print.js";
import { asksFixes, type FixArguments, fixFiles, linted } from "./fixes.js";
import { isRemoved } from "./git/changes.js";
import { gitOf } from "./git/git.js";
import { refusalOf } from "./input-text.js";
import {
  LINT_FORMATS,
  type LintFormat,
  type Output,
  readOutputs,
  writeCommands,
  writeOutput,
} from "./outputs.js";
import { ruleLevels } from "./rule-levels.js";
import { fileNaming } from "./services.js";
import { refuseBareNumber } from "./sizes.js";
import { tell } from "./streams.js";
import { exitStatus, UsageError } from "./usage.js";
import type { World } from "./world.js";
import { addToSummary } from "./write/summary.js";

export interface LintArguments extends FixArguments {
  readonly paths: readonly string[];
  readonly failOn?: FailOn | undefined;
  readonly format?: readonly string[] | undefined;
  readonly infos: boolean;
  readonly minSeverity?: Severity | undefined;
  /** `ID=LEVEL`, each. */
  readonly rule?: readonly string[] | undefined;
  /** File of known findings. */
  readonly baseline?: string | undefined;
  readonly updateBaseline: boolean;
  /** As `withRevision` leaves it. */
  readonly changed?: string | undefined;
  readonly color: "auto" | "always" | "never";
  readonly config?: string | undefined;
  /** Paths for which to print what holds. */
  readonly printConfig?: readonly string[] | undefined;
  /** `1.22.1`. */
  readonly nginxVersion?: string | undefined;
  /** `8.3`. */
  readonly phpVersion?: string | undefined;
  /** `8G`. */
  readonly ram?: string | undefined;
}

/** Lints, writes every output and answers the exit status. Throws UsageError. */
export function lintCommand(args: LintArguments, world: World): number {
  if (args.printConfig !== undefined) return whatHolds(args, args.printConfig, world);
  const outputs = readOutputs(args.format ?? [], LINT_FORMATS, "github");
  const configs = configsFor(args.config, world.workingDirectory, world.validators);
  const git = gitOf(world.env);
  const scope = scopeOf(args.changed, args.paths, world.workingDirectory, git);
  const options: LintOptions = {
    paths: scope.paths,
    workingDirectory: world.workingDirectory,
    configOf: configs.of,
    levels: ruleLevels(args.rule ?? [], world.rules),
    nginxVersion: checkedNginxVersion(args.nginxVersion),
    phpVersion: checkedVersion("php-version", args.phpVersion),
    memory: checkedSize("ram", args.ram),
    ...(scope.paths.includes("-") && !asksFixes(args) ? { standardInput: dumpText(world) } : {}),
    // Node looks for the time zone when it writes the first date.
    today: () => new Date(world.now()).toISOString().slice(0, 10),
    baseline: knownFindings(args, world),
    change: scope.change,
    full: world.env.FPMLINT_FULL === "1",
    isRemoved: (path) => isRemoved(path, world.workingDirectory, git),
  };
  if (args.diff && (args.format ?? []).length > 0 && outputs.some(({ file }) => file === null))
    throw new UsageError("--diff prints only the diff: drop --format, or give it a file");
  const { result, printed } = asksFixes(args)
    ? fixFiles(args, options, world)
    : { result: withBaseline(args, options, world), printed: false };
  const failOn = args.failOn ?? null;
  const run: Run = {
    meta: { version },
    rules: world.rules,
    named: fileNaming(world.env, world.workingDirectory),
    failOn,
    now: world.now(),
  };
  let failed = false;
  for (const output of outputs.filter(({ file }) => file !== null || !printed)) {
    const { text, failures } = timed(`report: ${output.format}`, () =>
      render(result, output, args, world, run),
    );
    failed ||= failures.length > 0;
    deliver(text, output, world);
    if (output.format === "github") summarize(result, run, world);
  }
  if (failed) return exitStatus.incomplete;
  return statusOf(result, failOn);
}

/** Throws UsageError. */
function whatHolds(args: LintArguments, [path = "", second]: readonly string[], world: World): number {
  const other = second ?? args.paths[0];
  if (other !== undefined)
    throw new UsageError(`--print-config prints what holds for one path: drop ${path} or ${other}`);
  checkedNginxVersion(args.nginxVersion);
  checkedVersion("php-version", args.phpVersion);
  checkedSize("ram", args.ram);
  const typed = [
    ["failOn", "--fail-on", args.failOn],
    ["nginxVersion", "--nginx-version", args.nginxVersion],
    ["phpVersion", "--php-version", args.phpVersion],
    ["memory", "--ram", args.ram],
  ] as const;
  const values = new Map(
    typed.flatMap(([key, option, value]) =>
      value === undefined ? [] : [[key, { value, option: `${option} ${value}` }] as const],
    ),
  );
  const configs = configsFor(args.config, world.workingDirectory, world.validators);
  const options = { levels: ruleLevels(args.rule ?? [], world.rules), values };
  printConfig(path, configs, options, args.format ?? [], world);
  return exitStatus.clean;
}

function withBaseline(args: LintArguments, options: LintOptions, world: World): LintResult {
  const outcome = linted(options, world, args.quiet);
  sayPassed(outcome, options.change, world);
  const { result, stale } = outcome;
  if (args.baseline === undefined) return result;
  if (!args.updateBaseline) {
    sayStale(args.baseline, stale, world);
    return result;
  }
  updateBaseline(args.baseline, result.findings, world);
  return withoutFindings(result);
}

/** As a run with the baseline that was just written would say. */
function withoutFindings({ findings, summary }: LintResult): LintResult {
  const suppressed = summary.suppressed + findings.length;
  return { findings: [], summary: { ...summary, errors: 0, warnings: 0, infos: 0, suppressed } };
}

/** `null`: none are known, or they are to be written. Throws UsageError. */
function knownFindings(args: LintArguments, world: World): Baseline | null {
  if (args.updateBaseline) {
    if (args.baseline === undefined) throw new UsageError("--update-baseline needs --baseline FILE");
    if (args.changed !== undefined)
      throw new UsageError("--update-baseline records all findings: drop --changed");
    if (asksFixes(args))
      throw new UsageError("--update-baseline records findings: drop --fix, --fix-review and --diff");
    return null;
  }
  return args.baseline === undefined ? null : loadBaseline(args.baseline, world);
}

/** The commands of GitHub are for its runner; in everything else nothing is one. */
function deliver(text: string, { format, file }: Output<LintFormat>, world: World): void {
  const commands = format === "github";
  if (file === null) world.stdout.write(text, ...(commands ? (["utf8"] as const) : []));
  else (commands ? writeCommands : writeOutput)(file, text, world.workingDirectory);
}

/** Only where GitHub has made a file for it. */
function summarize(result: LintResult, run: Run, world: World): void {
  const path = world.env.GITHUB_STEP_SUMMARY ?? "";
  if (path === "") return;
  const problem = addToSummary(path, githubSummary(result, run));
  if (problem !== null) tell(world, `the summary of the step: ${problem}`);
}

/**
 * Throws UsageError: a fault of the command line where standard input cannot be text at all, as with a
 * file; status 3 (silence proves nothing) where it was cut off or is too large.
 */
export function dumpText(world: World): string {
  const opened = world.standardInput();
  if (opened.kind === "bytes" && opened.bytes.length > 0) return decodeBytes(opened.bytes);
  if (opened.kind === "bytes")
    throw new UsageError("standard input is empty or closed; expected the output of nginx -T");
  const typed = opened.code === "EISDIR" || opened.code === "EBADF";
  throw new UsageError(
    `standard input: ${refusalOf(opened)}`,
    typed ? exitStatus.usage : exitStatus.incomplete,
  );
}

/** `1.22.1`; throws UsageError for anything else. */
export function checkedNginxVersion(text: string | undefined): string | null {
  if (text === undefined || NGINX_VERSION.test(text)) return text ?? null;
  throw new UsageError(
    `--nginx-version ${JSON.stringify(text)} is not a version such as 1.22.1 (fpmlint --help lists the options)`,
  );
}

/** Bytes; throws UsageError for anything that is not a size. */
function checkedSize(option: string, text: string | undefined): number | null {
  if (text === undefined) return null;
  refuseBareNumber(option, text, "G");
  const bytes = parseSize(text);
  if (bytes !== null) return bytes;
  throw new UsageError(
    `--${option} ${JSON.stringify(text)} is not a size such as 8G or 512M, or a number of bytes (fpmlint --help lists the options)`,
  );
}

/** `8.3`, or `8.3.14`; throws UsageError for anything else. */
export function checkedVersion(option: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^[0-9]{1,3}\.[0-9]{1,3}(?:\.[0-9]{1,3})?$/.test(text)) return text;
  throw new UsageError(
    `--${option} ${JSON.stringify(text)} is not a version such as 8.3 (fpmlint --help lists the options)`,
  );
}

function render(
  result: LintResult,
  output: Output<LintFormat>,
  args: LintArguments,
  world: World,
  run: Run,
): Rendered {
  if (output.format === "json") return drawJson(result, { version });
  if (output.format !== "text") return machineFormats[output.format](result, run);
  if (args.quiet) {
    const { text, rest, failures } = drawQuiet(result, args.minSeverity);
    if (output.file !== null) return { text: text + rest, failures };
    world.stderr.write(rest);
    return { text, failures };
  }
  const terminal = output.file === null && world.stdout.isTTY === true;
  return drawText(result, {
    color: output.file === null && chooseColor({ flag: args.color, env: world.env, isTTY: terminal }),
    unicode: chooseUnicode(world.env),
    ...columnsOf(world, output.file),
    infos: args.infos,
    ...(args.minSeverity === undefined ? {} : { minSeverity: args.minSeverity }),
  });
}

function statusOf(result: LintResult, failOn: FailOn | null): number {
  if (result.summary.incomplete.some(({ fatal }) => fatal)) return exitStatus.incomplete;
  return result.findings.some((finding) => fails(finding, failOn)) ? exitStatus.findings : exitStatus.clean;
}
