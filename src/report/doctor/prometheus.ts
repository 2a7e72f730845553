import { STATUSES } from "../../doctor/check.js";
import { type PoolFill, poolFills } from "../../doctor/fill.js";
import { showAddress } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import { type Metric, metricsText } from "../machine/prometheus.js";
import { type Examined, needsYou } from "./text.js";

/** Metrics for the textfile collector of node_exporter. A number that is not known has no series. */
export function doctorPrometheus(examined: Examined, host: Host): string {
  return metricsText([...ofChecks(examined), ...ofPools(examined, host), ...ofMachine(examined)]);
}

function metric(name: string, help: string, samples: Metric["samples"]): Metric {
  return { name: `fpmlint_doctor_${name}`, help, samples };
}

function alone(value: number): Metric["samples"] {
  return [{ labels: [], value }];
}

function ofChecks({ checked, facts }: Examined): readonly Metric[] {
  const stale = (id: string): number =>
    checked.some(({ check, status }) => check.id === id && status === "warning") ? 1 : 0;
  return [
    metric("last_run_timestamp_seconds", "Unix time of the last run.", alone(Math.floor(facts.now))),
    metric("root", "1 if root ran it, 0 if not, so that a part was not seen.", alone(facts.root ? 1 : 0)),
    metric(
      "checks",
      "Checks of the last run by status.",
      STATUSES.map((status) => ({
        labels: [["status", status]],
        value: checked.filter((row) => row.status === status).length,
      })),
    ),
    metric(
      "check_needs_you",
      "1 for each check of the last run that found something wrong; the others have no series.",
      checked.filter(needsYou).map(({ check, status }) => ({
        labels: [
          ["check", check.id],
          ["severity", status],
        ],
        value: 1,
      })),
    ),
    metric("reload_pending", "1 if files were changed and not reloaded.", [
      { labels: [["daemon", "nginx"]], value: stale("basics/nginx-reloaded") },
      { labels: [["daemon", "php-fpm"]], value: stale("basics/php-fpm-reloaded") },
    ]),
  ];
}

function ofPools({ facts }: Examined, host: Host): readonly Metric[] {
  const fills = poolFills({ host, facts });
  const byPool = (of: (fill: PoolFill) => number | null | undefined): Metric["samples"] =>
    fills.flatMap((fill) => {
      const value = of(fill);
      return value == null ? [] : [{ labels: [["pool", fill.pool.name]] as const, value }];
    });
  return [
    metric(
      "pool_max_children",
      "Workers that the pool may have.",
      byPool(({ most }) => most),
    ),
    metric(
      "pool_active_workers",
      "Workers that answer a request, as the status page says, the one that answered for it among them.",
      byPool(({ status }) => status?.active),
    ),
    metric(
      "pool_max_children_reached",
      "How often every worker was busy since the pool started.",
      byPool(({ status }) => status?.full),
    ),
  ];
}

function ofMachine({ facts }: Examined): readonly Metric[] {
  const { kills } = facts.memory;
  return [
    metric(
      "listen_queue",
      "Connections to PHP-FPM that nobody has accepted yet.",
      facts.listeners.flatMap(({ address, waiting, owners }) =>
        waiting === null || !owners.some(({ daemon }) => daemon === "php-fpm")
          ? []
          : [{ labels: [["address", showAddress(address)]] as const, value: waiting }],
      ),
    ),
    metric(
      "oom_kills",
      "Processes in the control group of PHP-FPM that the kernel killed for want of memory.",
      kills === null ? [] : alone(kills.count),
    ),
    metric(
      "certificate_expiry_timestamp_seconds",
      "Unix time at which the certificate ends.",
      facts.certificates.flatMap(({ path, to }) =>
        to === null ? [] : [{ labels: [["path", path]] as const, value: to }],
      ),
    ),
  ];
}
