/**
 * A line that a daemon, PHP or the system writes when requests fail, once for everybody who needs it: the
 * rules' symptoms, `explain`, `diagnose`.
 */

/** Who writes a line. What a script or PHP itself says reaches a log through nginx or PHP-FPM. */
export type Writer =
  | "nginx"
  | "nginx's access log"
  | "php-fpm"
  | "php"
  | "kernel"
  | "systemd"
  | "supervisord";

/**
 * What was being done when it was written. `start`: the daemon reads its configuration; `connect` to `response`: a
 * request on its way from nginx to PHP-FPM and back; `script`: in PHP; `worker`: a worker of PHP-FPM ends, or there is
 * none; `master`: the daemon starts, reloads or ends; `client`: between the client and nginx.
 */
export type Phase =
  | "start"
  | "client"
  | "file"
  | "connect"
  | "send"
  | "header"
  | "response"
  | "script"
  | "worker"
  | "master";

export interface Signature {
  /** Its name in JSON, never used for something else. */
  readonly id: string;
  readonly by: Writer;
  /**
   * The daemon's own words, each form that they have, without time, level and what nginx adds at the end. `{name}` is
   * a part that differs: any text; `{name:d}` digits, `{name:w}` no white space, `{name:t}` the path of a temporary
   * file of nginx. `{111}` is an error of the system by its number, as `111: Connection refused`; `{=111}` is the same
   * as PHP-FPM writes it, `Connection refused (111)`. Its words are the C library's and differ, so none is here.
   */
  readonly templates: readonly string[];
  readonly phase: Phase;
  /** What it means: lower case, no full stop. */
  readonly means: string;
  /** What the client gets; `null`: no answer, or it differs. */
  readonly status: number | null;
  /** `request`: each line is a request that failed; `sign`: it goes with failures, and counts none. */
  readonly counts: "request" | "sign";
  /** Rules that find a cause of it in the configuration. */
  readonly rules: readonly string[];
  /** The directives of nginx, settings of PHP-FPM and of PHP that decide about it, what decides most first; absent: none. */
  readonly decides?: readonly string[];
  /** Causes that no configuration shows: ids of `outsideCauses`. */
  readonly outside: readonly string[];
  /** With which of the writer's levels it comes; absent: whatever the level. For words that are everywhere. */
  readonly levels?: readonly string[];
  /** The first version of its writer that has these words; absent: all that are known. */
  readonly since?: string;
  /** The last one; absent: it still has them. */
  readonly until?: string;
  /** Of a request that nginx passed to something else than FastCGI; absent: it did not, or it is unknown. */
  readonly isProxied?: true;
}

/** A line that a signature fits. */
export interface Match {
  readonly signature: Signature;
  /** Its named parts, by their names. */
  readonly parts: ReadonlyMap<string, string>;
  /** The number of the error that the template names; `null`: it names none. */
  readonly errno: number | null;
  /** Which of the signature's forms it has. */
  readonly template: string;
}

type Hole = {
  readonly name: string;
  readonly kind: "any" | "digits" | "word" | "temporary" | "errno" | "errno-last";
};

/** A template in pieces: a text, then for each hole what may be in it and the text after it. */
interface Pieces {
  readonly first: string;
  readonly rest: readonly { readonly hole: Hole; readonly text: string }[];
}

const HOLE = /\{([^{}]*)\}/g;

const KINDS: ReadonlyMap<string, Hole["kind"]> = new Map([
  ["d", "digits"],
  ["w", "word"],
  ["t", "temporary"],
]);

function holeOf(inside: string): Hole {
  if (/^=\d+$/.test(inside)) return { name: inside.slice(1), kind: "errno-last" };
  if (/^\d+$/.test(inside)) return { name: inside, kind: "errno" };
  const [name = "", kind = ""] = inside.split(":");
  return { name, kind: KINDS.get(kind) ?? "any" };
}

function piecesOf(template: string): Pieces {
  const texts = template.split(HOLE);
  const rest = [];
  for (let at = 1; at < texts.length; at += 2)
    rest.push({ hole: holeOf(texts[at] ?? ""), text: texts[at + 1] ?? "" });
  return { first: texts[0] ?? "", rest };
}

