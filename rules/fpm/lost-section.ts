import { type Draft, defineRule } from "../../src/engine/define.js";
import { isLost } from "../../src/evidence/fpm-lines.js";
import { factOf } from "../../src/fpm/settings/refused.js";
import type { Pool, Setting } from "../../src/fpm/types.js";
import { addBefore, helpOf } from "../../src/help/edit.js";
import { nameOf } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { groupBy } from "../../src/source/collect.js";
import type { Place } from "../../src/source/file.js";

interface Lost {
  readonly setting: Setting;
  readonly header: Place;
  readonly pool: Pool;
}

/** How many further lines are shown. */
const shownLines = 3;

type Case = "no-header" | "after-include";

export const lostSection = defineRule({
  id: "fpm/lost-section",
  about: "host",
  cases: {
    "no-header": {
      severity: "warning",
      symptom: null,
      summary: "a pool file without a section header, read as a part of the pool before it",
    },
    "after-include": {
      severity: "warning",
      symptom: null,
      summary: "settings behind an include, read as a part of the last included pool",
    },
  },
  docs: {
    title: "settings that land in another file's pool",
    what: "Fires on settings before the first section header of a file, and on settings behind an `include`, when the section that is open there was opened by another included file: the one that happened to be read before. One finding per file.\n\nSilent about a file that is included from within a section and has none of its own; about files without a main file in the tree, whose order is not known; about overlays that are meant to be read last (`zz-…`, `99-…`) when there is only one pool; and about names that PHP-FPM refuses there (see `fpm/unknown-setting`).",
    why: "An `include` does not begin or end a section: the last header that was read stays open, across files. Files are read in the bytewise order of their names, so a new file, or another name, gives the same lines to another pool.",
    instead:
      "Begin each file with the header of its pool. A header may stand several times: `[www]` goes on with pool www. Write `[global]` above what belongs there.",
    references: ["https://www.php.net/manual/en/install.fpm.configuration.php"],
  },
  proof: {
    kind: "daemons",
    observe: { "no-header": "setting-in-other-pool", "after-include": "setting-in-other-pool" },
  },
  *check(host) {
    const lost = host.pools.filter(({ master }) => master.main !== null).flatMap(lostIn);
    const key = ({ setting, header }: Lost) =>
      `${setting.place.span.file.path}:${header.span.file.path}:${header.span.start}`;
    for (const group of groupBy(lost, key)) yield report(host, group);
  },
});

function lostIn(pool: Pool): readonly Lost[] {
  return pool.settings.flatMap((setting) => {
    const { header, place } = setting;
    if (header === null || !isLost(setting) || isOverlay(pool, place)) return [];
    if (setting.index === null && factOf(setting.key, "pool") === undefined) return [];
    return [{ setting, header, pool }];
  });
}

/** With one pool, a file that is named to be read last can only mean that pool. */
function isOverlay(pool: Pool, { span }: Place): boolean {
  return pool.master.pools.length === 1 && /^(?:zz|9\d)/i.test(nameOf(span.file.path));
}

function report(host: Host, [first, ...others]: readonly [Lost, ...Lost[]]): Draft<Case> {
  const { setting, header, pool } = first;
  // An include in this file led to the header, so the line stands behind that include.
  const include = header.via.find(({ file }) => file.path === setting.place.span.file.path);
  const count = others.length === 0 ? setting.key : `${setting.key} and ${others.length} more`;
  const where = include === undefined ? "before any section header of this file" : "behind an include";
  return {
    case: include === undefined ? "no-header" : "after-include",
    message: `${count} ${others.length === 0 ? "stands" : "stand"} ${where}, so PHP-FPM reads it as a part of pool [${pool.name}] of ${nameOf(header.span.file.path)}`,
    at: setting.keyPlace,
    label: `belongs to pool [${pool.name}]`,
    related: [
      { place: header, message: "the section that is still open" },
      ...(include === undefined
        ? []
        : [{ place: { span: include, via: [] }, message: "opened by this include" }]),
      ...others
        .slice(0, shownLines)
        .map((one) => ({ place: one.setting.keyPlace, message: "this one, too" })),
    ],
    effect: `pool [${pool.name}] is changed, and the pool that is meant is not; the names of the files decide which pool it is`,
    help: helpOf(
      [[addBefore(host, setting.keyPlace, `[${pool.name}]`)]],
      "with the name of the pool that is meant",
    ),
    names: [pool.name, setting.key],
  };
}
