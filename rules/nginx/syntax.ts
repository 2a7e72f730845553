import { casesOf, type Draft, defineRule } from "../../src/engine/define.js";
import type { HelpDraft } from "../../src/engine/help.js";
import type { Symptom } from "../../src/engine/rule.js";
import { nginxDown } from "../../src/evidence/nginx-lines.js";
import { addBelowLine, helpOf, inWords, replaceLines, replacePiece } from "../../src/help/edit.js";
import type { Host, NginxHost } from "../../src/model/host.js";
import { repairFile } from "../../src/nginx/syntax/repair.js";
import { swallowedDirective } from "../../src/nginx/syntax/swallowed.js";
import type { Directive, NginxFault, NginxText, Word } from "../../src/nginx/types.js";
import { type Place, position, type SourceFile } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

type Case =
  | "end-of-file"
  | "unexpected-close"
  | "unexpected-open"
  | "unexpected-semicolon"
  | "too-long"
  | "not-terminated"
  | "not-opened"
  | "unknown-word"
  | "condition"
  | "next-line-swallowed"
  | "text-after-quote";

const start = (log: string): Symptom => ({ when: "start", status: null, log });

const CASES: Readonly<Record<Case, readonly [log: string, summary: string]>> = {
  "end-of-file": ["unexpected end of file, expecting", "a string, a directive or a block without its end"],
  "unexpected-close": [
    'unexpected "}"',
    "a } that closes nothing, or that comes before the ; of the last directive",
  ],
  "unexpected-open": ['unexpected "{"', "a block without a name, or inside a map"],
  "unexpected-semicolon": ['unexpected ";"', "a ; without a directive before it"],
  "too-long": ["too long parameter", "a value or a comment line longer than nginx's buffer"],
  "not-terminated": ['is not terminated by ";"', "a block after a directive that takes none"],
  "not-opened": ['has no opening "{"', "a directive without the block that belongs to it"],
  "unknown-word": ["unknown directive", "a byte order mark, or a piece of a word that a brace cut off"],
  condition: ["invalid condition", "an if whose condition a brace cut off"],
  "next-line-swallowed": ["invalid number of arguments in", "a missing ; makes the next line an argument"],
  // The last one, because nginx's words for it are a part of its words for others.
  "text-after-quote": ["unexpected", "text right after a closing quote"],
};

const NAMES = Object.keys(CASES) as readonly Case[];

export const nginxSyntax = defineRule({
  id: "nginx/syntax",
  about: "host",
  alike: true,
  cases: casesOf(CASES, ([log, summary]) => ({ severity: "error", symptom: start(log), summary })),
  docs: {
    title: "a file that nginx cannot read",
    fires: [
      "a string or a block is not ended",
      "there is a `}` too many",
      "text follows a closing quote without a space",
      "the file starts with a byte order mark",
      "a word or a comment is longer than 4095 bytes",
      markdown`
        a missing \`;\` makes the next line an argument of a directive that takes no more arguments
      `,
    ],
    silent: [
      markdown`
        nginx accepts it, however odd it looks: a quote or \`}\` inside a word, \`\;\`, CRLF, no space
        before \`{\`, Lua blocks
      `,
      "a `;` is missing after a directive that takes any number of arguments",
      "the file is a template that has more than placeholders for values",
      "a template's placeholder for a value is at fault",
    ],
    what: "One finding per file, because nginx stops at the first fault.",
    why: markdown`
      nginx does not start, and a reload keeps the old configuration. It reports the place where it
      stopped, which is often lines after the one that is wrong.
    `,
    instead: markdown`
      End each directive with \`;\`, close each block in the file that opens it, and put a value that
      contains \`{\`, \`}\`, \`;\` or spaces in one pair of quotes.
    `,
    references: ["https://nginx.org/en/docs/beginners_guide.html#conf_structure"],
  },
  *check(host: Host) {
    for (const text of host.nginx?.texts ?? []) {
      // Conditions, and text from elsewhere, may supply the missing piece.
      if (host.nginx === null || text.template?.changesText === true) continue;
      const fault = host.nginx.faults.find(({ fault, template }) => fault === text.fault && !template);
      const cut = fault?.fault.span.start ?? Number.POSITIVE_INFINITY;
      const swallowed = firstSwallowed(text.file, text.directives);
      if (swallowed !== null && swallowed.directive.end <= cut) {
        yield missingSemicolon(host.nginx, text, swallowed);
      } else if (fault !== undefined) yield refused(host.nginx, fault);
    }
  },
});

function report(
  nginx: NginxHost,
  parts: Omit<Draft<Case>, "certain" | "settle" | "link" | "effect">,
): Draft<Case> {
  const settle = "It is certain if nginx reads this file itself, and not one that is made from it.";
  return {
    ...parts,
    settle: nginx.hasMain ? null : settle,
    effect: nginxDown,
  };
}

function refused(nginx: NginxHost, { fault, place }: { fault: NginxFault; place: Place }): Draft<Case> {
  const { message, log, other } = fault;
  return report(nginx, {
    case: NAMES.find((name) => log.includes(CASES[name][0])) ?? "text-after-quote",
    message,
    at: place,
    label: `nginx stops here: ${log}`,
    related: other === null ? [] : [{ place: { span: other.span, via: place.via }, message: other.message }],
    help: help(fault),
    names: [log],
  });
}

function help(fault: NginxFault): HelpDraft {
  const { file } = fault.span;
  const repair = repairFile(fault);
  if (repair === null) return inWords(fault.help);
  const { line, change } = repair;
  if ("below" in change) return helpOf([[addBelowLine(file, line, change.below.trim())]]);
  return helpOf([[replaceLines(file, line, line, ...(change.text === null ? [] : [change.text.trim()]))]]);
}

interface Swallowed {
  readonly directive: Directive;
  /** The name of the next directive. */
  readonly word: Word;
}

/** Blocks whose lines are values, not directives. */
const VALUE_BLOCKS = new Set(["types", "map", "geo", "split_clients", "charset_map"]);

function firstSwallowed(file: SourceFile, directives: readonly Directive[]): Swallowed | null {
  for (const directive of directives) {
    const filled = [directive.name, ...directive.args].some(({ placeholder }) => placeholder);
    const word = filled ? null : swallowedDirective(file, directive);
    if (word !== null) return { directive, word };
    if (directive.block === null || VALUE_BLOCKS.has(directive.name.text)) continue;
    const inner = firstSwallowed(file, directive.block);
    if (inner !== null) return inner;
  }
  return null;
}

function missingSemicolon(nginx: NginxHost, text: NginxText, { directive, word }: Swallowed): Draft<Case> {
  const { file } = text;
  const via = nginx.ways.get(text) ?? [];
  const words = [directive.name, ...directive.args];
  const last = words[words.indexOf(word) - 1] ?? directive.name;
  const line = (offset: number) => position(file, offset).line;
  const written = file.text.slice(directive.start, last.end);
  const log = `invalid number of arguments in "${directive.name.text}" directive`;
  return report(nginx, {
    case: "next-line-swallowed",
    message: `"${directive.name.text}" of line ${line(directive.start)} is not ended by ";", so "${word.text}" of line ${line(word.start)} is read as one of its arguments`,
    at: { span: { file, start: directive.start, end: last.end }, via },
    label: 'no ";" after this',
    related: [
      {
        place: { span: { file, start: word.start, end: directive.end }, via },
        message: `nginx reads up to here and says "${log}" for line ${line(directive.end - 1)}`,
      },
    ],
    help: helpOf([[replacePiece({ file, start: directive.start, end: last.end }, `${written};`)]]),
    names: [log],
  });
}
