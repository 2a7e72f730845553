import type { CaseResult, Verdict } from "./case.js";
import { SYMPTOMS } from "./wanted.js";

const ROWS = ["start", ...SYMPTOMS] as const;

export function agrees({ symptom, predicted, broken }: Verdict): boolean {
  // Of a promise: whether it was given, and whether it was kept.
  return symptom === "promise" ? broken : predicted === broken;
}

export function agreement(verdicts: readonly Verdict[]): number {
  return verdicts.length === 0 ? 0 : (100 * verdicts.filter(agrees).length) / verdicts.length;
}

export function report(seed: number, results: readonly CaseResult[]): string {
  const verdicts = results.flatMap((one) => one.verdicts);
  const wrong = verdicts.filter((one) => !agrees(one));
  const skipped = results.reduce((sum, one) => sum + one.skipped.length, 0);
  const healthy = results.filter(({ faults }) => faults.length === 0).length;
  return [
    table(verdicts),
    `${results.length} hosts, ${healthy} of them without a fault put in; ${verdicts.length} verdicts, ${skipped} comparisons not made`,
    broken(verdicts),
    `agreement: ${agreement(verdicts).toFixed(2)} % of verdicts; seed ${seed}`,
    ...(wrong.length === 0
      ? []
      : ["", `${wrong.length} disagreements:`, ...wrong.map((one) => disagreement(seed, one, results))]),
    "",
  ].join("\n");
}

/** Of requests alone, without what daemons refuse at their start. */
function broken(verdicts: readonly Verdict[]): string {
  const requests = verdicts.filter(({ symptom }) => symptom !== "start" && symptom !== "promise");
  const failed = requests.filter((one) => one.broken);
  const unsaid = failed.filter((one) => !one.predicted).length;
  const share = failed.length === 0 ? "0.00" : ((100 * unsaid) / failed.length).toFixed(2);
  const alarms = verdicts.filter((one) => one.symptom !== "promise" && one.predicted && !one.broken);
  const loud = alarms.filter(({ said }) => said.some((text) => !text.startsWith("info")));
  return `${failed.length} of ${requests.length} requests broke, ${unsaid} of them unpredicted (${share} %); ${loud.length} false errors and warnings, ${alarms.length - loud.length} false infos`;
}

function table(verdicts: readonly Verdict[]): string {
  const head = ["", "predicted,", "predicted,", "not said,", "not said,", "agree"];
  const below = ["", "broken", "worked", "broken", "worked", ""];
  const rows = ROWS.map((symptom) => {
    const own = verdicts.filter((one) => one.symptom === symptom);
    const count = (predicted: boolean, broken: boolean): string =>
      String(own.filter((one) => one.predicted === predicted && one.broken === broken).length);
    return [
      symptom,
      count(true, true),
      count(true, false),
      count(false, true),
      count(false, false),
      own.length === 0 ? "" : `${agreement(own).toFixed(2)} %`,
    ];
  });
  const promises = verdicts.filter((one) => one.symptom === "promise");
  const kept = promises.filter(({ broken }) => broken).length;
  return [
    ...[head, below, ...rows].map(
      ([first = "", ...rest]) => first.padEnd(14) + rest.map((one) => one.padStart(12)).join(""),
    ),
    "",
    `promised status and log line seen: ${kept} of ${promises.length}`,
  ].join("\n");
}

function disagreement(seed: number, one: Verdict, results: readonly CaseResult[]): string {
  const faults = results.find(({ number }) => number === one.case)?.faults ?? [];
  const kind =
    one.symptom === "promise"
      ? "promised otherwise"
      : one.predicted
        ? `${one.symptom}: predicted, but it worked`
        : `${one.symptom}: broken, and not predicted`;
  return [
    "",
    `case ${one.case}, ${one.about}`,
    `  ${kind}`,
    `  faults put in: ${faults.join("; ") || "none"}`,
    ...(one.said.length === 0 ? ["  findings: none"] : one.said.map((text) => `  finding: ${text}`)),
    `  seen: ${one.saw.replaceAll("\n", "\n    ")}`,
    `  again: npm run reality -- --seed ${seed} --case ${one.case}`,
  ].join("\n");
}
