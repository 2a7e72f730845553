import { describe, expect, test } from "vitest";
import { otherVersion } from "../daemons/prove.js";
import { readOptions } from "./daemons/options.js";

describe("npm run daemons", () => {
  test("takes suites, a PHP and how much is tried", () => {
    expect(readOptions(["--suite", "trixie", "--suite", "sid", "--php", "8.5", "--proofs", "all"])).toEqual({
      options: {
        ...{ suites: ["trixie", "sid"], php: "8.5", proofs: null, cases: 50 },
        ...{ cache: null, optional: false, fetchOnly: false },
      },
    });
    expect(readOptions(["--help"])).toEqual({ help: true });
  });

  test.each([
    [[], "--suite is missing: --suite trixie"],
    [["--suite", "../x"], "--suite ../x is no name of a suite, such as trixie"],
    [["--suite", "sid", "--php", "8"], "--php 8 is no version of PHP such as 8.5"],
    [["--suite", "sid", "--proofs", "0"], '--proofs 0 is neither a whole number above 0 nor "all"'],
    [["--suite", "sid", "--cases", "x"], "--cases x is no whole number above 0"],
  ])("refuses %j", (args, wrong) => {
    expect(readOptions(args)).toEqual({ wrong });
  });
});

describe("a fixture that only some versions show", () => {
  const daemons = { nginx: "1.22.1", php: "8.2.31" };
  test.each([
    [null, null],
    ["php since 8.2", null],
    ["php since 8.2\nnginx before 1.29.7", null],
    ["php since 8.5", "it holds for php since 8.5, and this is 8.2.31"],
    ["nginx before 1.22.1", "it holds for nginx before 1.22.1, and this is 1.22.1"],
  ])("%j", (versions, said) => {
    expect(otherVersion({ name: "bad-x", versions }, daemons)).toBe(said);
  });

  test("says which line it cannot read", () => {
    expect(() => otherVersion({ name: "bad-x", versions: "8.5" }, daemons)).toThrow('bad-x: "8.5"');
  });
});
