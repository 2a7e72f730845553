/** `npm run examinations -- [--times N] [--seed N] [--kind NAME] [--show] [--shell SH]`: makes things wrong and prints what `doctor` says. */
import { parseArgs } from "node:util";
import { doctorText } from "../../../src/report/doctor/text.js";
import { type Examination, examinationsFrom, examinePair } from "./doctor-play.js";
import { lacks } from "./needs.js";

const { values } = parseArgs({
  options: {
    times: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    kind: { type: "string" },
    shell: { type: "string" },
    show: { type: "boolean", default: false },
  },
});

/** Only who connects can tell, and the shell does not. */
const ASKED = ["reality/answers", "reality/pages"];

const all: Examination[] = [];
for (const [kind, seed] of examinationsFrom(Number(values.seed), Number(values.times))) {
  if (values.kind !== undefined && kind.name !== values.kind) continue;
  const lacking = kind.needs === undefined ? null : lacks(kind.needs);
  if (lacking !== null) {
    process.stdout.write(`skip ${kind.name}: ${lacking}\n`);
    continue;
  }
  const isLive = kind.live === true || ASKED.includes(kind.expected[0] ?? "");
  if (values.shell !== undefined && isLive) continue;
  const one = await examinePair(kind, seed, values.shell ?? null);
  all.push(one);
  const said = one.failed.join(", ") || "nothing";
  const wanted = one.right ? "" : `, expected ${one.expected.join(" or ") || "nothing"}`;
  process.stdout.write(
    `${one.right ? "ok  " : "NO  "}${one.kind} (${one.transport}, ${seed}${one.status === null ? "" : `, ${one.status}`}): ${said}${wanted}\n`,
  );
  if (values.show)
    process.stdout.write(doctorText(one.examined, { color: false, unicode: true, width: 100, quiet: false }));
}
const right = all.filter((one) => one.right).length;
process.stdout.write(`${all.length} examinations: right in ${right}\n`);
if (right * 100 < all.length * 95) process.exitCode = 1;
