import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseNginx } from "../../src/nginx/syntax/parse.js";
import type { Directive, NginxText, Word } from "../../src/nginx/types.js";
import { type SourceFile, sourceFile } from "../../src/source/file.js";
import { runs } from "../support/sample.js";

/** What the reader makes of one file: words as nginx decodes them, and the place of each. */

function read(text: string): NginxText {
  return parseNginx(sourceFile("/etc/nginx/nginx.conf", "nginx.conf", text));
}

/** `["http", ["server", ["root /srv/a"]]]`: words with one blank between, blocks behind their heads. */
type Shape = readonly (string | Shape)[];

function shape(directives: readonly Directive[]): Shape {
  return directives.flatMap((directive): (string | Shape)[] => {
    const head = wordsOf(directive)
      .map(({ text }) => text)
      .join(" ");
    return directive.block === null ? [head] : [head, shape(directive.block)];
  });
}

function wordsOf({ name, args }: Directive): readonly Word[] {
  return [name, ...args];
}

function* everyDirective(directives: readonly Directive[]): Generator<Directive> {
  for (const directive of directives) {
    yield directive;
    yield* everyDirective(directive.block ?? []);
  }
}

/** The words of the only directive of a text. */
function words(text: string): readonly string[] {
  const [only, ...more] = read(text).directives;
  expect(more).toEqual([]);
  return only === undefined ? [] : wordsOf(only).map((word) => word.text);
}

