import { fpmFacts } from "../fpm/settings/facts.js";
import { factOf, type Section } from "../fpm/settings/refused.js";
import type { FpmMaster, Pool, Setting } from "../fpm/types.js";
import { unique } from "../source/collect.js";
import type { SourceFile } from "../source/file.js";
import { perKey } from "../source/memo.js";
import { nearest } from "../source/spelling.js";
import { isTemplate } from "../source/template.js";
import { looksFilledIn } from "../source/template-names.js";

/** What the rules about single lines of PHP-FPM's files share. */

export const fpmDown = "PHP-FPM does not start or reload, and every pool of this master is down";

/** A line and where PHP-FPM takes it to stand. */
export interface Line {
  readonly setting: Setting;
  readonly section: Section;
  /** `null` outside pools. */
  readonly pool: Pool | null;
}

/** Every setting of a master. Which section fragments end up in is not known where no header of their own says it. */
export function linesOf(master: FpmMaster): readonly Line[] {
  const fragment = master.main === null;
  const line = (setting: Setting, section: Section, pool: Pool | null): Line =>
    fragment && (setting.header === null || isLost(setting))
      ? { setting, section: "unknown", pool: null }
      : { setting, section, pool };
  return [
    ...master.global.map((setting) => line(setting, "global", null)),
    ...master.pools.flatMap((pool) => pool.settings.map((setting) => line(setting, "pool", pool))),
  ];
}

/** Whether the header above a line stands neither in its file nor in one that includes it: an `include` left it open. */
export function isLost({ header, place }: Setting): boolean {
  if (header === null) return false;
  const own = header.span.file.path;
  return ![place.span, ...place.via].some(({ file }) => file.path === own);
}

/** `env`, `php_value` and the like: their lines have brackets. */
export function isArrayKey(key: string): boolean {
  return fpmFacts.some((fact) => fact.name === key && fact.type === "array");
}

/** What was found, by section and name; the same slip may be in each of a hundred thousand lines. */
const meant = new Map<string, string | null>();
const MOST_REMEMBERED = 10_000;

/** The setting that a name PHP-FPM does not know most likely means. */
export function meantKey(key: string, section: Section, array: boolean): string | null {
  const asked = `${section} ${array} ${key}`;
  const known = meant.get(asked);
  if (known !== undefined) return known;
  const names = fpmFacts
    .filter((fact) => (fact.type === "array") === array)
    .filter((fact) => array || factOf(fact.name, section) !== undefined)
    .map(({ name }) => name);
  const found = nearest(key, [...new Set(names)]);
  if (meant.size >= MOST_REMEMBERED) meant.clear();
  meant.set(asked, found);
  return found;
}

/** Names of one pool for which it is looked up what they mean. */
const MOST_MISSPELT = 1000;

/** Whether a line of the pool is a misspelt `key`: then that is the cause of what its absence does. */
export function isMisspelt(pool: Pool, key: string): boolean {
  return misspeltIn(pool).has(key);
}

const misspeltIn = perKey(({ settings }: Pool): ReadonlySet<string | null> => {
  const unknown = settings.filter((one) => one.index === null && factOf(one.key, "pool") === undefined);
  // A pool of more wrong names than anybody writes has other troubles.
  const names = unique(unknown.map(({ key }) => key)).slice(0, MOST_MISSPELT);
  return new Set(names.map((key) => meantKey(key, "pool", false)));
});

/** The key as it is written: PHP-FPM's messages have it so. */
export function writtenKey({ keyPlace: { span } }: Setting): string {
  return span.file.text.slice(span.start, span.end);
}

/** Looked for once in a file, whatever the number of its settings. */
const isTemplateFile = perKey((file: SourceFile) => isTemplate(file.text));

/** Text that an installer still replaces; `raw` is what is in the file. */
export function isPlaceholder(setting: Setting): boolean {
  const { raw, place } = setting;
  return (
    looksFilledIn(raw, "fpm value") ||
    (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(raw) && !raw.startsWith("E_")) ||
    (/\$\w|\{/.test(raw) && isTemplateFile(place.span.file))
  );
}
