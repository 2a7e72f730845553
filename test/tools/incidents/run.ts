/** `npm run incidents -- [--times N] [--seed N] [--kind NAME]`: makes incidents and prints what `diagnose` says of each. */
import { parseArgs } from "node:util";
import { drawnFrom, type Played, play } from "./play.js";

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "4" },
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
  },
});

const played: Played[] = [];
for (const [kind, seed] of drawnFrom(Number(values.seed), Number(values.times))) {
  if (values.kind !== undefined && kind.name !== values.kind) continue;
  const one = await play(kind, seed);
  played.push(one);
  const mark = one.right ? "ok  " : "NO  ";
  process.stdout.write(
    `${mark}${one.kind} (${one.transport}, ${one.seed}): ${one.said ?? "nothing"}${one.right ? "" : `, expected ${one.expected.join(" or ") || "nothing"}`}\n`,
  );
}
const right = played.filter((one) => one.right).length;
const lost = played.filter((one) => one.said === "cannot-tell").length;
process.stdout.write(
  `${played.length} incidents: the first cause is right in ${right}, cannot tell ${lost}\n`,
);
if (right * 100 < played.length * 95) process.exitCode = 1;
