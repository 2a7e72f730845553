import * as fs from "node:fs";
import { type Judged, runBatch, startRun } from "./batch.js";

/** `npm run requests -- --count N --seed S`: random requests to random servers, against the model. */

const argument = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`);
  return at === -1 ? usual : Number(process.argv[at + 1]);
};

const count = argument("count", 2000);
const seed = argument("seed", 20_261_121);
const only = argument("batch", -1);
const keep = process.argv.includes("--keep");
const show = argument("show", 20);

const top = fs.mkdtempSync("/tmp/fl-requests-");
const run = await startRun(top);
const totals = new Map<string, number>();
const outcomes = new Map<string, number>();
const reasons = new Map<string, number>();
const count1 = (map: Map<string, number>, key: string): unknown => map.set(key, (map.get(key) ?? 0) + 1);
let shown = 0;
try {
  for (let batch = Math.max(0, only), asked = 0; asked < count; batch += 1) {
    const judged = await runBatch(run, seed, batch, Math.min(400, count - asked));
    asked += judged.length;
    for (const one of judged) {
      count1(totals, one.kind);
      count1(outcomes, one.outcome);
      if (one.kind === "unknown") count1(reasons, one.why);
      if (one.kind === "wrong" && (shown += 1) <= show) tell(one);
    }
    if (only >= 0) break;
  }
} finally {
  await run.stop();
  if (!keep) fs.rmSync(top, { recursive: true, force: true });
}

function tell({ request, batch, why, text, outcome }: Judged): void {
  process.stdout.write(
    `--- batch ${batch}, ${outcome}: ${why}\n${JSON.stringify(request)}\n${short(text)}\n`,
  );
}

/** Without the parameters that nearly every location has. */
function short(text: string): string {
  return text
    .replaceAll(top, "TOP")
    .replace(
      /fastcgi_param (?:QUERY_STRING \$q|REQUEST_|CONTENT_|SCRIPT_NAME \$f|DOCUMENT_|SERVER_|HTTPS|GATEWAY|REMOTE|REDIRECT)[^;]*; ?/g,
      "",
    );
}

const sorted = (map: Map<string, number>): string =>
  [...map]
    .sort((a, b) => b[1] - a[1])
    .map(([key, times]) => `  ${times} ${key}`)
    .join("\n");
process.stdout.write(
  `outcomes\n${sorted(outcomes)}\nunknown\n${sorted(reasons)}\ntotals, seed ${seed}\n${sorted(totals)}\n`,
);