/** As reports show it, the parts that differ as `…`: `connect() to unix:… failed (111: …)`. */
export function shownTemplate(template: string): string {
  return template.replace(HOLE, (_, inside: string) => {
    const { kind, name } = holeOf(inside);
    return kind === "errno" ? `${name}: …` : kind === "errno-last" ? `… (${name})` : "…";
  });
}

/** The texts of a template that are between its parts, without errors of the system. */
export function fixedTexts(template: string): readonly string[] {
  const { first, rest } = piecesOf(template);
  return [first, ...rest.map(({ text }) => text)];
}

/** The numbers of the errors that it names. */
export function errnosOf({ templates }: Signature): readonly number[] {
  const holes = templates.flatMap((template) => piecesOf(template).rest.map(({ hole }) => hole));
  return [
    ...new Set(holes.filter(({ kind }) => kind.startsWith("errno")).map(({ name }) => Number(name))),
  ].sort((a, b) => a - b);
}

interface Row {
  readonly signature: Signature;
  readonly template: string;
  readonly pieces: Pieces;
  readonly errno: number | null;
  /** What its texts have beside digits, where it may fit one message and not another that differs only in numbers; else `null`. */
  readonly unless: readonly string[] | null;
}

/**
 * Which digits matter to a template: those of its own texts, and an error's number that does not stand behind a
 * bracket. Others stand in a part that differs, and there any digits will do; but see `isSameForNumbers`.
 */
function unlessOf({ first, rest }: Pieces): readonly string[] | null {
  const texts = [first, ...rest.map(({ text }) => text)];
  const isBare = rest.some(({ hole }, at) => hole.kind === "errno" && !(texts[at] ?? "").endsWith("("));
  if (!isBare && !texts.some(hasDigit)) return null;
  return texts.flatMap((text) => text.split(/\d+/)).filter((text) => text !== "");
}

function hasDigit(text: string): boolean {
  return /\d/.test(text);
}

/** Finds the signature of a message. The first that fits counts, so what is special comes before what is general. */
export class SignatureTable {
  /** By the first word of the template, where it begins with one; the order is kept with the row. */
  private readonly byWord = new Map<string, readonly (readonly [order: number, row: Row])[]>();
  private readonly anywhere: (readonly [order: number, row: Row])[] = [];
  private readonly named: ReadonlyMap<string, Signature>;

  constructor(readonly signatures: readonly Signature[]) {
    this.named = new Map(signatures.map((one) => [one.id, one] as const));
    let order = 0;
    for (const signature of signatures) {
      for (const template of signature.templates) {
        const pieces = piecesOf(template);
        const error = pieces.rest.find(({ hole }) => hole.kind.startsWith("errno"));
        const errno = error === undefined ? null : Number(error.hole.name);
        const row = { signature, template, pieces, errno, unless: unlessOf(pieces) };
        const word = wholeWord(pieces.first);
        if (word === null) this.anywhere.push([order, row]);
        else this.byWord.set(word, [...(this.byWord.get(word) ?? []), [order, row]]);
        order += 1;
      }
    }
  }

  /** `null`: no such signature. */
  get(id: string): Signature | null {
    return this.named.get(id) ?? null;
  }

  /** `message`: without time and level. `null`: no signature fits. `by`: only of these writers. `level`: `error`, `WARNING`; `null`: unknown. */
  match(message: string, by: ReadonlySet<Writer> | null = null, level: string | null = null): Match | null {
    const own = this.byWord.get(firstWord(message)) ?? [];
    let found: readonly [number, Match] | null = null;
    for (const rows of [own, this.anywhere]) {
      for (const [order, row] of rows) {
        if (found !== null && order > found[0]) break;
        const { by: writer, levels } = row.signature;
        if (by !== null && !by.has(writer)) continue;
        if (levels !== undefined && (level === null || !levels.includes(level))) continue;
        const parts = partsOf(row.pieces, message, rows === own);
        if (parts !== null) {
          found = [order, { signature: row.signature, parts, errno: row.errno, template: row.template }];
          break;
        }
      }
    }
    return found?.[1] ?? null;
  }

