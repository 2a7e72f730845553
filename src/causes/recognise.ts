import { type LogLine, saidInStderr } from "../logs/line.js";
import { asGlibc } from "./errno.js";
import { pastedLine } from "./pasted.js";
import { lineWithoutUri, matchFor } from "./proxied.js";
import type { Match, Signature, Writer } from "./signature.js";
import { signatureTable } from "./signatures/index.js";

/** A line whose signature is known. */
export interface Recognised {
  readonly match: Match;
  /** The line in its parts; `null`: the text is a message alone. */
  readonly line: LogLine | null;
}

const OF: ReadonlyMap<LogLine["by"], ReadonlySet<Writer>> = new Map<LogLine["by"], ReadonlySet<Writer>>([
  ["nginx", new Set<Writer>(["nginx"])],
  ["php-fpm", new Set<Writer>(["php-fpm", "php"])],
  ["kernel", new Set<Writer>(["kernel"])],
  ["systemd", new Set<Writer>(["systemd"])],
  ["supervisord", new Set<Writer>(["supervisord"])],
]);

const SAID: ReadonlySet<Writer> = new Set<Writer>(["php", "php-fpm"]);

/** What a line means, as it is read; `null`: nothing that is known. Of what PHP says, the gravest counts. */
export function recogniseLine(line: LogLine): Match | null {
  const own = signatureTable.match(line.message, OF.get(line.by) ?? null, line.level);
  // PHP-FPM's master writes what PHP says before there are workers.
  if (own === null) return line.by === "php-fpm" ? saidByPhp(line.message) : null;
  if (own.signature.id !== "stderr" && own.signature.id !== "said")
    return matchFor(own, line.request?.upstream ?? "");
  const said = saidIn(line.message, own).flatMap((text) => saidBy(text) ?? []);
  return said.find(({ signature }) => signature.counts === "request") ?? said[0] ?? own;
}

/** What PHP said in a line. */
function saidIn(message: string, { signature, parts }: Match): readonly string[] {
  return signature.id === "said" ? [parts.get("text") ?? ""] : saidInStderr(message);
}

/**
 * Whether each line whose message differs from this one's only in its numbers means the same; which numbers those are,
 * `isSameForNumbers` of the table says. `false`: unknown.
 */
export function isSameForNumbers({ by, level, message }: LogLine): boolean {
  const writers = OF.get(by) ?? null;
  if (!signatureTable.isSameForNumbers(message, writers)) return false;
  const own = signatureTable.match(message, writers, level);
  const texts = own !== null ? saidIn(message, own) : message.startsWith(OF_MASTER) ? [message] : [];
  const said = texts.flatMap((text) => formsOf(text));
  return said.every((text) => signatureTable.isSameForNumbers(text, SAID));
}

/** What a worker puts before a message of PHP, and before its own; or PHP itself, where its log is the worker's output. */
const BEFORE =
  /^(?:(?:NOTICE|WARNING|ERROR|ALERT): )?(?:PHP message: |\[\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d [\w/+:-]{1,40}\] )?/;

const OF_MASTER = "PHP message: ";

function saidByPhp(message: string): Match | null {
  return message.startsWith(OF_MASTER) ? saidBy(message) : null;
}

/** What PHP means by a message of its own: what is inside of `PHP Warning:  …` tells more than that it warns. */
function saidBy(text: string): Match | null {
  for (const form of formsOf(text)) {
    const match = signatureTable.match(form, SAID, null);
    if (match !== null) return match;
  }
  return null;
}

/** What is inside of a message, if there is something, and the message. */
function formsOf(text: string): readonly string[] {
  const message = text.replace(BEFORE, "").replace(/"$/, "");
  const end = message.startsWith("PHP ") ? message.indexOf(":  ") : -1;
  if (end === -1) return [message];
  const inside = message.slice(end + 3).replace(/^(?:PHP Request (?:Startup|Shutdown)|Unknown): /, "");
  return [inside, message];
}

/** The same for a text that somebody pasted, which may be a part of a line. */
export function recognise(text: string, now: number): Recognised | null {
  const { line, message } = pastedLine(text.trim(), now);
  const known = line === null ? null : recogniseLine(line);
  if (known !== null) return { match: known, line: line && lineWithoutUri(line) };
  const isCut = line?.request === null;
  const match =
    line === null ? matchOf(message) : isCut ? withSomeErrno(message, OF.get(line.by) ?? null) : null;
  return match === null ? null : { match, line };
}

const SHOWN_ERROR = /^(Fatal|Parse|Compile) error: {1,4}/;

function matchOf(said: string): Match | null {
  const inside = said.startsWith("PHP ") ? saidBy(said) : null;
  return (
    inside ??
    signatureTable.match(said, null, null) ??
    saidBy(said) ??
    withSomeErrno(said, null) ??
    // As a page shows it, and as people quote PHP-FPM.
    (SHOWN_ERROR.test(said) ? saidBy(said.replace(SHOWN_ERROR, "PHP $1 error:  ")) : null) ??
    signatureTable.match(`[pool ] ${said}`, OF.get("php-fpm"), null)
  );
}

/** A message that was cut after its error: `connect() to unix:/run/a.sock failed (2: No such file or directory)`. */
function withSomeErrno(text: string, by: ReadonlySet<Writer> | null): Match | null {
  return text.endsWith(")") && text.includes(" failed (")
    ? signatureTable.match(`${text} while connecting to upstream`, by, null)
    : null;
}

/** Whether a rule's quoted part of a line is in it, whatever C library wrote the line. */
export function quotes(line: string, log: string): boolean {
  return asGlibc(line).includes(log);
}

/** The signatures that a rule's quoted part of a line may be of. */
export function signaturesWith(rule: string): readonly Signature[] {
  return signatureTable.signatures.filter(({ rules }) => rules.includes(rule));
}
