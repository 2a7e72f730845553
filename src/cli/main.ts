import { readyTexts } from "./help.js";
import type { run } from "./run.js";
import { modulesOf } from "./start/cache.js";
import { asUsual, endLean, leanAgain, moduleOfNode, startLean } from "./start/lean.js";
import { type Modules, type PartName, requireFrom } from "./start/parts.js";
import { writeReady } from "./start/ready.js";

/** The program, as the build puts it beside this: in a comment, or, in the binary, as what gives the parts. */
declare const body: (() => void) | Readonly<Record<PartName, () => Modules>>;
/** What tells this program from others. */
declare const digest: string;

/** Whether --write has changed files; then the exit status says so, and the output was the lesser part. */
let changed = false;
let unsaid = false;

const words = process.argv.slice(2);
const line = words.join(" ");
// A path may be called `constructor`, which every object has.
const ready = Object.hasOwn(readyTexts, line) ? readyTexts[line] : undefined;

if (ready !== undefined) writeReady(ready, watched);
else void answer();

/** Standard output, whose reader may stop early (`fpmlint … | head`), which is not an error. */
function watched(): NodeJS.WriteStream {
  return process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || unsaid) return;
    unsaid = true;
    const still = changed ? "; the files were changed all the same" : "";
    process.stderr.write(
      `fpmlint: standard output could not be written: ${error.code ?? error.message}${still}\n`,
    );
    if (!changed) process.exitCode = 2;
  });
}

async function answer(): Promise<void> {
  // Never process.exit(): it cuts what is still on its way into a pipe.
  const status = hasWorkingDirectory() ? await work() : 2;
  process.exitCode = unsaid && !changed ? 2 : status;
}

async function work(): Promise<number> {
  // The binary has Node's own code cache.
  if (typeof body === "function") startLean();
  const { run: runs } = requireFrom(part, moduleOfNode)("lint") as { readonly run: typeof run };
  return runs(words, {
    output: () => asUsual(watched),
    errors: () => asUsual(() => process.stderr),
    wrote: () => {
      changed = true;
    },
    readMuch: () => {
      endLean(words[0] === "diagnose");
    },
    hasRead: () => {
      leanAgain();
    },
  });
}

function part(name: PartName): Modules {
  if (typeof body !== "function") return body[name]();
  return modulesOf(name, () => String(body), digest, typeof __filename === "string" ? __filename : null);
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
