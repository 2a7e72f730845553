import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { shareFixtures } from "../../build/fixtures.js";
import { onExit } from "../../support/exit.js";
import { HELP, type Options, readOptions } from "./options.js";
import { Totals } from "./totals.js";
import { removeTree } from "./tree.js";
import { watched } from "./watch.js";
import { type Work, work } from "./work.js";

/** `npm run fuzz`: see README.md beside it. */

const [first, second] = process.argv.slice(2);
if (first === "--work") {
  // Written at once, so that what was said is known when the process is ended.
  await work(JSON.parse(second ?? "") as Work, (message) => fs.writeSync(1, `${JSON.stringify(message)}\n`));
} else {
  const parsed = readOptions(process.argv.slice(2));
  if ("help" in parsed) process.stdout.write(HELP);
  else if ("wrong" in parsed) {
    process.stderr.write(`${parsed.wrong}. See --help.\n`);
    process.exitCode = 2;
  } else process.exitCode = await main(parsed.options);
}

async function main({ seed, cases, one, minutes, jobs, kinds, corpus }: Options): Promise<number> {
  process.stderr.write(`seed ${seed}\n`);
  shareFixtures();
  const scratch = fs.mkdtempSync(join(tmpdir(), "fpmlint-fuzz-"));
  fs.chmodSync(scratch, 0o755);
  const remove = onExit(() => removeTree(Buffer.from(scratch)));
  const totals = new Totals(seed, kinds);
  const job = {
    ...{ seed, kinds, corpus, step: jobs },
    first: one ?? 0,
    last: one ?? (cases === null ? Number.MAX_SAFE_INTEGER : cases - 1),
    end: minutes === null ? null : Date.now() + minutes * 60_000,
  };
  try {
    const program = process.argv[1] ?? "";
    const shares = Array.from({ length: jobs }, (_, from) =>
      watched({ ...job, from, scratch: join(scratch, String(from)) }, program, (message) =>
        totals.hear(message),
      ),
    );
    await Promise.all(shares);
  } finally {
    remove();
  }
  process.stdout.write(totals.report());
  return totals.good() ? 0 : 1;
}
