import { expect, test } from "vitest";
import { hidden, PARTS, programIn, requireFrom, shown } from "../../../src/cli/start/parts.js";

const texts = {
  lint: '({lint: function () { "*/ and `more`"; }})',
  more: "({})",
  validators: "",
  yaml: "x".repeat(100_000),
  docs: "({})",
};

test("what is hidden in a file is shown as it was", () => {
  const body = hidden(texts);
  const file = `(function (body, digest) { /* "0123" */ })(${body}, "0123456789abcdef");\n`;
  for (const name of PARTS) expect(shown(file, name)).toBe(texts[name]);
  expect(programIn(file)).toBe("0123456789abcdef");
});

test("what is hidden is a function, short, and one comment", () => {
  const body = hidden(texts);
  expect(body.length).toBeLessThan(1000);
  expect(body.match(/\*\//g)).toHaveLength(1);
  expect(new Function(`return (${body})()`)()).toBeUndefined();
});

test("a part that is not there, or is damaged, is an error", () => {
  expect(() => shown("function () {/*\x02lint AAAA\n*/}", "more")).toThrow("no part more");
  expect(() => shown("function () {/*\x02lint AAAA\n*/}", "lint")).toThrow();
});

test("a module is made once, also where two want each other, and its part is asked for once", () => {
  const asked: string[] = [];
  const made: string[] = [];
  const require = requireFrom((part) => {
    asked.push(part);
    return {
      lint: (own, _, others) => {
        made.push("lint");
        own.exports = { more: () => others("more") };
      },
      more: (own, _, others) => {
        made.push("more");
        own.exports = { lint: others("lint") };
      },
    };
  });
  const lint = require("lint") as { readonly more: () => { readonly lint: unknown } };
  expect(asked).toEqual(["lint"]);
  expect(lint.more().lint).toBe(lint);
  lint.more();
  expect([asked, made]).toEqual([
    ["lint", "more"],
    ["lint", "more"],
  ]);
  expect(require("node:path")).toBe(process.getBuiltinModule("node:path"));
});
