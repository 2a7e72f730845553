import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { asGlibc, errorWords, glibcWords } from "../../src/causes/errno.js";
import { outsideCause, outsideCauses } from "../../src/causes/outside-causes.js";
import { recognise, recogniseLine } from "../../src/causes/recognise.js";
import { errnosOf, fixedTexts, SignatureTable, shownTemplate } from "../../src/causes/signature.js";
import { signatures, signatureTable } from "../../src/causes/signatures/index.js";
import { readLine } from "../../src/logs/line.js";
import { isOlder } from "../../src/nginx/facts/version.js";
import { describeProofs, fpmCommand, nginxCommand, programOf, versions } from "../daemons/available.js";
import { recordedLines } from "../support/recorded-lines.js";

const NOW = Date.UTC(2026, 10, 28, 12);

describe("the table", () => {
  test("each id and each template is there once", () => {
    const ids = signatures.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const templates = signatures.flatMap((one) => one.templates);
    expect(new Set(templates).size).toBe(templates.length);
  });

  test("every cause outside that it names exists, and names it back or a neighbour", () => {
    const named = signatures.flatMap(({ outside }) => outside);
    expect(named.filter((id) => outsideCause(id) === null)).toEqual([]);
    const back = outsideCauses.flatMap((one) => one.signatures);
    expect(back.filter((id) => signatureTable.get(id) === null)).toEqual([]);
    const oneWay = outsideCauses.flatMap((cause) =>
      cause.signatures
        .filter((id) => signatureTable.get(id)?.outside.includes(cause.id) !== true)
        .map((id) => `${cause.id}: ${id}`),
    );
    expect(oneWay).toEqual([]);
  });

  test("every rule that it names exists", () => {
    const ids = new Set(["*", ...rules.map(({ id }) => id)]);
    expect(signatures.flatMap((one) => one.rules).filter((id) => !ids.has(id))).toEqual([]);
  });

  test("no template has words of a C library", () => {
    const words = errorWords.flatMap(({ glibc, musl }) => [glibc, musl]);
    // PHP opens scripts and sessions itself and writes no number.
    const own = signatures
      .filter(({ by }) => by !== "php" && by !== "kernel")
      .flatMap((one) => one.templates);
    expect(own.filter((template) => words.some((word) => template.includes(word)))).toEqual([]);
  });

  test("every error that it has is in the list of words", () => {
    for (const one of signatures)
      for (const number of errnosOf(one)) expect(glibcWords(number), one.id).not.toBeNull();
  });

  test("the line that a rule's case promises has a signature that names the rule", () => {
    const cases = rules.flatMap((rule) => Object.values(rule.cases).map((of) => ({ rule: rule.id, of })));
    const missing = cases.filter(({ rule, of: { symptom } }) => {
      if (symptom === null || symptom.log === null) return false;
      const own = signatures.filter(
        (one) => one.rules.includes(rule) || (symptom.when === "start" && one.rules.includes("*")),
      );
      if (symptom.when === "start") return own.length === 0;
      return !own.some((one) => one.templates.some((template) => mayHold(template, symptom.log ?? "")));
    });
    expect(missing.map(({ rule, of }) => `${rule}: ${of.symptom?.log}`)).toEqual([]);
  });
});

/** Whether the quoted part may be of such a line: the glibc words stand for errors, what nginx adds may come behind. */
function mayHold(template: string, log: string): boolean {
  const plain = shownTemplate(template).replace(
    /(\d+): …/g,
    (_, number: string) => `${number}: ${glibcWords(Number(number))}`,
  );
  const pieces = plain
    .split("…")
    .map((piece) => piece.trim())
    .filter((piece) => piece.length > 3);
  return (
    plain.includes(log) ||
    pieces.some((piece) => log.includes(piece) || piece.includes(log)) ||
    /", host: "$/.test(log)
  );
}

