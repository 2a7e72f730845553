import { expect, test } from "vitest";
import { pluginsByFile } from "./compare/ask.js";
import { type Asked, HEAD, reportedIn, rowsOf } from "./compare/count.js";
import { readOptions } from "./compare/options.js";

const none = { all: new Set<string>(), fault: new Set<string>() };

function asked(fixture: string, daemons: Asked["daemons"], gixy: Asked["gixy"] = none): Asked {
  return { fixture, daemons, gixy };
}

test("each category has its counts, and the last row those of all", () => {
  const ssrf = reportedIn(new Set(["ssrf", "origins"]), [new Set(["origins"])]);
  const noise = reportedIn(new Set(["origins"]), [new Set(["origins"])]);
  const rows = rowsOf([
    asked("socket/a/bad-one", "refused"),
    asked("connect/b/bad-one", "accepted", ssrf),
    asked("connect/b/bad-two", "not asked", noise),
  ]);
  expect(rows).toEqual([
    ["connect", "2", "1", "0", "1", "2", "1"],
    ["socket", "1", "0", "1", "0", "0", "0"],
    ["all", "3", "1", "1", "1", "2", "1"],
  ]);
  expect(rows.every((row) => row.length === HEAD.length)).toBe(true);
});

test("what was not asked is not counted as nothing", () => {
  expect(rowsOf([asked("a/b/bad-c", "accepted", null)])[0]?.slice(-2)).toEqual([
    "not measured",
    "not measured",
  ]);
});

test("gixy's plugins belong to the main file that it read", () => {
  const json = JSON.stringify([
    { path: "/a/nginx.conf", plugin: "ssrf" },
    { path: "/a/nginx.conf", plugin: "ssrf" },
    { path: "/b/nginx.conf", plugin: "origins" },
  ]);
  expect(pluginsByFile(json)).toEqual(
    new Map([
      ["/a/nginx.conf", new Set(["ssrf"])],
      ["/b/nginx.conf", new Set(["origins"])],
    ]),
  );
  expect(pluginsByFile("gixy: command not found")).toBeNull();
});

test("an option that is not known is named", () => {
  expect(readOptions(["--gixy", "/opt/gixy", "--only", "a/", "--only", "b/"])).toEqual({
    gixy: "/opt/gixy",
    only: ["a/", "b/"],
    list: false,
  });
  expect(readOptions(["--gixie"])).toEqual({ wrong: expect.stringContaining("--gixie") });
});
