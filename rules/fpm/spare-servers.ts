import { defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { RelatedReport } from "../../src/engine/rule.js";
import { fpmDown, isMisspelt } from "../../src/evidence/fpm-lines.js";
import { integer, seconds, setting } from "../../src/fpm/pools.js";
import { readProcessManager } from "../../src/fpm/settings/values.js";
import type { Pool } from "../../src/fpm/types.js";
import { acceptedCounts, type WantedCounts } from "../../src/help/counts.js";
import { helpOf, remove } from "../../src/help/edit.js";
import type { Host } from "../../src/model/host.js";
import type { Effective } from "../../src/source/effective.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A count as FPM has it: if it is not set, 0 or FPM's default. */
interface Count {
  readonly key: string;
  readonly value: number;
  /** `false`: no line sets it, and `place` is the header of the section. */
  readonly set: boolean;
  readonly place: Place;
}

interface Refusal {
  readonly case: Case;
  readonly message: string;
  readonly label: string | null;
  readonly at: Count;
  readonly others: readonly Count[];
}

const start = (log: string) => ({ when: "start", status: null, log }) as const;

type Case =
  | "pm-missing"
  | "max-children"
  | "spare-not-positive"
  | "spare-above-max-children"
  | "spare-order"
  | "start-servers"
  | "spawn-rate"
  | "idle-timeout";

export const spareServers = defineRule({
  id: "fpm/spare-servers",
  about: "pool",
  alike: true,
  cases: {
    "pm-missing": {
      severity: "error",
      symptom: start("the process manager is missing (static, dynamic or ondemand)"),
      summary: "a pool without pm",
    },
    "max-children": {
      severity: "error",
      symptom: start("pm.max_children must be a positive value"),
      summary: "a pool without pm.max_children, or with less than 1",
    },
    "spare-not-positive": {
      severity: "error",
      symptom: start("must be a positive value"),
      summary: "pm = dynamic without pm.min_spare_servers or pm.max_spare_servers, or with less than 1",
    },
    "spare-above-max-children": {
      severity: "error",
      symptom: start("cannot be greater than pm.max_children"),
      summary: "pm.min_spare_servers or pm.max_spare_servers above pm.max_children",
    },
    "spare-order": {
      severity: "error",
      symptom: start("must not be less than pm.min_spare_servers"),
      summary: "pm.max_spare_servers below pm.min_spare_servers",
    },
    "start-servers": {
      severity: "error",
      symptom: start("and not greater than pm.max_spare_servers"),
      summary: "pm.start_servers outside pm.min_spare_servers to pm.max_spare_servers",
    },
    "spawn-rate": {
      severity: "error",
      symptom: start("pm.max_spawn_rate must be a positive value"),
      summary: "pm.max_spawn_rate below 1 with pm = dynamic",
    },
    "idle-timeout": {
      severity: "error",
      symptom: start("must be greater than 0s"),
      summary: "pm.process_idle_timeout of 0 or less with pm = ondemand",
    },
  },
  docs: {
    title: "worker counts of a pool contradict each other",
    fires: [
      "`pm` or `pm.max_children` is missing",
      markdown`
        \`pm\` is \`dynamic\`, and not 1 ≤ \`pm.min_spare_servers\` ≤ \`pm.max_spare_servers\` ≤
        \`pm.max_children\`, or \`pm.start_servers\` is not between the two spare counts
      `,
      "`pm` is `ondemand`, and `pm.process_idle_timeout` is not above 0",
    ],
    silent: [
      "this `pm` ignores the setting",
      "`pm.start_servers` is 0 or less (PHP-FPM then computes one)",
      "a value or a part of the pool is unknown",
    ],
    what: "It reports the first check that PHP-FPM fails, one per pool.",
    why: markdown`
      PHP-FPM checks the counts when it reads its files, and does not start or reload when one check
      fails, so every site of that master is down until the file is fixed.
    `,
    instead: markdown`
      With \`pm = dynamic\` write all four counts in this order: \`pm.min_spare_servers\` ≤
      \`pm.start_servers\` ≤ \`pm.max_spare_servers\` ≤ \`pm.max_children\`. With \`static\` only
      \`pm.max_children\` counts.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php#pm"],
    twins: { bad: "bad-start-above-max-spare", ok: "ok-start-between" },
  },
  *check(pool, host) {
    const found = refused(pool);
    if (found === null || isOverlay(host, pool, found)) return;
    const unset = [found.at, ...found.others].filter(({ set }) => !set);
    // A misspelt name is the cause, and fpm/unknown-setting reports it.
    if (unset.some(({ key }) => isMisspelt(pool, key))) return;
    const certain = host.whole || unset.length === 0;
    yield {
      case: found.case,
      settle: certain
        ? null
        : `The other files that this PHP-FPM reads would settle it: one of them may set ${unset.map(({ key }) => key).join(" or ")}.`,
      message: found.message,
      at: found.at.place,
      label: found.label,
      related: found.others.map(shownSetting),
      effect: fpmDown,
      help: help(host, pool, found),
      names: [pool.name],
    };
  },
});

/** Unless the host is whole, a pool without `listen` has another half, and so may its counts. */
function isOverlay(host: Host, pool: Pool, { at, others }: Refusal): boolean {
  const restsOnAbsence = [at, ...others].some(({ set }) => !set);
  return restsOnAbsence && !host.whole && setting(pool, "listen").kind !== "set";
}

function shownSetting({ key, value, set, place }: Count): RelatedReport {
  return { place, message: set ? `${key} is ${value}` : `${key} is not set here` };
}

/** `null`: unknown. Without a line and without a default, FPM counts it as 0. */
function count(pool: Pool, key: string, read: typeof integer = integer): Count | null {
  const found: Effective<number | null> = read(pool, key);
  if (found.kind === "unknown") return null;
  const place = found.kind === "set" ? found.place : (found.where ?? pool.section);
  return { key, value: found.value ?? 0, set: found.kind === "set", place };
}

/** In the order of FPM's checks (fpm_conf_process_all_pools); each relies on those before it. */
function refused(pool: Pool): Refusal | null {
  const pm = setting(pool, "pm");
  if (pm.kind === "unknown") return null;
  if (pm.value === null) return missingManager(pool);
  const reading = readProcessManager(pm.value);
  const children = count(pool, "pm.max_children");
  if (!reading.ok || children === null) return null;
  if (children.value < 1) return tooLow("max-children", pool, children);
  if (reading.value === "dynamic") return refusedDynamic(pool, children);
  const idle = reading.value === "ondemand" ? count(pool, "pm.process_idle_timeout", seconds) : null;
  return idle === null || idle.value >= 1 ? null : idleTimeout(pool, idle);
}

function refusedDynamic(pool: Pool, children: Count): Refusal | null {
  const least = count(pool, "pm.min_spare_servers");
  if (least === null) return null;
  const most = count(pool, "pm.max_spare_servers");
  if (least.value < 1) return tooLow("spare-not-positive", pool, least);
  if (most === null) return null;
  if (most.value < 1) return tooLow("spare-not-positive", pool, most);
  const larger = least.value > most.value ? least : most;
  if (larger.value > children.value) {
    return {
      case: "spare-above-max-children",
      at: larger,
      others: [children],
      message: `${larger.key} is ${larger.value}, above pm.max_children, which is ${children.value}, in pool [${pool.name}]`,
      label: "more idle workers than the pool may have",
    };
  }
  if (most.value < least.value) {
    return {
      case: "spare-order",
      at: most,
      others: [least],
      message: `pm.max_spare_servers is ${most.value}, below pm.min_spare_servers, which is ${least.value}, in pool [${pool.name}]`,
      label: "less than pm.min_spare_servers",
    };
  }
  return startServers(pool, least, most) ?? spawnRate(pool);
}

function startServers(pool: Pool, least: Count, most: Count): Refusal | null {
  const begin = count(pool, "pm.start_servers");
  // To FPM 0 and less mean "not set": it then uses the middle of the two spare counts.
  if (begin === null || begin.value <= 0) return null;
  if (begin.value >= least.value && begin.value <= most.value) return null;
  return {
    case: "start-servers",
    at: begin,
    others: [least, most],
    message: `pm.start_servers is ${begin.value}, outside ${least.value} (pm.min_spare_servers) to ${most.value} (pm.max_spare_servers) in pool [${pool.name}]`,
    label: begin.value > most.value ? "above pm.max_spare_servers" : "below pm.min_spare_servers",
  };
}

function spawnRate(pool: Pool): Refusal | null {
  const rate = count(pool, "pm.max_spawn_rate");
  if (rate === null || !rate.set || rate.value >= 1) return null;
  return tooLow("spawn-rate", pool, rate);
}

function missingManager(pool: Pool): Refusal {
  return {
    case: "pm-missing",
    at: { key: "pm", value: 0, set: false, place: pool.section },
    others: [],
    message: `pool [${pool.name}] does not set pm, and PHP-FPM has no default for it`,
    label: "no pm in this pool",
  };
}

function tooLow(name: Case, pool: Pool, at: Count): Refusal {
  const value = at.set ? `${at.key} is ${at.value}` : `${at.key} is not set, which counts as 0,`;
  return {
    case: name,
    at,
    others: [],
    message: `${value} in pool [${pool.name}], and PHP-FPM needs at least 1`,
    label: at.set ? "less than 1" : `no ${at.key} in this pool`,
  };
}

function idleTimeout(pool: Pool, at: Count): Refusal {
  return {
    case: "idle-timeout",
    at,
    others: [],
    message: `pm.process_idle_timeout is ${at.value}s in pool [${pool.name}], and PHP-FPM needs at least 1s with pm = ondemand`,
    label: "an idle worker cannot end immediately",
  };
}

/**
 * Ways to a set of counts that PHP-FPM accepts as a whole: after fixing one alone, the next check may
 * fail.
 */
function help(host: Host, pool: Pool, { case: name, at, others }: Refusal): HelpDraft {
  const ways = (...wanted: readonly WantedCounts[]) => wanted.map((one) => acceptedCounts(host, pool, one));
  switch (name) {
    case "pm-missing":
      return helpOf(ways({ pm: "dynamic" }, { pm: "static" }, { pm: "ondemand" }));
    case "spare-above-max-children":
      return helpOf(ways({}, { children: at.value }));
    // PHP-FPM would accept these two numbers the other way round.
    case "spare-order":
      return helpOf(ways(...others.map(({ value }) => ({ least: at.value, most: value }))));
    case "start-servers":
    case "spawn-rate":
    case "idle-timeout":
      return helpOf([...ways({}), [remove(host, at.place)]]);
    default:
      return helpOf(ways({}));
  }
}
