import { readyTexts } from "./help.js";

/** Whether --write has changed files; then the exit status says so, and the output was the lesser part. */
let changed = false;
let unsaid = false;

// The reader of the output may stop early (`fpmlint … | head`), which is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE" || unsaid) return;
  unsaid = true;
  const still = changed ? "; the files were changed all the same" : "";
  process.stderr.write(
    `fpmlint: standard output could not be written: ${error.code ?? error.message}${still}\n`,
  );
  if (!changed) process.exitCode = 2;
});

const words = process.argv.slice(2);
const line = words.join(" ");
// A path may be called `constructor`, which every object has.
const ready = Object.hasOwn(readyTexts, line) ? readyTexts[line] : undefined;

if (ready !== undefined) process.stdout.write(ready);
else void answer();

async function answer(): Promise<void> {
  // Never process.exit(): it cuts what is still on its way into a pipe.
  const status = hasWorkingDirectory() ? await work() : 2;
  process.exitCode = unsaid && !changed ? 2 : status;
}

async function work(): Promise<number> {
  // Only now: loading yargs and the rules costs as much as starting Node.
  const { run } = await import("./run.js");
  return run(words, () => {
    changed = true;
  });
}

/** A shell can stand in a directory that was removed, where Node and yargs only throw. */
function hasWorkingDirectory(): boolean {
  try {
    process.cwd();
    return true;
  } catch {
    process.stderr.write("fpmlint: the working directory no longer exists\n");
    return false;
  }
}
