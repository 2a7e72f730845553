import { escapeText } from "./escape.js";
import { wrap } from "./width.js";

const ITEM = /^( *(?:[-*]|\d+\.) +)(.*)$/;
/** Tables, headings, quotes: breaking them would change what they mean. */
const VERBATIM = /^(?: {4}|\t|[|>#])/;

function flush(lines: string[], prefix: string, words: string, width: number): void {
  if (words === "") return;
  const rest = " ".repeat(prefix.length);
  wrap(words, width - prefix.length).forEach((line, index) => {
    lines.push((index === 0 ? prefix : rest) + line);
  });
}

/** Markdown for a terminal: paragraphs and list items broken to the width, code as it is, fences as indentation. */
export function prose(markdown: string, width: number): string[] {
  const lines: string[] = [];
  let prefix = "";
  let words = "";
  let code = false;
  const end = () => {
    flush(lines, prefix, words, width);
    prefix = "";
    words = "";
  };
  for (const raw of markdown.trim().split(/\r?\n/)) {
    const fence = raw.trimStart().startsWith("```");
    const line = escapeText(raw.replaceAll("\t", "    "));
    const item = ITEM.exec(line);
    if (fence) {
      end();
      code = !code;
    } else if (code) {
      lines.push(line === "" ? "" : `    ${line}`);
    } else if (line.trim() === "") {
      end();
      lines.push("");
    } else if (item !== null) {
      end();
      prefix = item[1] ?? "";
      words = item[2] ?? "";
    } else if (words === "" && VERBATIM.test(line)) {
      lines.push(line);
    } else {
      words = words === "" ? line.trim() : `${words} ${line.trim()}`;
    }
  }
  end();
  return lines;
}
