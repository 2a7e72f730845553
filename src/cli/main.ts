import { readyTexts } from "./help.js";

// Whoever reads the output may stop early (`fpmlint … | head`); that is no fault to report.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") return;
  process.stderr.write(`fpmlint: standard output could not be written: ${error.code ?? error.message}\n`);
  process.exitCode = 2;
});

const words = process.argv.slice(2);
const line = words.join(" ");
// A path may be called `constructor`, which every object has.
const ready = Object.hasOwn(readyTexts, line) ? readyTexts[line] : undefined;

if (ready !== undefined) {
  process.stdout.write(ready);
} else {
  // Never process.exit(): it cuts what is still on its way into a pipe.
  process.exitCode = hasWorkingDirectory() ? await work() : 2;
}

async function work(): Promise<number> {
  // Only now: loading yargs and the rules costs as much as starting Node.
  const { run } = await import("./run.js");
  return run(words);
}

/** A shell can stand in a directory that was removed, where Node and yargs only throw. */
function hasWorkingDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    process.stderr.write("fpmlint: the working directory does not exist any more\n");
    return false;
  }
}
