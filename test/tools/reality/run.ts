import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { daemonsAvailable } from "../../daemons/available.js";
import { onExit } from "../../support/exit.js";
import { type CaseResult, runCase } from "./case.js";
import { HELP, type Options, readOptions } from "./options.js";
import { agreement, agrees, report } from "./table.js";

/** `npm run reality`: see README.md beside it. */

const parsed = readOptions(process.argv.slice(2));
if ("help" in parsed) process.stdout.write(HELP);
else if ("wrong" in parsed) refuse(`${parsed.wrong}. See --help.`);
else {
  const { reason } = daemonsAvailable();
  if (reason === null) await main(parsed.options);
  else refuse(`Nothing can be compared: ${reason}.`);
}

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

async function main(options: Options): Promise<void> {
  process.stderr.write(`seed ${options.seed}\n`);
  const scratch = fs.mkdtempSync(join(tmpdir(), "fpmlint-reality-"));
  const remove = onExit(() => fs.rmSync(scratch, { recursive: true, force: true }));
  const failed: string[] = [];
  const results: CaseResult[] = [];
  const end = options.minutes === null ? Number.POSITIVE_INFINITY : Date.now() + options.minutes * 60_000;
  let next = options.one ?? 0;
  const last = options.one ?? options.cases - 1;
  const worker = async (): Promise<void> => {
    while (next <= last && Date.now() < end) {
      const number = next;
      next += 1;
      const result = await tried(options, number, scratch, failed);
      if (result !== null) results.push(result);
    }
  };
  try {
    await Promise.all(Array.from({ length: options.jobs }, worker));
    // Of what went wrong beside others, a busy machine may be the cause: what happens to it alone counts.
    for (const [at, { number, verdicts }] of options.jobs === 1 ? [] : results.entries()) {
      if (verdicts.every(agrees)) continue;
      const alone = await tried(options, number, scratch, failed);
      if (alone !== null) results[at] = alone;
    }
  } finally {
    remove();
  }
  results.sort((a, b) => a.number - b.number);
  process.stdout.write(report(options.seed, results));
  for (const one of failed) process.stdout.write(`${one}\n`);
  const agreed = agreement(results.flatMap((one) => one.verdicts));
  if (failed.length > 0 || agreed < options.min) process.exitCode = 1;
  // Left-over sockets and timers of requests that nobody answers are of no interest any more.
  process.exit();
}

async function tried(
  { seed, keep }: Options,
  number: number,
  scratch: string,
  failed: string[],
): Promise<CaseResult | null> {
  const dir = join(keep ?? scratch, `case-${seed}-${number}`);
  fs.rmSync(dir, { recursive: true, force: true });
  try {
    const result = await runCase(seed, number, dir);
    const wrong = result.verdicts.filter((one) => !agrees(one)).length;
    const faults = result.faults.join("; ") || "no fault";
    const verdicts = `${result.verdicts.length} verdicts${wrong === 0 ? "" : `, ${wrong} WRONG`}`;
    process.stderr.write(`case ${number}: ${verdicts} (${faults})\n`);
    return result;
  } catch (error) {
    // A host that could not be tried at all counts against the run.
    failed.push(
      `case ${number} failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return null;
  } finally {
    if (keep === null) fs.rmSync(dir, { recursive: true, force: true });
  }
}
