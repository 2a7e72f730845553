import fc from "fast-check";

/**
 * Texts in nginx's grammar, and broken ones. Directives are such that nginx takes them with any
 * words, again and again, so that its reader decides: `gzip_types`, lines of `types`, locations by
 * regular expression. No marks of templates: those are not read as nginx reads them.
 */

const blank = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(" ", "\n", "  ", "\t", "\r\n", "\n\n    ", "\r") },
  { weight: 1, arbitrary: fc.constantFrom(" # note\n", "\n#}{;\"'\n", " #\n", "\n# it's { odd\r\n") },
);

const maybeBlank = fc.oneof({ weight: 3, arbitrary: fc.constant("") }, { weight: 1, arbitrary: blank });

const plainPiece = fc.constantFrom("a", "b1", "/srv/x", "text/css", "-", ".", "é", "😀", "=", "|", "*", "~");

const oddPiece = fc.constantFrom(
  ...["}", "#", '"', "'", "(", ")", "$", `\${`, `\${x}`, "\\", "\\\\", '\\"', "\\'", "\\n", "\\t", "\\r"],
  ...["\\;", "\\{", "\\}", "\\ ", "\\\n", "\\#", "[", "]", "\u00a0", "\u000b", "\f", "\uFEFF", "\u0001", ","],
);

const piece = fc.oneof({ weight: 4, arbitrary: plainPiece }, { weight: 1, arbitrary: oddPiece });

const joined = (parts: fc.Arbitrary<string>, most: number): fc.Arbitrary<string> =>
  fc.array(parts, { minLength: 1, maxLength: most }).map((all) => all.join(""));

const inQuotes = fc.oneof(
  { weight: 4, arbitrary: piece },
  { weight: 1, arbitrary: fc.constantFrom(" ", "\n", ";", "{", "}", "; }", " # ", "\r\n") },
);

/** Around the size of nginx's buffer, in bytes of one, two and four. */
const long = fc
  .tuple(
    fc.constantFrom("x", "é", "😀"),
    fc.integer({ min: 4084, max: 4100 }),
    fc.constantFrom("", '"', "'", "#"),
  )
  .map(([character, size, quote]) => {
    const width = Buffer.byteLength(character);
    const body = character.repeat(Math.floor(size / width)) + "y".repeat(size % width);
    return quote === "#" ? `#${body}\n` : quote + body + quote;
  });

const quoted = fc
  .tuple(fc.constantFrom('"', "'"), fc.array(inQuotes, { maxLength: 5 }))
  .map(([quote, parts]) => {
    const body = parts.join("").replaceAll(quote, `\\${quote}`);
    return quote + body.replace(/(?<!\\)((?:\\\\)*)\\$/, "$1") + quote;
  });

/** A word that nginx takes, however odd. */
export const word = fc.oneof(
  { weight: 60, arbitrary: joined(plainPiece, 3) },
  { weight: 20, arbitrary: joined(piece, 4) },
  { weight: 30, arbitrary: quoted },
  { weight: 1, arbitrary: long },
);

const words = fc
  .array(fc.tuple(blank, word), { minLength: 1, maxLength: 4 })
  .map((all) => all.flat().join(""));

const listed = fc.tuple(words, maybeBlank).map(([all, end]) => `gzip_types${all}${end};`);

const valueLine = fc
  .tuple(joined(plainPiece, 2), words, maybeBlank)
  .map(([key, all, end]) => `${key}${all}${end};`);

const valueBlock = fc
  .array(fc.tuple(blank, valueLine), { maxLength: 3 })
  .map((lines) => `types {${lines.flat().join("")} }`);

const comment = joined(fc.constantFrom("a", " ", "{", "}", ";", '"', "'", "\\", "é"), 6).map(
  (text) => `#${text}\n`,
);

const { block } = fc.letrec<{ block: string; item: string }>((tie) => ({
  item: fc.oneof(
    { depthSize: "small" },
    { weight: 5, arbitrary: listed },
    { weight: 1, arbitrary: valueBlock },
    { weight: 1, arbitrary: comment },
    { weight: 2, arbitrary: tie("block") },
  ),
  block: fc
    .tuple(
      fc.constantFrom("location ~ a", "location ~* \\.php$", 'location ~ "^/x{2}$"', "location ~ (a|b)"),
      maybeBlank,
      fc.array(fc.tuple(blank, tie("item")), { maxLength: 3 }),
      blank,
    )
    .map(
      ([head, space, items, end]) => `${head}${space === "" ? " " : space}{${items.flat().join("")}${end}}`,
    ),
}));

const server = fc
  .array(fc.tuple(blank, fc.oneof(listed, block, valueBlock)), { maxLength: 3 })
  .map((items) => `server {${items.flat().join("")}\n}`);

const item = fc.oneof(listed, valueBlock, comment, server);

const generated = fc
  .tuple(fc.array(fc.tuple(blank, item), { maxLength: 4 }), fc.constantFrom("\n", "", "\r\n", "# end"))
  .map(([items, tail]) => `events {}\nhttp {${items.flat().join("")}\n}${tail}`);

/** What people mistype, and what nginx's reader cares about. */
const special = fc.oneof(
  fc.constantFrom(
    ...["{", "}", ";", '"', "'", "#", "\\", "$", "\n", "\r", "\t", " ", "(", ")"],
    ...["{4}", `\${`, "};", ";;", "\uFEFF", "é", '""', "''", "\\\n", "server {", "location / ", "root /srv;"],
  ),
  long,
);

type Change = (text: string) => string;

const at = fc.double({ min: 0, max: 1, noNaN: true });

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.tuple(at, special).map(
    ([where, added]) =>
      (text: string) =>
        splice(text, where, 0, added),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 6 })).map(
    ([where, size]) =>
      (text: string) =>
        splice(text, where, size, ""),
  ),
  fc.tuple(at, fc.integer({ min: 1, max: 12 })).map(([where, size]) => (text: string) => {
    const from = Math.floor(where * text.length);
    return splice(text, where, 0, text.slice(from, from + size));
  }),
  fc.tuple(at, at).map(
    ([a, b]) =>
      (text: string) =>
        swapped(text, Math.floor(a * text.length), Math.floor(b * text.length)),
  ),
  at.map((where) => (text: string) => text.slice(0, Math.ceil(where * text.length))),
);

function splice(text: string, where: number, size: number, added: string): string {
  const from = Math.floor(where * text.length);
  return text.slice(0, from) + added + text.slice(from + size);
}

function swapped(text: string, a: number, b: number): string {
  const characters = [...text];
  const [left = "", right = ""] = [characters[a], characters[b]];
  if (a < characters.length) characters[a] = right;
  if (b < characters.length) characters[b] = left;
  return characters.join("");
}

function mutated(base: fc.Arbitrary<string>, least: number): fc.Arbitrary<string> {
  return fc
    .tuple(base, fc.array(change, { minLength: least, maxLength: 3 }))
    .map(([text, changes]) => wellFormed(changes.reduce((done, one) => one(done), text)));
}

/** Half a surrogate pair cannot be written to a file. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** Main files: generated ones as they are and broken, and real ones broken. */
export function mainFiles(real: readonly string[]): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 4, arbitrary: mutated(generated, 0) },
    {
      weight: real.length === 0 ? 0 : 2,
      arbitrary: mutated(fc.constantFrom(...(real.length === 0 ? [""] : real)), 1),
    },
  );
}
