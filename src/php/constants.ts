/**
 * PHP's constants in ini values: an unquoted word that is a constant is replaced by its value.
 *
 * Only what does not change between builds has a value here. Any other word that looks like one of
 * PHP's own constants is unknown rather than text: `PHP_OS`, `M_PI`, `LOG_DEBUG`.
 */

/** Read on PHP 8.2.35; the same in 7.4.33, 8.4.27 and 8.5.7. `E_ALL` is not: 32767, and 30719 from 8.4 on. */
const values: ReadonlyMap<string, string> = new Map([
  ["E_ERROR", "1"],
  ["E_WARNING", "2"],
  ["E_PARSE", "4"],
  ["E_NOTICE", "8"],
  ["E_CORE_ERROR", "16"],
  ["E_CORE_WARNING", "32"],
  ["E_COMPILE_ERROR", "64"],
  ["E_COMPILE_WARNING", "128"],
  ["E_USER_ERROR", "256"],
  ["E_USER_WARNING", "512"],
  ["E_USER_NOTICE", "1024"],
  ["E_STRICT", "2048"],
  ["E_RECOVERABLE_ERROR", "4096"],
  ["E_DEPRECATED", "8192"],
  ["E_USER_DEPRECATED", "16384"],
  ["LC_CTYPE", "0"],
  ["LC_NUMERIC", "1"],
  ["LC_TIME", "2"],
  ["LC_COLLATE", "3"],
  ["LC_MONETARY", "4"],
  ["LC_MESSAGES", "5"],
  ["LC_ALL", "6"],
  ["INI_USER", "1"],
  ["INI_PERDIR", "2"],
  ["INI_SYSTEM", "4"],
  ["INI_ALL", "7"],
]);

/**
 * The three that PHP finds in upper and lower case. As a value they are reserved words; as an offset
 * they are these.
 */
const special: ReadonlyMap<string, string> = new Map([
  ["true", "1"],
  ["false", ""],
  ["null", ""],
]);

const families =
  /^(?:PHP|ZEND|M|LC|LOG|DATE|MB|INI|E|DEBUG|UPLOAD|PEAR|OPENSSL|CURL|CURLOPT|JSON|PREG|SORT|COUNT|ENT|FILTER|STREAM|SODIUM|CRYPT|PASSWORD|SUNFUNCS|PATHINFO|FNM|GLOB|SEEK|LOCK|FILE|EXTR|CASE|CONNECTION|CREDITS|INFO|ASSERT|DNS|PSFS|STR|MT|ARRAY|SCANDIR|LIBXML|XML|PCRE|SID|DEFAULT|DIRECTORY|PATH|HTML|INPUT|IMAGETYPE|IMG)_[A-Z0-9_]+$/;
const single: ReadonlySet<string> = new Set(["INF", "NAN", "SID"]);

/**
 * What PHP replaces an unquoted word with: its value; `null`: a constant whose value depends on the
 * build; `undefined`: not a constant, so it stays as it is.
 */
export function constantValue(word: string): string | null | undefined {
  const value = values.get(word) ?? special.get(word.toLowerCase());
  if (value !== undefined) return value;
  return single.has(word) || families.test(word) ? null : undefined;
}
