import { type Kind, sniff } from "./sniff.js";

/** Shell scripts that write configuration: what is in their heredocs and quotes. */

/** Whether a text begins as a program of a shell. */
export function isShell(head: string): boolean {
  return /^#![^\n]*\b(?:ba|da|z|k|a)?sh\b/.test(head);
}

/** Whether a script writes files of either half. `path`: its own, which may say whose they are. */
export function writesConfiguration(text: string, path: string): boolean {
  const { documents, rest } = partsOf(text);
  const quoted = unquoted(rest);
  return (
    documents.some(({ opening, body }) => isOfDaemons(sniff(body, `${path} ${opening}`))) ||
    (quoted !== null && isOfDaemons(sniff(quoted, path)))
  );
}

function isOfDaemons(kind: Kind): boolean {
  return kind !== "other";
}

interface Heredoc {
  /** The line that opens it, which may name the file. */
  readonly opening: string;
  readonly body: string;
}

/** The most characters of a line of the script itself that are looked at. */
const LONGEST_LINE = 1000;

/** `<<EOF`, `<<-EOF`, `<< 'EOF'`, `<<"EOF"`, `<<\EOF`; not `<<<`. */
const HEREDOC = /(?:^|[^<])<<-?[ \t]*(?:\\?|["'])([A-Za-z_][\w.-]*)/;

function partsOf(text: string): { readonly documents: readonly Heredoc[]; readonly rest: string } {
  const documents: Heredoc[] = [];
  const rest: string[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const opening = lines[at]?.slice(0, LONGEST_LINE) ?? "";
    rest.push(opening);
    const name = HEREDOC.exec(opening)?.[1];
    if (name === undefined) continue;
    const body: string[] = [];
    // The end may be beyond what was looked at.
    for (at += 1; at < lines.length && lines[at]?.trim() !== name; at += 1) body.push(lines[at] ?? "");
    documents.push({ opening, body: body.join("\n") });
  }
  return { documents, rest: rest.join("\n") };
}

/** What a command prints, or a variable holds. */
const QUOTE = /(?:=|\b(?:echo|printf)[ \t](?:[ \t]*-\w+[ \t])?[ \t]*)["']/g;

/** The text with lines of their own for what begins in quotes; `null`: nothing does. */
function unquoted(text: string): string | null {
  const found = text.replace(QUOTE, "\n");
  return found === text ? null : found.replaceAll("\\n", "\n");
}
