import type { LintResult } from "../../engine/finding.js";
import { grouped } from "../../source/collect.js";
import type { Rendered } from "../rendered.js";
import { escapeText } from "../terminal/escape.js";
import type { Run } from "./common.js";

type Label = readonly [name: string, value: string];

export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly samples: readonly { readonly labels: readonly Label[]; readonly value: number }[];
}

/**
 * Metrics for the textfile collector of node_exporter. Help texts never change, and no label holds a
 * file or a line, so that the number of series stays small.
 */
export function drawPrometheus({ findings, summary }: LintResult, run: Run): Rendered {
  const one = (name: string, help: string, value: number): Metric => ({
    name,
    help,
    samples: [{ labels: [], value }],
  });
  const bySeverity = [
    ["error", summary.errors],
    ["warning", summary.warnings],
    ["info", summary.infos],
  ] as const;
  const byRule = grouped(findings.map((one) => [`${one.rule}\0${one.severity}`, one] as const));
  const metrics: readonly Metric[] = [
    one(
      "fpmlint_last_run_timestamp_seconds",
      "Unix time at which the last run ended.",
      Math.floor(run.now / 1000),
    ),
    one(
      "fpmlint_last_run_complete",
      "1 if everything could be read, 0 if something could not, so that silence proves nothing.",
      summary.incomplete.some(({ fatal }) => fatal) ? 0 : 1,
    ),
    {
      name: "fpmlint_findings",
      help: "Findings of the last run by severity.",
      samples: bySeverity.map(([severity, value]) => ({ labels: [["severity", severity]], value })),
    },
    {
      name: "fpmlint_rule_findings",
      help: "Findings of the last run by rule and severity; a rule without any has no series.",
      samples: [...byRule.keys()].sort().map((key) => {
        const [rule = "", severity = ""] = key.split("\0");
        return {
          labels: [
            ["rule", rule],
            ["severity", severity],
          ],
          value: byRule.get(key)?.length ?? 0,
        };
      }),
    },
    one("fpmlint_suppressed_findings", "Findings of the last run that were suppressed.", summary.suppressed),
    one("fpmlint_hosts", "Hosts that the last run checked.", summary.hosts),
    one("fpmlint_php_locations", "Locations that pass to PHP in the last run.", summary.locations),
    one("fpmlint_pools", "Pools of PHP-FPM in the last run.", summary.pools),
    one("fpmlint_not_checked", "Places that the last run did not check.", summary.incomplete.length),
  ];
  return { text: metricsText(metrics), failures: [] };
}

/** Without metrics that have no samples. */
export function metricsText(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ samples }) => samples.length > 0)
    .map(written)
    .join("");
}

function written({ name, help, samples }: Metric): string {
  const rows = samples.map(({ labels, value }) => {
    const pairs = labels.map(([key, text]) => `${key}="${labelText(text)}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}`;
  });
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, ...rows, ""].join("\n");
}

function labelText(text: string): string {
  return escapeText(text).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
}