describe("words", () => {
  test.each<[what: string, text: string, expected: readonly string[]]>([
    ["blanks of all four kinds part them", "a b\tc\rd\ne;", ["a", "b", "c", "d", "e"]],
    ["other blanks do not", "a b\u00a0c\u000bd\fe;", ["a", "b\u00a0c\u000bd\fe"]],
    ["a comment between them is none", "a # b\nc;", ["a", "c"]],
    ["a # inside one is part of it", "a b#c;", ["a", "b#c"]],
    ["quotes group at the start", "a \"b c\" 'd e';", ["a", "b c", "d e"]],
    ["quotes inside are letters", 'a b"c d"e f\'g;', ["a", 'b"c', 'd"e', "f'g"]],
    ["braces and semicolons in quotes", 'a "b;{c}";', ["a", "b;{c}"]],
    ["the other quote in quotes", 'a "it\'s" \'say "b"\';', ["a", "it's", 'say "b"']],
    ["an empty string is a word", "a \"\" '';", ["a", "", ""]],
    ["a string over lines", 'a "b\nc";', ["a", "b\nc"]],
    ["a closing brace inside", "a b}c};", ["a", "b}c}"]],
    ["a bracket behind a string begins a word", 'a "b")c;', ["a", "b", ")c"]],
    ["a variable in braces", `a \${b}c;`, ["a", `\${b}c`]],
    [
      "escapes that nginx resolves",
      "a b\\\"c d\\'e f\\\\g h\\tc i\\rc j\\nc;",
      ["a", 'b"c', "d'e", "f\\g", "h\tc", "i\rc", "j\nc"],
    ],
    ["escapes that it keeps", "a b\\;c d\\ e f\\.g \\{h\\};", ["a", "b\\;c", "d\\ e", "f\\.g", "\\{h\\}"]],
    ["the same in quotes", 'a "b\\"c" "d\\\\" "e\\.f";', ["a", 'b"c', "d\\", "e\\.f"]],
    ["a backslash at the end of a line", "a b\\\nc;", ["a", "b\\\nc"]],
    ["a name in quotes", '"a b" c;', ["a b", "c"]],
  ])("%s", (_, text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  test("know where they stand, quotes included, and which quotes", () => {
    const text = "http {\n  log_format main \"a b\"\n    'c' d;\n}\n";
    const found = [...everyDirective(read(text).directives)].flatMap(wordsOf);
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual([
      ...["http", "log_format", "main", '"a b"', "'c'", "d"],
    ]);
    expect(found.map(({ quote }) => quote)).toEqual([null, null, null, '"', "'", null]);
  });

  test("offsets count UTF-16 code units", () => {
    const text = "# ä😀\nroot /srv/ö😀 x;";
    const [directive] = read(text).directives;
    const ends =
      directive === undefined ? [] : wordsOf(directive).map(({ start, end }) => text.slice(start, end));
    expect(ends).toEqual(["root", "/srv/ö😀", "x"]);
  });
});

describe("directives and blocks", () => {
  test("nest, in one line as over many", () => {
    const expected = ["a", ["b 1", "c", ["d", []], "e"]];
    expect(shape(read("a { b 1; c { d {} } e; }").directives)).toEqual(expected);
    expect(shape(read("a\n{\nb\n1\n;\nc\n{\nd\n{\n}\n}\ne;}").directives)).toEqual(expected);
  });

  test("comments leave nothing behind", () => {
    const text = "# a {\n\t#b;\nserver { #c\n #listen 80;\n listen 81; # d }\n}\n#e";
    expect(shape(read(text).directives)).toEqual(["server", ["listen 81"]]);
  });

  test("reach from the name to one behind what ends them", () => {
    const text = " a b ;\nc { d; } ";
    const found = [...everyDirective(read(text).directives)];
    expect(found.map(({ start, end }) => text.slice(start, end))).toEqual(["a b ;", "c { d; }", "d;"]);
  });

  test("Lua blocks are one directive without children, whatever stands in them", () => {
    const text = `content_by_lua_block {
  -- a comment with }
  local s = "}" .. '\\'}' .. [[ } ]] .. [=[ ]] } ]=]
  --[[ } ]]
  if x then t = { { } } end
}
set_by_lua_block $a { return "{" }
root /srv/a;`;
    const { directives, fault } = read(text);
    expect(fault).toBe(null);
    expect(shape(directives)).toEqual(["content_by_lua_block", [], "set_by_lua_block $a", [], "root /srv/a"]);
  });

  test("a Lua block without its end is a fault", () => {
    const { directives, fault } = read('access_by_lua_block { local a = "}"');
    expect(fault?.log).toBe('unexpected end of file, expecting "}"');
    expect(directives.map(({ truncated }) => truncated)).toEqual([true]);
  });
});

describe("a fault", () => {
  test("leaves what stands before it, and marks the blocks that were open", () => {
    const { directives, fault } = read('http { server { root /srv/a; location /b { root "/srv/b"c; } } }');
    expect(fault?.log).toBe('unexpected "c"');
    expect(shape(directives)).toEqual(["http", ["server", ["root /srv/a", "location /b", []]]]);
    const open = [...everyDirective(directives)].filter(({ truncated }) => truncated);
    expect(open.map(({ name }) => name.text)).toEqual(["http", "server", "location"]);
  });

  test("closed blocks before it are whole", () => {
    const { directives } = read("a { b; }\nc {\n");
    expect(directives.map(({ truncated }) => truncated)).toEqual([false, true]);
  });

  test.each<[what: string, text: string, other: string | null]>([
    ["a block at the end of the file: where it opens", "http {\n  a;\n", "http"],
    ["a block that an outer brace closes: that block", "http {\n  server {\n    a;\n}\n", "server"],
    ["the innermost of several", "http {\n  server {\n    location / {\n      a;\n  }\n}\n", "location"],
    ["a brace too many: the one that is indented further", "server {\n  a {\n  }\n  }\n}\n", "}"],
    ["a brace too many, without indentation: nothing", "server { a { } } }", null],
    ["a string: its quote", 'a "b;\nc;', '"'],
    ["no semicolon before a brace: the last word", "server {\n  root /srv/a\n}", "/srv/a"],
    ["no semicolon before a block: the last word", "server {\n  root /srv/a\n  location / { }\n}", "/srv/a"],
  ])("shows for %s", (_, text, other) => {
    const span = read(text).fault?.other?.span ?? null;
    expect(span === null ? null : text.slice(span.start, span.end)).toBe(other);
  });

  test("a byte order mark does not keep the rest from being read", () => {
    const { directives, fault } = read("\uFEFFevents {}\nhttp { server { } }");
    expect(fault?.message).toContain("byte order mark");
    expect(directives).toHaveLength(2);
  });
});

/** Texts that look like nginx's, broken at any place. */
const pieces = fc.constantFrom(
  ...[
    "server",
    "location",
    "root",
    "if",
    "map",
    "include",
    "a",
    "$",
    `\${b}`,
    "/srv/a",
    "content_by_lua_block",
  ],
  ...[
    " ",
    "\n",
    "\t",
    "\r\n",
    ";",
    "{",
    "}",
    '"',
    "'",
    "\\",
    "#",
    "(",
    ")",
    "[[",
    "]]",
    "--",
    "\uFEFF",
    "ä",
    "😀",
    "\0",
  ],
);
const texts = fc.oneof(
  fc.array(pieces, { maxLength: 60 }).map((all) => all.join("")),
  fc.string({ unit: "binary" }),
);

describe("any text", () => {
  test("is read without an exception, and every place is inside of it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { file, directives, fault } = read(text);
        for (const directive of everyDirective(directives)) inside(file, directive);
        if (fault !== null) {
          for (const { start, end } of [fault.span, ...(fault.other === null ? [] : [fault.other.span])]) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(end).toBeGreaterThanOrEqual(start);
            expect(start).toBeLessThanOrEqual(text.length);
          }
        }
      }),
      { numRuns: runs(3000) },
    );
  });

  test("has only blanks, comments and signs between the words that were found", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { directives, fault, template } = read(text);
        const lua = [...everyDirective(directives)].some(({ name }) => name.text.endsWith("_by_lua_block"));
        if (fault !== null || lua || template !== null) return;
        let at = 0;
        for (const word of [...everyDirective(directives)].flatMap(wordsOf)) {
          expect(word.start).toBeGreaterThanOrEqual(at);
          expect(text.slice(at, word.start)).toMatch(/^(?:[ \t\r\n;{}]|#[^\n]*(?:\n|$))*$/);
          at = word.end;
        }
        expect(text.slice(at)).toMatch(/^(?:[ \t\r\n;{}]|#[^\n]*(?:\n|$))*$/);
      }),
      { numRuns: runs(3000) },
    );
  });

  test("reads the same when it is cut into directives again", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const { directives, template } = read(text);
        if (template !== null) return;
        for (const directive of directives) {
          if (directive.truncated) continue;
          const again = read(text.slice(directive.start, directive.end));
          expect(shape(again.directives)).toEqual(shape([directive]));
        }
      }),
    );
  });
});

function inside(file: SourceFile, { start, end, name, args, block }: Directive): void {
  expect(start).toBe(name.start);
  expect(end).toBeLessThanOrEqual(file.text.length);
  let at = start;
  for (const word of [name, ...args]) {
    expect(word.start).toBeGreaterThanOrEqual(at);
    expect(word.end).toBeGreaterThan(word.start);
    at = word.end;
  }
  expect(at).toBeLessThanOrEqual(end);
  for (const child of block ?? []) {
    expect(child.start).toBeGreaterThanOrEqual(at);
    expect(child.end).toBeLessThanOrEqual(end);
    at = child.end;
  }
}
