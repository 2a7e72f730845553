/** `npm run incidents -- [--times N] [--seed N] [--kind NAME] [--logs]`: makes incidents and prints what `diagnose` says of each. */
import { parseArgs } from "node:util";
import { kinds } from "./kinds.js";
import { drawnFrom, type Played, play, whyNot } from "./play.js";

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
    logs: { type: "boolean", default: false },
  },
});

const played: Played[] = [];
const skipped = new Map(
  kinds.flatMap((kind) => (whyNot(kind) === null ? [] : [[kind, whyNot(kind)] as const])),
);
for (const [{ name }, why] of skipped) process.stdout.write(`skip ${name}: ${why}\n`);
for (const [kind, seed] of drawnFrom(Number(values.seed), Number(values.times))) {
  if (values.kind !== undefined && kind.name !== values.kind) continue;
  if (skipped.has(kind)) continue;
  const one = await play(kind, seed);
  played.push(one);
  const mark = one.right ? "ok  " : "NO  ";
  process.stdout.write(
    `${mark}${one.kind} (${one.transport}, ${one.seed}): ${one.said ?? "nothing"}${one.right ? "" : `, expected ${one.expected.join(" or ") || "nothing"}`}\n`,
  );
}
if (values.logs)
  for (const { kind, logs } of played) if (logs !== "") process.stdout.write(`\n${kind}:\n${logs}`);
const rows = kinds.map(({ name }) => {
  const own = played.filter(({ kind }) => kind === name);
  return { name, times: own.length, right: own.filter((one) => one.right).length };
});
process.stdout.write("\n| kind | incidents | right |\n| --- | ---: | ---: |\n");
for (const { name, times, right } of rows)
  if (times > 0) process.stdout.write(`| ${name} | ${times} | ${right} |\n`);
const right = played.filter((one) => one.right).length;
const lost = played.filter((one) => one.said === "cannot-tell").length;
process.stdout.write(
  `\n${played.length} incidents: the first cause is right in ${right}, cannot tell ${lost}\n`,
);
if (right * 100 < played.length * 95) process.exitCode = 1;
