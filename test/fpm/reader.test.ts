/** The lines of one file: places, template language, and what is left when a line is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  readBoolean,
  readInteger,
  readMode,
  readProcessManager,
  readSeconds,
} from "../../src/fpm/settings/values.js";
import { type FpmLine, parseFpm } from "../../src/fpm/syntax/parse.js";
import { type SourceFile, sourceFile } from "../../src/source/file.js";
import { runs } from "../support/sample.js";

const file = (text: string): SourceFile => sourceFile("/p.conf", "p.conf", text);
const read = (text: string): readonly FpmLine[] => parseFpm(file(text));
const cut = (text: string, range: { start: number; end: number }): string =>
  text.slice(range.start, range.end);

/** `key = value` of every setting, `null` as `?`. */
function settings(text: string): readonly string[] {
  return read(text).flatMap((line) => {
    if (line.kind !== "setting") return [];
    const index = line.index === null ? "" : `[${line.index}]`;
    return [`${line.key}${index} = ${line.value ?? "?"}`];
  });
}

const kinds = (text: string): readonly string[] => read(text).map((line) => line.kind);

describe("places", () => {
  it("are the characters of key and value", () => {
    const text =
      '; über\r\n  PM.Max_Children\t= 50  ; many\r\nenv[ X ]= "a b" c\r\n[shop.example.com] ; c\r\n';
    const lines = read(text);
    expect(lines.map((line) => cut(text, line.range))).toEqual(["50", '"a b" c', "[shop.example.com]"]);
    expect(lines[0]).toMatchObject({ key: "pm.max_children", index: null, value: "50", raw: "50" });
    expect(lines[1]).toMatchObject({ key: "env", index: "X ", value: "a bc", raw: '"a b" c' });
    expect(lines[2]).toMatchObject({ kind: "section", name: "shop.example.com" });
    const keys = lines.flatMap((line) => (line.kind === "setting" ? [cut(text, line.keyRange)] : []));
    expect(keys).toEqual(["PM.Max_Children", "env[ X ]"]);
  });

  it("of an empty value lie behind the equals sign", () => {
    const text = "user =   ; nobody\n";
    expect(read(text)).toMatchObject([{ value: "", raw: "", range: { start: 6, end: 6 } }]);
  });

  it("of an include are the statement and the pattern", () => {
    const text = "include = /etc/p/*.conf ; all\n";
    const [line] = read(text);
    if (line?.kind !== "include") expect.fail("no include");
    expect(cut(text, line.statement)).toBe("include = /etc/p/*.conf");
    expect(cut(text, line.range)).toBe("/etc/p/*.conf");
    expect(line.pattern).toBe("/etc/p/*.conf");
  });

  it("skip a byte order mark at the start of any line", () => {
    const text = "\uFEFF[www]\n\uFEFFuser = a";
    expect(read(text).map((line) => cut(text, line.range))).toEqual(["[www]", "a"]);
  });

  it("count in lines that end with CR only", () => {
    const text = "[www]\ruser = a\rgroup = b\r";
    expect(read(text).map((line) => cut(text, line.range))).toEqual(["[www]", "a", "b"]);
  });
});