describe("lines that were recorded", () => {
  test.each(recordedLines)("$id: $line", ({ id, line }) => {
    expect(recognise(line, NOW)?.match.signature.id).toBe(id);
  });

  test("Alpine's words change nothing", () => {
    // What nginx's own resolver says is nobody else's.
    for (const { id, line } of recordedLines.filter(
      ({ line: text }) => !text.includes("could not be resolved"),
    )) {
      let musl = line;
      for (const one of errorWords) {
        musl = musl.replaceAll(`${one.number}: ${one.glibc}`, `${one.number}: ${one.musl}`);
        musl = musl.replaceAll(`${one.glibc} (${one.number})`, `${one.musl} (${one.number})`);
      }
      expect(recognise(musl, NOW)?.match.signature.id, musl).toBe(id);
      expect(asGlibc(musl)).toBe(line);
    }
  });

  test("a line that says nothing is none", () => {
    for (const line of ["", " ", "hello", "2026/11/28 12:00:00 [notice] 1#1: gracefully shutting down"])
      expect(recognise(line, NOW), line).toBeNull();
  });

  test("what PHP says is told although nginx writes it, also several at once and as PHP 7 joined them", () => {
    const said = (text: string): string | undefined => {
      const line = readLine(
        `2026/11/28 12:00:00 [error] 7#7: *1 FastCGI sent in stderr: "${text}" while reading response header from upstream, client: 192.0.2.1, server: a`,
        NOW,
      );
      return line === null ? undefined : recogniseLine(line)?.signature.id;
    };
    expect(said("PHP message: PHP Warning:  a in /x.php on line 3; Primary script unknown")).toBe(
      "script-unknown",
    );
    expect(
      said(
        "PHP message: PHP Warning:  a in /x.php on line 3PHP message: PHP Fatal error:  b in /x.php on line 4",
      ),
    ).toBe("fatal");
    expect(said("PHP message: hello, client: 10.0.0.1, server: evil")).toBe("stderr");
  });
});

describe("the matcher", () => {
  test("costs grow with the line, whatever is in it", () => {
    const table = new SignatureTable(signatures);
    for (const text of [
      "[pool ".repeat(50_000),
      "in :1".repeat(50_000),
      '() "'.repeat(50_000),
      "a b ".repeat(50_000),
    ])
      expect(() => table.match(text)).not.toThrow();
  });

  test("parts end where the next words begin", () => {
    const table = new SignatureTable([
      { ...(signatures[0] as (typeof signatures)[0]), templates: ["a {x} b {n:d} c {y}"] },
    ]);
    expect([...(table.match("a 1 2 b 34 c rest of it")?.parts ?? [])]).toEqual([
      ["x", "1 2"],
      ["n", "34"],
      ["y", "rest of it"],
    ]);
    expect(table.match("a 1 b x c")).toBeNull();
  });
});

/** What no binary has as it is: a status in an access log, an error's words without its number (`request/open-basedir` proves them). */
const COMPOSED: ReadonlySet<string> = new Set(["script-basedir", "socket-other"]);

/** Words that a daemon has from a version of nginx on. */
const LATER: ReadonlyMap<string, string> = new Map([
  ["upstream prematurely closed FastCGI request while reading upstream", "1.19.1"],
]);

describeProofs("the table, with the daemons", (proof) => {
  proof("the words of every template are in the daemons, or in a line recorded from them", async () => {
    const binaries = [nginxCommand, fpmCommand]
      .map((path) => (path === null ? "" : readFileSync(programOf(path), "latin1")))
      .join("\0");
    const recorded = new Set(recordedLines.map(({ id }) => id));
    const missing = signatures
      .filter(({ by, id }) => (by === "nginx" || by === "php-fpm" || by === "php") && !COMPOSED.has(id))
      .flatMap(({ id, templates }) =>
        templates
          .filter((template) => !isOlder(versions.nginx, LATER.get(template) ?? null))
          .filter((template) => !wordsOf(template).every((words) => binaries.includes(words)))
          .map((template) => `${id}: ${template}`)
          .filter(() => !recorded.has(id)),
      );
    expect(missing).toEqual([]);
  });
});

/** Its texts as they stand in a program: each part between two holes, without the words that are put together. */
function wordsOf(template: string): readonly string[] {
  return fixedTexts(template)
    .flatMap((text) =>
      text.split(
        /\[pool | while | in upstream |host not found|, | to unix:|\) failed \(|: "|\b(?:exited) |"\(|\(\)/,
      ),
    )
    .map((text) =>
      text
        .replace(/^[)\]"':,. ]+|[(["':,. ]+$/g, "")
        .replace(/^failed|^(?:PHP )|failed$/g, "")
        .trim(),
    )
    .filter((text) => text.length > 4);
}

const MUSL = ["/lib/ld-musl-x86_64.so.1", "/usr/lib/musl/lib/libc.so", "/lib/ld-musl-aarch64.so.1"].find(
  (path) => existsSync(path),
);

const GLIBC = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6"].find((path) =>
  existsSync(path),
);

describe("words of the C libraries", () => {
  const missing = MUSL === undefined ? " (the package musl is not installed)" : "";
  test.skipIf(MUSL === undefined)(`those of musl are in its library${missing}`, () => {
    const library = readFileSync(MUSL ?? "", "latin1");
    expect(errorWords.filter(({ musl }) => !library.includes(`${musl}\0`)).map(({ musl }) => musl)).toEqual(
      [],
    );
  });

  test.skipIf(GLIBC === undefined)("those of glibc are in its library", () => {
    const library = readFileSync(GLIBC ?? "", "latin1");
    expect(
      errorWords.filter(({ glibc }) => !library.includes(`${glibc}\0`)).map(({ glibc }) => glibc),
    ).toEqual([]);
  });
});
