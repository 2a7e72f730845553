/**
 * Why FPM's reader refuses a line, in terms of what a person did rather than of the token that PHP did
 * not expect.
 */
import type { IniSyntaxError, Range } from "../../php/grammar.js";

export interface SyntaxRefusal {
  readonly message: string;
  readonly log: string;
  readonly help: string;
}

export interface PlacedRefusal extends SyntaxRefusal {
  /** Offsets into the line; `null` for all of it. */
  readonly range: Range | null;
}

const nullValue = "value is NULL for a ZEND_INI_PARSER_ENTRY";

/** A syntax error of PHP's ini grammar in one line of an FPM file. */
export function refusal(line: string, error: IniSyntaxError): PlacedRefusal {
  const log = `syntax error, unexpected ${error.called}`;
  const text = line.replace(/^\uFEFF/, "").trim();
  const all = { log, range: null };
  if (text.startsWith("#")) return { ...comment, ...all };
  if (text.startsWith("[")) return { ...header(line, text), ...all };
  const word = /^(?:true|on|yes|false|off|no|none|null)\b/i.exec(text)?.[0];
  if (word !== undefined && error.from <= line.indexOf(word)) {
    return {
      ...all,
      message: `"${word}" is a reserved word, so it cannot be a key`,
      help: "PHP-FPM has no setting with that name: remove the line or correct the key",
    };
  }
  if (error.unexpected.kind === "end" && /["']/.test(text)) {
    return {
      ...all,
      message: "the quote is not closed on this line, and PHP-FPM reads each line by itself",
      help: "close the quote on the same line",
    };
  }
  return { log, ...inValue(line, text, error) };
}

const comment = {
  message: '"#" does not start a comment in PHP-FPM\'s files',
  help: 'start comments with ";"',
};

function header(line: string, text: string): { readonly message: string; readonly help: string } {
  if (!text.includes("]")) {
    return {
      message: `a section header without "]": "${text}"`,
      help: `write "${text.split(/[ \t;]/)[0]}]"`,
    };
  }
  if (/^ /.test(line)) {
    return { message: "spaces before a section header", help: `write "${text}" at the start of the line` };
  }
  return {
    message: `PHP-FPM cannot read this section header: "${text}"`,
    help: 'write "[name]" and nothing else on the line',
  };
}

function inValue(line: string, text: string, error: IniSyntaxError): Omit<PlacedRefusal, "log"> {
  const { unexpected } = error;
  const written = line.slice(unexpected.start, unexpected.end).trim();
  const equals = line.indexOf("=");
  if (equals === -1 || unexpected.start <= equals) {
    return {
      message: `PHP-FPM cannot read "${text}"`,
      help: 'a line is a section header, a comment with ";", or a key with "=" and a value',
      range: null,
    };
  }
  const value = (line.slice(equals + 1).split(";")[0] ?? "").trim();
  const help = adviceOn(line.slice(0, equals).trim(), value);
  if (written === "") {
    return { message: `the value ends where PHP-FPM expects more: "${value}"`, help, range: null };
  }
  const range = { start: unexpected.start, end: unexpected.start + written.length };
  if (written.startsWith("#")) return { ...comment, range };
  const what = written === '"' ? "a quote" : `"${written}"`;
  return { message: `${what} is not allowed here in a value without quotes`, help, range };
}

function adviceOn(key: string, value: string): string {
  if (value.lastIndexOf("${") > value.lastIndexOf("}"))
    return `end the variable with "}", or put "$" in single quotes`;
  if (/["']/.test(value)) return "put the whole value in one pair of quotes";
  return `put the value in quotes: ${key} = "${value}"`;
}

/** A key without `=`; `line` is the whole line. */
export function bareKey(key: string, line: string): SyntaxRefusal {
  const text = line.trim();
  if (key.startsWith("#")) return { ...comment, log: nullValue };
  if (text.startsWith("[")) {
    const name = text.slice(0, text.indexOf("]") + 1);
    return {
      message: `text after the section header: "${key}"`,
      log: nullValue,
      help: `write "${name}" alone on its line`,
    };
  }
  const help = `write a value after it ("${key.split(/[\s:]/)[0]} = …"), or remove the line`;
  return { message: `no "=" after "${key}"`, log: nullValue, help };
}

/** `# key = value`, which FPM reads as a setting named `# key`. */
export function commentSign(key: string, array: boolean, inGlobal: boolean): SyntaxRefusal {
  const inArray = inGlobal ? "Array are not allowed in the global section" : `unknown directive '${key}'`;
  return { ...comment, log: array ? inArray : `unknown entry '${key}'` };
}

/** Only a file with old Mac line ends has two statements on what FPM reads as one line. */
export const secondInclude: SyntaxRefusal = {
  message: "PHP-FPM reads two includes as one line, because the lines end with CR only",
  log: "two includes at the same time !",
  help: "end the lines with LF",
};