describe("a refused line", () => {
  it("leaves every other line, and every one is reported", () => {
    const text = "# pool\n[www]\nuser = a\nchdir = /home/~x\nkey\ngroup = b\n";
    expect(kinds(text)).toEqual(["fault", "section", "setting", "fault", "fault", "setting"]);
  });

  it.each([
    ["# text", "# text", /"#" does not start a comment/, "value is NULL"],
    ["# a = b", "# a = b", /"#" does not start a comment/, "unknown entry '# a'"],
    ["pm.max_requests = no # c", "#", /"#" does not start a comment/, "unexpected TC_STRING"],
    ["   [www]", "[www]", /spaces before a section header/, "unexpected END_OF_LINE"],
    ["[www", "[www", /without "]"/, "unexpected end of file"],
    ["[www] x", "[www] x", /text after the section header: "x"/, "value is NULL"],
    ["on = 1", "on = 1", /"on" is a reserved word/, "unexpected BOOL_TRUE"],
    ['a = "b', 'a = "b', /quote is not closed on this line/, "unexpected end of file"],
    ["chdir = /home/~x ; c", "~", /"~" is not allowed here/, "unexpected '~'"],
    ["  a = b(c)", "(", /"\(" is not allowed here/, "unexpected '('"],
    ["a = b = c", "=", /"=" is not allowed here/, "unexpected '='"],
    ["a = on time", "time", /"time" is not allowed here/, "unexpected TC_CONSTANT"],
    ["key : v", "key : v", /no "=" after "key : v"/, "value is NULL"],
    ["include=a\rinclude=b", "include=a\rinclude=b", /two includes/, "two includes at the same time !"],
  ])("%j points at %j", (text, at, message, log) => {
    const [fault, ...more] = read(text);
    expect(more).toEqual([]);
    if (fault?.kind !== "fault") expect.fail("no fault");
    expect(cut(text, fault.range)).toBe(at);
    const why = fault.refusal();
    expect(why.message).toMatch(message);
    expect(why.log).toContain(log);
    expect(why.help).not.toBe("");
  });
});

describe("values that cannot be told", () => {
  it.each([
    `user = \${USER}`,
    `user = "\${USER}x"`,
    `user = \${USER:-www-data}`,
    "user = {{ php_user }}",
    "user = {{ php_user | default('x (y)') }}",
    "user = {{.Env.USER}}",
    "user = <%= @user %>",
    "user = {% if a %}b{% endif %}",
    "user = __USER__",
    "user = @USER@",
    "user = %user%",
    "user = PHP_OS",
    "user = M_PI|1",
  ])("%s", (text) => {
    expect(settings(text)).toEqual(["user = ?"]);
  });

  it("but not text that only looks alike", () => {
    expect(settings(`access.format = "%R - %u %t \\"%m %r%Q%q\\" %s %{mili}d %C%%"`)).toEqual([
      'access.format = %R - %u %t "%m %r%Q%q" %s %{mili}d %C%%',
    ]);
    expect(settings("listen = @x\nuser = $USER\nenv[LOG_LEVEL] = debug")).toEqual([
      "listen = @x",
      "user = $USER",
      "env[LOG_LEVEL] = debug",
    ]);
  });

  it("a condition makes what it holds unknown, and its own lines are skipped", () => {
    const text = "{% if x %}\nuser = a\n{% else %}\nuser = b\n{% endif %}\ngroup = c\n";
    expect(settings(text)).toEqual(["user = ?", "user = ?", "group = c"]);
    expect(settings("{{- range .Pools }}\nuser = a\n{{- end }}\ngroup = c")).toEqual([
      "user = ?",
      "group = c",
    ]);
    expect(settings("{{#if x}}\nuser = a\n{{/if}}\ngroup = c")).toEqual(["user = ?", "group = c"]);
    expect(settings("<% @x.each do |k| -%>\nuser = a\n<% end -%>\ngroup = c")).toEqual([
      "user = ?",
      "group = c",
    ]);
    expect(settings("{{#o}}user = a{{/o}}\ngroup = c")).toEqual(["user = ?", "group = c"]);
  });

  it("template lines are never refused; what may stand for settings is a gap", () => {
    expect(kinds("{# a comment #}\n{{ ansible_managed | comment }}\n")).toEqual([]);
    expect(kinds("{{ extra }}\n{{ key }} = {{ value }}\n{{ a }} b ( c\n")).toEqual(["gap", "gap", "gap"]);
    expect(kinds("{% set x = [\n  'a',\n] %}\nuser = a\n")).toEqual(["setting"]);
  });

  it("a pool whose name is a placeholder keeps it as its name", () => {
    expect(read("[{{ item.name }}]")).toMatchObject([{ kind: "section", name: "{{ item.name }}" }]);
  });
});

