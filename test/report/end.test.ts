import { describe, expect, test } from "vitest";
import type { Summary } from "../../src/engine/finding.js";
import { chooseColor, chooseUnicode } from "../../src/report/terminal/color.js";
import { escapeText } from "../../src/report/terminal/escape.js";
import { quiet, text } from "../../src/report/text.js";
import { place } from "../../src/source/file.js";
import { at, draw, file, finding, inWords, result, UNICODE } from "../build/findings.js";

describe("escaping", () => {
  const evil = "\x1b[31m\x07\x7f\x9b\u202e\u2066\ud800\ufeff\u00a0";
  const shown = "\\x1b[31m\\x07\\x7f\\x9b\\u202e\\u2066\\ud800\\ufeff\\xa0";

  test("control characters are shown, and marked as they are drawn", () => {
    expect(escapeText(`${evil}\n\t`)).toBe(`${shown}\\x0a\\x09`);
    const body = file(evil, `a ${evil};`);
    const one = finding(at(body, evil), { message: evil, effect: evil, help: inWords(evil), rule: evil });
    const rows = draw(one);
    expect(rows[0]).toBe(`warning[${shown}]: ${shown}`);
    expect(rows[1]).toBe(`   ╭─ ${shown}:1:3`);
    expect(rows[2]).toBe(` 1 │ a ${shown};`);
    expect(rows[3]).toBe(`   │   ${"━".repeat(shown.length)}`);
    expect(rows[6]).toBe(`   = help: ${shown}`);
  });

  test("quiet, and what was not checked", () => {
    const incomplete = [{ file: evil, line: 3, reason: evil, fatal: true }];
    expect(quiet(result([finding(at(file(evil, "a"), "a"))], { incomplete }))).toBe(
      `${shown}:1:1: warning: left says 1, right says 2 [invented/rule]\n` +
        `${shown}:3: not checked: ${shown}\n` +
        "1 warning; 1 host, 7 files, 3 PHP locations, 2 pools checked; 1 place not checked\n",
    );
  });
});

describe("the end", () => {
  const last = (changes: Partial<Summary>) => quiet(result([], changes)).trimEnd();
  const apart = "so nginx and PHP-FPM could not be compared";

  test("numbers", () => {
    expect(last({ errors: 1, warnings: 2, infos: 3, suppressed: 4, locations: 1, pools: 1 })).toBe(
      "1 error, 2 warnings, 3 infos, 4 suppressed; 1 host, 7 files, 1 PHP location, 1 pool checked",
    );
    expect(last({})).toBe("no findings; 1 host, 7 files, 3 PHP locations, 2 pools checked");
  });

  test("nothing to compare is said", () => {
    expect(last({ locations: 0 })).toBe(
      `no findings; 1 host, 7 files, 2 pools checked; no PHP location found, ${apart}`,
    );
    expect(last({ pools: 0 })).toBe(
      `no findings; 1 host, 7 files, 3 PHP locations checked; no pool found, ${apart}`,
    );
    expect(last({ hosts: 2, files: 1, locations: 0, pools: 0 })).toBe(
      `no findings; 2 hosts, 1 file checked; no PHP location and no pool found, ${apart}`,
    );
    expect(last({ files: 0 })).toBe("no findings; nothing was checked");
  });

  test("what was not checked, and two findings apart", () => {
    const incomplete = [
      { file: "a", line: 3, reason: "no such file", fatal: true },
      { file: "b", line: null, reason: "permission denied", fatal: true },
    ];
    expect(text(result([], { incomplete }), UNICODE)).toBe(
      "not checked:\n  a:3: no such file\n  b: permission denied\n" +
        "no findings; 1 host, 7 files, 3 PHP locations, 2 pools checked; 2 places not checked\n",
    );
    const one = finding(place(file("a", "x"), 0, 1));
    expect(text(result([one, one]), UNICODE)).toContain("explain invented/rule\n\nwarning[");
  });
});

describe("choices", () => {
  test("colour: the flag, NO_COLOR, FORCE_COLOR, the stream", () => {
    const choose = (flag: "always" | "never" | "auto", isTTY: boolean, env: Record<string, string> = {}) =>
      chooseColor({ flag, env, isTTY });
    expect(choose("always", false, { NO_COLOR: "1" })).toBe(true);
    expect(choose("never", true, { FORCE_COLOR: "1" })).toBe(false);
    expect(choose("auto", true, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(true);
    expect(choose("auto", true, { NO_COLOR: "" })).toBe(true);
    expect(choose("auto", false, { FORCE_COLOR: "1" })).toBe(true);
    expect(choose("auto", false, { FORCE_COLOR: "0" })).toBe(false);
    expect(choose("auto", true, { TERM: "dumb" })).toBe(false);
  });

  test("drawing: the locale, and Unicode where there is none", () => {
    expect(chooseUnicode({})).toBe(true);
    expect(chooseUnicode({ LANG: "C.UTF-8" })).toBe(true);
    expect(chooseUnicode({ LC_ALL: "C", LANG: "de_DE.utf8" })).toBe(false);
    expect(chooseUnicode({ LC_ALL: "", LC_CTYPE: "de_DE.utf8", LANG: "C" })).toBe(true);
    expect(chooseUnicode({ LANG: "en_US.UTF-8", TERM: "dumb" })).toBe(false);
  });
});
