import { casesOf, defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { repairLine } from "../../src/fpm/syntax/repair.js";
import { helpOf, inWords, replaceLines } from "../../src/help/edit.js";
import type { Place } from "../../src/source/file.js";

type Case = "grammar" | "no-value" | "hash-setting" | "hash-array" | "hash-array-in-global" | "two-includes";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

/** What PHP-FPM prints, by which a refused line is known. */
const LOGS: Readonly<Record<Case, string>> = {
  grammar: "syntax error, unexpected",
  "no-value": "value is NULL for a ZEND_INI_PARSER_ENTRY",
  "hash-setting": "unknown entry",
  "hash-array": "unknown directive",
  "hash-array-in-global": "Array are not allowed in the global section",
  "two-includes": "two includes at the same time !",
};

const SUMMARIES: Readonly<Record<Case, string>> = {
  grammar: "a line that PHP's ini grammar refuses",
  "no-value": "a key or a # comment without =",
  "hash-setting": "a setting behind #, which is no comment to PHP-FPM",
  "hash-array": "an array setting of a pool behind #",
  "hash-array-in-global": "an array setting of [global] behind #",
  "two-includes": "a file whose lines end with CR only, so that two includes are on one line",
};

const NAMES = Object.keys(LOGS) as readonly Case[];

export const fpmSyntax = defineRule({
  id: "fpm/syntax",
  about: "host",
  cases: casesOf(LOGS, (log, name) => ({ severity: "error", symptom: start(log), summary: SUMMARIES[name] })),
  docs: {
    title: "a line that PHP-FPM cannot read",
    what: "Fires on each line that PHP-FPM refuses: a `#` comment, a key without `=`, a section header with blanks before it or without its `]`, a quote that is not closed on the same line, an operator where PHP's ini grammar takes none (`a=b`, `a(b)`, `a!b`, `~` inside a word), a reserved word as a key. Silent about `;` anywhere outside quotes, blanks before keys, CRLF, a byte order mark, and the operators that the grammar takes (`E_ALL & ~E_DEPRECATED`).",
    why: "PHP-FPM gives each physical line to PHP's ini parser and stops at the first one that is refused. It does not start or reload, and for a syntax error its message names neither the file nor the line.",
    instead:
      "Start comments with `;`. Put a value that contains `= ( ) ! ~ | & ^` in quotes, on one line. Write section headers at the start of the line.",
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php",
      "https://www.php.net/manual/en/function.parse-ini-string.php",
    ],
  },
  *check(host) {
    for (const master of host.masters) {
      for (const { place, message, log, help } of master.faults) {
        yield {
          case: NAMES.find((name) => log.includes(LOGS[name])) ?? "grammar",
          message,
          at: place,
          label: `PHP-FPM says "${log}"`,
          effect: "PHP-FPM does not start or reload, and every pool of this master is down",
          // To find a repair is to read the line again, several times; of a million lines few are listed.
          help: () => {
            const repair = edit(place);
            return repair === null ? inWords(help) : helpOf([[repair]]);
          },
          names: [log],
        };
      }
    }
  },
});

function edit({ span: { file, start } }: Place): Edit | null {
  const repair = repairLine(file, start);
  return repair === null
    ? null
    : replaceLines(file, repair.from, repair.to, ...(repair.text === null ? [] : [repair.text]));
}