describe("any text", () => {
  const pieces = fc.constantFrom(
    ...`[ ] = ; # " ' \\ ~ ! ( ) | & ^ $ \${ { } {{ }} {% %} <% %> % @ __ \0 \r \n \t on no E_ALL key env[ include= 1 é 𐀀 \uFEFF`.split(
      " ",
    ),
    " ",
  );
  const texts = fc.oneof(
    fc.string(),
    fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join("")),
  );

  it("is read without an exception, and every place lies inside it", () => {
    fc.assert(
      fc.property(texts, (text) => {
        for (const line of read(text)) {
          const ranges = [line.range];
          if (line.kind === "setting") ranges.push(line.keyRange);
          if (line.kind === "include") ranges.push(line.statement);
          for (const { start, end } of ranges) {
            expect(start).toBeGreaterThanOrEqual(0);
            expect(end).toBeGreaterThanOrEqual(start);
            expect(end).toBeLessThanOrEqual(text.length);
          }
        }
      }),
      { numRuns: runs(2000) },
    );
  });

  it("however deep it nests", () => {
    expect(kinds(`a = ${"(".repeat(100_000)}`)).toEqual(["fault"]);
    expect(kinds(`a = ${"!".repeat(100_000)}1`)).toEqual(["fault"]);
  });

  it("however long it is, in reasonable time", () => {
    const started = process.cpuUsage();
    read(
      `user = ${"a ".repeat(100_000)}\n${"{{".repeat(50_000)}\n${"<%".repeat(50_000)}\n${" ".repeat(100_000)}x\n`,
    );
    read("a = b\n".repeat(20_000));
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(30);
  });
});

describe("FPM's readings", () => {
  // Printed by `php-fpm8.2 -tt`.
  it.each([
    ["5", 5],
    ["-5", -5],
    ["-", 0],
    ["", 0],
    ["007", 7],
    ["99999999999", 1215752191],
    ["4294967297", 1],
    ["99999999999999999999999", -1],
    ["-99999999999999999999999", 0],
  ])("integer %j is %j", (text, value) => {
    expect(readInteger(text)).toEqual({ ok: true, value });
  });

  it.each([
    ["5", 5],
    ["5m", 300],
    ["5h", 18000],
    ["5d", 432000],
    ["500ms", 500],
    ["1.5m", 60],
    ["5ss", 5],
    ["s", 0],
    ["-5m", -300],
    ["30 s", 30],
    ["99999999999d", -1025855872],
    ["35791395m", -2147483596],
    ["40000d", -838967296],
    [" 5", 5],
    ["+5", 5],
    ["x5s", 0],
    ["0x10", 0],
  ])("time %j is %j seconds", (text, value) => {
    expect(readSeconds(text)).toEqual({ ok: true, value });
  });

  it("refuses with FPM's words", () => {
    expect(readInteger("1k")).toEqual({
      ok: false,
      refusal: "is not a valid number (greater or equal than zero)",
    });
    expect(readSeconds("")).toEqual({ ok: false, refusal: "invalid time value" });
    expect(readSeconds("1M")).toEqual({ ok: false, refusal: "unknown suffix used in time value" });
    expect(readBoolean("Yes")).toEqual({ ok: false, refusal: "invalid boolean value" });
    expect(readProcessManager("foo")).toMatchObject({ ok: false });
    expect(readProcessManager("OnDemand")).toEqual({ ok: true, value: "ondemand" });
  });

  // Modes of the sockets that php-fpm8.2 creates.
  it.each([
    ["0660", 0o660],
    ["660", 0o660],
    ["0666x", 0o666],
    ["08", 0],
    ["0o660", 0],
    ["rw-rw----", 0],
    ["", 0o660],
  ])("mode %j", (text, mode) => {
    expect(readMode(text)).toBe(mode);
  });
});
