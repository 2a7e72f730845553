import { casesOf, defineRule } from "../../src/engine/define.js";
import type { Edit } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { fpmDown } from "../../src/evidence/fpm-lines.js";
import { repairLine } from "../../src/fpm/syntax/repair.js";
import { helpOf, inWords, replaceLines } from "../../src/help/edit.js";
import { groupBy } from "../../src/source/collect.js";
import type { Place } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case = "grammar" | "no-value" | "hash-setting" | "hash-array" | "hash-array-in-global" | "two-includes";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

/** What PHP-FPM prints, which tells the cases apart. */
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
  "hash-setting": "a setting after #, which PHP-FPM does not read as a comment",
  "hash-array": "a setting with brackets after # in a pool",
  "hash-array-in-global": "a setting with brackets after # in [global]",
  "two-includes": "two includes on one line, because the lines of the file end with CR only",
};

const NAMES = Object.keys(LOGS) as readonly Case[];

export const fpmSyntax = defineRule({
  id: "fpm/syntax",
  about: "master",
  alike: true,
  cases: {
    ...casesOf(LOGS, (log, name) => ({
      severity: "error" as const,
      symptom: start(log),
      summary: SUMMARIES[name],
    })),
    "old-comment": {
      severity: "warning",
      symptom: null,
      summary: "a # comment in the files of a PHP 5, which is the last version that takes it",
    },
  },
  docs: {
    title: "a line that PHP-FPM cannot read",
    fires: [
      "a comment starts with `#`",
      "a comment starts with `#` in the files of a PHP 5, as their path says: a warning, once for a file",
      "a key has no `=`",
      "a section header has spaces before it, or no `]`",
      "a quote is not closed on the same line",
      markdown`
        an operator is where PHP's ini grammar has none (\`a=b\`, \`a(b)\`, \`a!b\`, \`~\` inside a word)
      `,
      "a reserved word is used as a key",
    ],
    silent: [
      "a `;` is anywhere outside quotes",
      "there are spaces before a key, CRLF, or a byte order mark",
      "the grammar accepts the operator (`E_ALL & ~E_DEPRECATED`)",
    ],
    what: "Each line that PHP-FPM refuses is a finding. PHP 5 takes `#` comments, with a deprecation message; PHP 7.0 does not.",
    why: markdown`
      PHP-FPM gives each physical line to PHP's ini parser and stops at the first one that is refused.
      It does not start or reload, and for a syntax error its message names neither the file nor the
      line. If the line is in an included file, the next message names the line with that \`include\`.
    `,
    instead: markdown`
      Start comments with \`;\`. Put a value that contains \`= ( ) ! ~ | & ^\` in quotes, on one line.
      Write section headers at the start of the line.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php",
      "https://www.php.net/manual/en/function.parse-ini-string.php",
    ],
  },
  *check(master) {
    for (const [first, ...others] of groupBy(master.oldComments, ({ span }) => span.file.path)) {
      yield {
        case: "old-comment",
        message: `${others.length === 0 ? 'a comment that starts with "#"' : `${others.length + 1} comments that start with "#"`}: PHP 5 takes them, and no PHP-FPM from 7.0 on starts with them`,
        at: first,
        label: 'write ";"',
        related: others.map((place) => ({ place, message: 'write ";" here' })),
        effect: "nothing under PHP 5; with the next version PHP-FPM does not start",
        help: helpOf([[first, ...others].flatMap((place) => edit(place) ?? [])]),
        names: ["#"],
      };
    }
    for (const fault of master.faults) {
      const { place } = fault;
      const { message, log, help } = fault.refusal();
      yield {
        case: NAMES.find((name) => log.includes(LOGS[name])) ?? "grammar",
        message,
        at: place,
        label: `PHP-FPM says "${log}"`,
        effect: fpmDown,
        // Finding a repair means reading the line again, several times; of a million lines few are listed.
        help: () => {
          const repair = edit(place);
          return repair === null ? inWords(help) : helpOf([[repair]]);
        },
        names: [log],
      };
    }
  },
});

function edit({ span: { file, start } }: Place): Edit | null {
  const repair = repairLine(file, start);
  return repair === null
    ? null
    : replaceLines(file, repair.from, repair.to, ...(repair.text === null ? [] : [repair.text]));
}
