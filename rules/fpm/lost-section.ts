import { type Draft, defineRule } from "../../src/engine/define.js";
import { isBesideImage, isLost } from "../../src/evidence/fpm-lines.js";
import { factOf } from "../../src/fpm/settings/refused.js";
import type { Pool, Setting } from "../../src/fpm/types.js";
import { addBefore, helpOf } from "../../src/help/edit.js";
import { nameOf } from "../../src/host/path.js";
import type { Host } from "../../src/model/host.js";
import { groupBy } from "../../src/source/collect.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

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
  alike: true,
  cases: {
    "no-header": {
      severity: "warning",
      symptom: null,
      summary: "a pool file without a section header, which becomes part of the pool before it",
    },
    "after-include": {
      severity: "warning",
      symptom: null,
      summary: "settings after an include, which become part of the last included pool",
    },
  },
  docs: {
    title: "settings that land in another file's pool",
    fires: [
      markdown`
        settings come before the first section header of a file, or after an \`include\`, and the section
        that is open there was opened by another included file: the one that happened to be read before
      `,
    ],
    silent: [
      "the file is included from within a section and has no section of its own",
      "there is no main file in the tree, so the order of the files is unknown",
      "the file is next to those of an image, which have one pool (see `fpm/overridden-setting`)",
      "the file is an overlay that is meant to be read last (`zz-…`, `99-…`), and there is only one pool",
      "PHP-FPM refuses the name there (see `fpm/unknown-setting`)",
    ],
    what: "One finding per file.",
    why: markdown`
      An \`include\` does not begin or end a section: the last header that was read stays open, across
      files. Files are read in the bytewise order of their names, so a new file, or a new name, gives
      the same lines to another pool.
    `,
    instead: markdown`
      Begin each file with the header of its pool. A header may be there several times: \`[www]\`
      continues pool www. Write \`[global]\` above what belongs there.
    `,
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
    if (header === null || !isLost(setting) || isOverlay(pool, place) || isBesideImage(pool, setting))
      return [];
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
  // An include in this file led to the header, so the line comes after that include.
  const include = header.via.find(({ file }) => file.path === setting.place.span.file.path);
  const count = others.length === 0 ? setting.key : `${setting.key} and ${others.length} more`;
  const where = include === undefined ? "before any section header of this file" : "after an include";
  return {
    case: include === undefined ? "no-header" : "after-include",
    message: `${count} ${others.length === 0 ? "is" : "are"} ${where}, so PHP-FPM reads ${others.length === 0 ? "it" : "them"} as part of pool [${pool.name}] of ${nameOf(header.span.file.path)}`,
    at: setting.keyPlace,
    label: `belongs to pool [${pool.name}]`,
    related: [
      { place: header, message: "the section that is still open" },
      ...(include === undefined
        ? []
        : [{ place: { span: include, via: [] }, message: "opened by this include" }]),
      ...others
        .slice(0, shownLines)
        .map((one) => ({ place: one.setting.keyPlace, message: "also this one" })),
    ],
    effect: `pool [${pool.name}] is changed instead of the pool that is meant; the names of the files decide which pool that is`,
    help: helpOf(
      [[addBefore(host, setting.keyPlace, `[${pool.name}]`)]],
      "use the name of the pool that is meant",
    ),
    names: [pool.name, setting.key],
  };
}
