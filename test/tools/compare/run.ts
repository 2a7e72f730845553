import * as fs from "node:fs";
import { rules } from "../../../rules/index.js";
import { fixtures } from "../../build/fixtures.js";
import { daemonsAvailable, fpmCommand, limited, nginxCommand } from "../../daemons/available.js";
import { type Copy, copyFixture } from "../../daemons/bench.js";
import { type Fixture, fixturesOf } from "../../daemons/prove.js";
import { onExit } from "../../support/exit.js";
import { lintedBy } from "../../support/lint.js";
import { table } from "../measure/table.js";
import { askDaemons, askGixy } from "./ask.js";
import { call } from "./call.js";
import { type Asked, HEAD, reportedIn, rowsOf } from "./count.js";
import { type Options, readOptions } from "./options.js";

/** `npm run compare`: see README.md beside it. */

const parsed = readOptions(process.argv.slice(2));
const { reason } = daemonsAvailable();
if ("wrong" in parsed) refuse(parsed.wrong);
else if (reason !== null) refuse(`Nothing can be compared: ${reason}.`);
else await main(parsed);

function refuse(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 2;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(options: Options): Promise<void> {
  const scratch = fs.mkdtempSync("/tmp/fpmlint-compare-");
  const remove = onExit(() => fs.rmSync(scratch, { recursive: true, force: true }));
  try {
    const versions = await versionsOf(options, scratch);
    const asked: Asked[] = [];
    for (const rule of rules) {
      if (options.only !== null && !options.only.some((text) => rule.id.includes(text))) continue;
      const lint = lintedBy(rule);
      const all = fixturesOf(rule.id, fixtures()).filter(
        ({ kind, dir }) =>
          kind === "ok" || lint(dir).some((one) => one.rule === rule.id && one.severity !== "info"),
      );
      asked.push(...(await askAbout(rule.id, all, options, scratch)));
    }
    if (asked.length === 0) {
      refuse(`No rule with a warning or an error has ${options.only?.join(" or ")} in its id.`);
      return;
    }
    if (options.list) say(`${asked.map(line).join("\n")}\n`);
    say(versions);
    say(table([HEAD, ...rowsOf(asked)]));
  } finally {
    remove();
  }
}

function line({ fixture, daemons, gixy }: Asked): string {
  const plugins = [...(gixy?.all ?? [])].map((one) => (gixy?.fault.has(one) ? one : `(${one})`));
  return [fixture, daemons, ...plugins].join(" ");
}

/** The faulted hosts of one rule, with its healthy ones to compare what gixy says. */
async function askAbout(
  id: string,
  all: readonly Fixture[],
  { gixy }: Options,
  scratch: string,
): Promise<readonly Asked[]> {
  const bad = await copiesOf(all, "bad");
  try {
    const said = gixy === null ? null : await reportedBy(gixy, bad, scratch);
    // Where gixy says nothing there is nothing to compare.
    const speaks = gixy !== null && said?.some((one) => one.size > 0) === true;
    const ok = speaks ? await copiesOf(all, "ok") : [];
    try {
      const healthy = gixy === null ? [] : await reportedBy(gixy, ok, scratch);
      return await Promise.all(
        bad.map(([{ name }, copy], at) =>
          limited(async () => ({
            fixture: `${id}/${name}`,
            daemons: await askDaemons(copy),
            gixy: said === null ? null : reportedIn(said[at] ?? new Set(), healthy),
          })),
        ),
      );
    } finally {
      for (const [, copy] of ok) copy.remove();
    }
  } finally {
    for (const [, copy] of bad) copy.remove();
  }
}

type Copied = readonly [Fixture, Copy];

async function copiesOf(all: readonly Fixture[], kind: Fixture["kind"]): Promise<readonly Copied[]> {
  const copies: Copied[] = [];
  for (const fixture of all)
    if (fixture.kind === kind) copies.push([fixture, await copyFixture(fixture.dir)]);
  return copies;
}

/** For each copy the plugins that report something in it. */
async function reportedBy(
  gixy: string,
  copies: readonly Copied[],
  scratch: string,
): Promise<readonly ReadonlySet<string>[]> {
  const said = await askGixy(
    gixy,
    copies.map(([, copy]) => copy),
    scratch,
  );
  return copies.map(([, copy]) => said.get(copy) ?? new Set<string>());
}

async function versionsOf({ gixy }: Options, scratch: string): Promise<string> {
  const first = async (command: string | null, argument: string): Promise<string> => {
    const { out, err } = await call(command ?? "", [argument], scratch);
    return (out + err).split("\n", 1)[0] ?? "";
  };
  const both = [await first(nginxCommand, "-v"), await first(fpmCommand, "-v")];
  return [...both, gixy === null ? "gixy: not asked (--gixy COMMAND)" : await first(gixy, "--version")].join(
    "\n",
  );
}
