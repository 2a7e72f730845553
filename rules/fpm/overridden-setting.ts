import { type Draft, defineRule } from "../../src/engine/define.js";
import { isBesideImage, isLost } from "../../src/evidence/fpm-lines.js";
import { factOf, type Section } from "../../src/fpm/settings/refused.js";
import { readBoolean, readInteger, readMode, readSeconds } from "../../src/fpm/settings/values.js";
import type { FpmMaster, Pool, Setting } from "../../src/fpm/types.js";
import { helpOf, remove } from "../../src/help/edit.js";
import { isOfImage } from "../../src/host/image-file.js";
import { directoryOf, nameOf } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { groupBy } from "../../src/source/collect.js";
import { markdown } from "../../src/source/markdown.js";

/** A section whose settings compete with each other. */
interface Place {
  readonly host: Host;
  readonly master: FpmMaster;
  /** `null`: `[global]`. */
  readonly pool: Pool | null;
  readonly settings: readonly Setting[];
}

type Case = "scalar" | "array" | "overlay";

/** Settings of php.ini for which PHP-FPM applies every line. */
const additive: ReadonlySet<string> = new Set(["extension", "disable_functions", "disable_classes"]);

export const overriddenSetting = defineRule({
  id: "fpm/overridden-setting",
  about: "master",
  alike: true,
  reads: ["directory"],
  cases: {
    scalar: {
      severity: "warning",
      symptom: null,
      summary: "a setting that is there twice with different values: the last one counts",
    },
    array: {
      severity: "warning",
      symptom: null,
      summary:
        "env, php_value or php_admin_value twice for one name with different values: the first one counts",
    },
    overlay: {
      severity: "info",
      symptom: null,
      summary: "a setting that is overridden by a file made for that",
    },
  },
  docs: {
    title: "a setting that another line overrides",
    fires: [
      markdown`
        a pool, or \`[global]\`, has one setting twice with different values, in one file or across files
      `,
    ],
    silent: [
      "the value is the same twice, or unknown",
      "every line of the setting counts (`extension`, `disable_functions`, `access.suppress_path`)",
      "the lines are in the wrong pool (see `fpm/lost-section`)",
      "the lines are in different files, and their main file is not in the tree",
    ],
    what: markdown`
      It points at the line that does not count. It is only worth knowing when the line that counts is
      in a file that is there to override (\`zz-docker.conf\`, \`zz-…\`, \`99-…\`, \`…override…\`,
      \`…local…\`, \`…custom…\`), when it overrides the official image's \`docker.conf\`, and when a file
      overrides what it included itself.
    `,
    why: markdown`
      PHP-FPM reads its files from top to bottom, in the bytewise order of their names, and continues a
      pool when its header comes again. For plain settings the last line counts. For \`env[…]\`,
      \`php_value[…]\`, \`php_flag[…]\`, \`php_admin_value[…]\` and \`php_admin_flag[…]\` the first line
      counts, because each one is put before the others and they are applied in that order: a file that
      should override them has no effect. Nothing is logged.
    `,
    instead: markdown`
      Write one line for each setting of a pool. To override a setting with brackets, put the file
      first, or remove the other line.
    `,
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  proof: {
    kind: "daemons",
    observe: {
      scalar: "value-read-otherwise",
      overlay: "value-read-otherwise",
      array: "first-value-counts",
    },
  },
  *check(master, host) {
    yield* checkPlace({ host, master, pool: null, settings: master.global });
    for (const pool of master.pools) yield* checkPlace({ host, master, pool, settings: pool.settings });
  },
});

function* checkPlace(place: Place): Generator<Draft<Case>> {
  const section: Section = place.pool === null ? "global" : "pool";
  const { pool } = place;
  const known = place.settings.filter(
    (one) =>
      one.value !== null &&
      (!isLost(one) || (pool !== null && isBesideImage(pool, one))) &&
      (one.index !== null || factOf(one.key, section)),
  );
  const plain = known.filter(({ index }) => index === null);
  const arrays = known.filter(
    ({ key, index }) => index !== null && key !== "access.suppress_path" && !additive.has(index),
  );
  for (const group of groupBy(plain, ({ key }) => key)) yield* compete(place, group, "scalar");
  for (const group of groupBy(arrays, ({ key, index }) => `${listOf(key)}[${index}]`))
    yield* compete(place, group, "array");
}

/** To PHP-FPM a flag is one of the values. */
function listOf(key: string): string {
  return key.replace(/_flag$/, "_value");
}

function* compete(
  place: Place,
  group: readonly [Setting, ...Setting[]],
  kind: "scalar" | "array",
): Generator<Draft<Case>> {
  const winner = kind === "scalar" ? (group[group.length - 1] ?? group[0]) : group[0];
  // What an image sets is there to be replaced.
  const losers = group.filter(
    (one) =>
      one !== winner && !isOfImage(one.place.span.file) && meaning(place, one) !== meaning(place, winner),
  );
  const [loser, ...others] = losers.filter((one) => compares(place, one, winner));
  if (loser === undefined) return;
  const meant = kind === "scalar" && [loser, ...others].every((one) => isMeant(one, winner));
  yield report(place, meant ? "overlay" : kind, winner, [loser, ...others]);
}

/**
 * Without a main file it is unknown in which order the files are read, or whether they are alternatives;
 * only an overlay shows it.
 */
function compares({ master }: Place, loser: Setting, winner: Setting): boolean {
  return master.main !== null || fileOf(loser) === fileOf(winner) || isMeant(loser, winner);
}

function fileOf({ place }: Setting): string {
  return place.span.file.path;
}

function isMeant(loser: Setting, winner: Setting): boolean {
  const [from, to] = [fileOf(loser), fileOf(winner)];
  if (from === to) return false;
  // The file included what it overrides, within its own section.
  const snippet = loser.place.via.some(({ file }) => file.path === to);
  if (snippet && loser.header?.span.file.path !== from) return true;
  const name = nameOf(to).replace(/\.conf$/, "");
  return (
    nameOf(from) === "docker.conf" ||
    /^(?:z+|9\d)(?:[-_.]|$)/i.test(name) ||
    /overrid|overlay|custom|local|docker/i.test(name) ||
    /overrid|overlay|custom|^local|\.local/i.test(nameOf(directoryOf(to)))
  );
}

/** The value as PHP-FPM reads it, so that two spellings of one value are equal. */
function meaning({ pool }: Place, { key, index, value }: Setting): string {
  const text = (value ?? "").replaceAll("$pool", () => pool?.name ?? "$pool");
  if (index !== null) return key !== "env" && (text === "" || text === "0") ? "0" : text;
  const read = { integer: readInteger, time: readSeconds, boolean: readBoolean };
  const type = factOf(key, pool === null ? "global" : "pool")?.type;
  if (type === "mode") return String(readMode(text));
  if (type === "enum") return text.toLowerCase();
  if (type !== "integer" && type !== "time" && type !== "boolean") return text;
  const reading = read[type](text);
  return reading.ok ? String(reading.value) : text;
}

function report(
  place: Place,
  name: Case,
  winner: Setting,
  losers: readonly [Setting, ...Setting[]],
): Draft<Case> {
  const { host } = place;
  const [loser, ...others] = losers;
  const where = place.pool === null ? "in [global]" : `in pool [${place.pool.name}]`;
  const rule = name === "array" ? "the first one counts" : "the last one counts";
  const key = keyOf(loser);
  const origin = fileOf(winner) === fileOf(loser) ? "" : ` of ${nameOf(fileOf(winner))}`;
  return {
    case: name,
    message: `${key} is set to ${shown(loser)} and ${shown(winner)} ${where}: ${rule}, ${shown(winner)}${origin}`,
    at: loser.place,
    label: "does not count",
    related: [
      { place: winner.place, message: `this one counts${keyOf(winner) === key ? "" : `: ${keyOf(winner)}`}` },
      ...others.map((one) => ({ place: one.place, message: "does not count either" })),
    ],
    effect: `PHP-FPM uses ${shown(winner)}, with no message about the other value`,
    help: helpOf(
      [
        losers.map((one) => remove(host, one.place)),
        others.length === 0 ? [remove(host, winner.place)] : null,
      ],
      name === "array" ? "to override it, a line has to be read before the other one" : null,
    ),
    names: [place.pool?.name ?? "global", key],
  };
}

function keyOf({ key, index }: Setting): string {
  return index === null ? key : `${key}[${index}]`;
}

function shown({ raw }: Setting): string {
  return raw === "" ? "an empty value" : raw;
}
