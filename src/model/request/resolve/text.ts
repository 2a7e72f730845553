/** Characters of URIs as nginx escapes and decodes them. */

const HEX = /^[0-9a-f]{2}$/i;

/** What `ngx_escape_uri` escapes in a path, next to control characters and everything beyond ASCII. */
const IN_PATH = new Set([...' "#%<>?\\^`{|}']);
/** The same in arguments. */
const IN_ARGS = new Set([...' "#%&+;<>?\\^`{|}']);

function escaped(text: string, special: ReadonlySet<string>): string {
  let found = "";
  for (const character of text) {
    const plain = character > "\x1f" && character < "\x7f" && !special.has(character);
    if (plain) found += character;
    else
      for (const byte of Buffer.from(character))
        found += `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return found;
}

export function escapePath(text: string): string {
  return escaped(text, IN_PATH);
}

export function escapeArgs(text: string): string {
  return escaped(text, IN_ARGS);
}

/** What a redirect of `rewrite` decodes: what is plain ASCII, up to the first question mark. */
export function unescapeRedirect(text: string): string {
  let found = "";
  for (let at = 0; at < text.length; at += 1) {
    const one = text[at] ?? "";
    if (one === "?") return found + text.slice(at);
    if (one !== "%") {
      found += one;
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    if (HEX.test(digits)) {
      const character = String.fromCharCode(Number.parseInt(digits, 16));
      if (character === "?" && /[a-f]$/i.test(digits)) return `${found}?${text.slice(at + 3)}`;
      found += character > "%" && character < "\x7f" ? character : `%${digits}`;
      at += 2;
    } else at += 1;
  }
  return found;
}

/** A path after decoding. */
export interface NormalUri {
  readonly uri: string;
  readonly args: string;
  /** The path had `%xx`. */
  readonly quoted: boolean;
  readonly plus: boolean;
}

/**
 * The target of a request line as nginx reads it: decoded, without `.` and `..`, and with one slash for
 * several. `null`: nginx answers 400. `undefined`: it is not UTF-8, and nothing here compares bytes.
 */
export function normalUri(target: string, mergeSlashes: boolean): NormalUri | null | undefined {
  const hash = target.indexOf("#");
  const whole = hash === -1 ? target : target.slice(0, hash);
  const mark = whole.indexOf("?");
  const path = mark === -1 ? whole : whole.slice(0, mark);
  const args = mark === -1 ? "" : whole.slice(mark + 1);
  if (!path.startsWith("/") || hasControls(target)) return null;
  const bytes = decoded(path);
  if (bytes === null) return null;
  const segments: string[] = [];
  const parts = bytes.split("/").slice(1);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (part === "..") {
      if (segments.pop() === undefined) return null;
      if (last) segments.push("");
    } else if (part === ".") {
      if (last) segments.push("");
    } else if (part !== "" || last || !mergeSlashes) segments.push(part);
  }
  // A character that is a whole byte, and the two that end a path, were set aside.
  const joined = `/${segments.join("/")}`.replaceAll(ASIDE.question, "?").replaceAll(ASIDE.hash, "#");
  const uri = fromBytes(joined);
  return uri === null ? undefined : { uri, args, quoted: path.includes("%"), plus: bytes.includes("+") };
}

/** Whether there is a blank or a control character, which ends a request line or is refused in it. */
function hasControls(text: string): boolean {
  for (const character of text) if (character <= " " || character === "\x7f") return true;
  return false;
}

/** Characters that no byte is. */
const ASIDE = { question: "\u{e000}", hash: "\u{e001}" } as const;

/** One character for each byte; `null`: a `%` without two digits, or `%00`. */
function decoded(path: string): string | null {
  const text = Buffer.from(path).toString("latin1");
  let found = "";
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== "%") {
      found += text[at];
      continue;
    }
    const digits = text.slice(at + 1, at + 3);
    const code = HEX.test(digits) ? Number.parseInt(digits, 16) : 0;
    if (code === 0) return null;
    const character = String.fromCharCode(code);
    found += character === "?" ? ASIDE.question : character === "#" ? ASIDE.hash : character;
    at += 2;
  }
  return found;
}

/** `null`: the bytes are not UTF-8. */
function fromBytes(text: string): string | null {
  const bytes = Buffer.from(text, "latin1");
  const found = bytes.toString("utf8");
  return Buffer.from(found).equals(bytes) ? found : null;
}
