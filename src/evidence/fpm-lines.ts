import { fpmFacts } from "../fpm/settings/facts.js";
import { factOf, type Section } from "../fpm/settings/refused.js";
import type { FpmMaster, Pool, Setting } from "../fpm/types.js";
import { isOfImage } from "../host/image-file.js";
import { unique } from "../source/collect.js";
import type { SourceFile } from "../source/file.js";
import { perKey } from "../source/memo.js";
import { nearest } from "../source/spelling.js";
import { isTemplate } from "../source/template.js";
import { looksFilledIn } from "../source/template-names.js";

/** What the rules about single lines of PHP-FPM's files have in common. */

/** The effect of a line that PHP-FPM refuses. */
export const fpmDown = "PHP-FPM does not start or reload, and every pool of this master is down";

/** A line and the section in which PHP-FPM reads it. */
export interface Line {
  readonly setting: Setting;
  readonly section: Section;
  /** `null` outside pools. */
  readonly pool: Pool | null;
}

/** Every setting of a master. Without the main file it is unknown which section a line ends up in, unless its own file has the header. */
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

/** Whether the header above a line is neither in its file nor in one that includes it: an `include` left it open. */
export function isLost({ header, place }: Setting): boolean {
  if (header === null) return false;
  const own = header.span.file.path;
  return ![place.span, ...place.via].some(({ file }) => file.path === own);
}

/** Whether a line that is lost is where it is meant to be: beside the files of an image, which have one pool. */
export function isBesideImage({ master }: Pool, { header }: Setting): boolean {
  return master.pools.length === 1 && header !== null && isOfImage(header.span.file);
}

/** Whether lines of this key have brackets: `env`, `php_value` and the like. */
export function isArrayKey(key: string): boolean {
  return fpmFacts.some((fact) => fact.name === key && fact.type === "array");
}

/** What was found, by section and name: a hundred thousand lines may have the same slip. */
const meant = new Map<string, string | null>();
const MOST_REMEMBERED = 10_000;

/** The setting that is most likely meant by a name that PHP-FPM does not know; `null`: none is close. */
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

/** The meaning of more unknown names than this in one pool is not looked up. */
const MOST_MISSPELT = 1000;

/** Whether a line of the pool is a misspelt `key`: then the misspelling is the cause of what its absence does. */
export function isMisspelt(pool: Pool, key: string): boolean {
  return misspeltIn(pool).has(key);
}

const misspeltIn = perKey(({ settings }: Pool): ReadonlySet<string | null> => {
  const unknown = settings.filter((one) => one.index === null && factOf(one.key, "pool") === undefined);
  // A pool with more wrong names than anybody writes has other problems.
  const names = unique(unknown.map(({ key }) => key)).slice(0, MOST_MISSPELT);
  return new Set(names.map((key) => meantKey(key, "pool", false)));
});

/** The key as it is written, which is how PHP-FPM's messages quote it. */
export function writtenKey({ keyPlace: { span } }: Setting): string {
  return span.file.text.slice(span.start, span.end);
}

/** Looked up once for a file, however many settings it has. */
const isTemplateFile = perKey((file: SourceFile) => isTemplate(file.text));

/** Whether an installer still replaces the value; `raw` is the text in the file. */
export function isPlaceholder(setting: Setting): boolean {
  const { raw, place } = setting;
  return (
    looksFilledIn(raw, "fpm value") ||
    (/^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+$/.test(raw) && !raw.startsWith("E_")) ||
    (/\$\w|\{/.test(raw) && isTemplateFile(place.span.file))
  );
}