  /**
   * Whether each message that differs from this one only in its numbers has the same signature. A number is a run of
   * digits which is not ten of them, as the name of a temporary file is, and does not stand behind an opening bracket,
   * as an error's number does. `false`: unknown.
   */
  isSameForNumbers(message: string, by: ReadonlySet<Writer> | null = null): boolean {
    const word = firstWord(message);
    if (hasDigit(word)) return false;
    // A row whose texts are not all there fits no such message.
    const isOut = ({ signature, unless }: Row): boolean =>
      unless === null ||
      (by !== null && !by.has(signature.by)) ||
      unless.some((text) => !message.includes(text));
    return [this.byWord.get(word) ?? [], this.anywhere].every((rows) => rows.every(([, row]) => isOut(row)));
  }
}

function firstWord(text: string): string {
  const end = text.indexOf(" ");
  return end === -1 ? text : text.slice(0, end);
}

/** The first word of a template's beginning, if a hole does not cut it; `null`: it has none. */
function wholeWord(first: string): string | null {
  const end = first.indexOf(" ");
  return end <= 0 ? null : first.slice(0, end);
}

/** Beginnings that are tried: a text that is everywhere must not make a line cost its square. */
const MOST_STARTS = 8;

/** Its parts, if the pieces are in the text in this order; `null`: they are not. `whole`: from its beginning on. */
function partsOf({ first, rest }: Pieces, text: string, whole: boolean): Map<string, string> | null {
  let start = whole ? (text.startsWith(first) ? 0 : -1) : text.indexOf(first);
  for (let tries = 0; start !== -1 && tries < MOST_STARTS; tries += 1) {
    const parts = partsFrom(rest, text, start + first.length);
    if (parts !== null || whole || first === "") return parts;
    start = text.indexOf(first, start + 1);
  }
  return null;
}

/** Where the holes begin and end of the template that is being tried. */
const places: number[] = [];

function partsFrom(rest: Pieces["rest"], text: string, from: number): Map<string, string> | null {
  let at = from;
  for (const [index, { hole, text: after }] of rest.entries()) {
    const end = endOf(hole, text, at, after, index === rest.length - 1);
    if (end === -1) return null;
    places[index * 2] = at;
    places[index * 2 + 1] = end;
    at = end + after.length;
  }
  // Most templates that begin like a line end before: what they would say is made of those that fit.
  const parts = new Map<string, string>();
  for (const [index, { hole }] of rest.entries()) {
    const value = text.slice(places[index * 2], places[index * 2 + 1]);
    if (!mayBe(hole, value)) return null;
    if (hole.name !== "" && !hole.kind.startsWith("errno")) parts.set(hole.name, value);
  }
  return parts;
}

/** Where the text after a hole begins; -1: it is not there. A word is asked for again where it ends too early. */
function endOf(hole: Hole, text: string, at: number, after: string, isLast: boolean): number {
  if (hole.kind === "digits") {
    let end = at;
    while (isDigit(text.charCodeAt(end))) end += 1;
    return end > at && text.startsWith(after, end) ? end : -1;
  }
  if (isLast && after === "") return hole.kind === "word" ? wordEnd(text, at) : text.length;
  if (hole.kind === "errno" && !text.startsWith(`${hole.name}: `, at)) return -1;
  return text.indexOf(after, at);
}

function wordEnd(text: string, at: number): number {
  const end = text.indexOf(" ", at);
  return end === -1 ? text.length : end;
}

function mayBe({ kind, name }: Hole, value: string): boolean {
  if (kind === "word") return value !== "" && !value.includes(" ");
  if (kind === "temporary") return isTemporary(value);
  if (kind === "errno") return value.startsWith(`${name}: `);
  if (kind === "errno-last") return value.endsWith(` (${name})`);
  return true;
}

/** The name of a temporary file of nginx is ten digits. */
export function isTemporary(path: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name.length === 10 && [...name].every((character) => isDigit(character.charCodeAt(0)));
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}
