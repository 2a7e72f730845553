import * as fs from "node:fs";
import * as path from "node:path";
import { expect, test } from "vitest";
import { leavesBelow } from "../build/overlay.js";
import { tree } from "../support/tree.js";
import { takeIn, writeOut } from "./fixture/work.js";

const { top, put, link } = tree();

const at = (name: string): string => path.join(top(), name);
const namesIn = (name: string): readonly string[] => [...leavesBelow(at(name)).keys()];

function repository(): void {
  put({
    "fixtures/base/debian/etc/passwd": "root\n",
    "fixtures/base/debian/etc/group": "root\n",
    "fixtures/base/debian/etc/main.conf": "[global]\n",
    "fixtures/a/b/bad-x/base.txt": "debian\n- etc/group\n",
    "fixtures/a/b/bad-x/etc/nginx.conf": "x",
    "fixtures/a/b/ok-y/etc/nginx.conf": "y",
    "fixtures/hosts/one/etc/hosts": "h",
  });
}

test("a fixture is written out whole, and taken in again it is the same", () => {
  repository();
  link("nginx.conf", "fixtures/a/b/bad-x/etc/linked.conf");
  expect(writeOut("a/b/bad-x", at("out"), top())).toBe(`a/b/bad-x: 4 files in ${at("out")}`);
  expect(namesIn("out")).toEqual(["etc/linked.conf", "etc/main.conf", "etc/nginx.conf", "etc/passwd"]);
  put({ "out/etc/group": "root\n" });
  expect(takeIn(at("out"), "a/b/bad-x", top())).toBe("a/b/bad-x: base debian, and 2 files that differ");
  expect(namesIn("fixtures/a/b/bad-x")).toEqual(["base.txt", "etc/linked.conf", "etc/nginx.conf"]);
  expect(fs.readFileSync(at("fixtures/a/b/bad-x/base.txt"), "utf8")).toBe("debian\n");
});

test("hosts and bases are written out too", () => {
  repository();
  writeOut("hosts/one", at("host"), top());
  writeOut("base/debian", at("base"), top());
  expect([...namesIn("host"), ...namesIn("base")]).toEqual([
    "etc/hosts",
    "etc/group",
    "etc/main.conf",
    "etc/passwd",
  ]);
});

test("a host that no base fits becomes a whole fixture", () => {
  repository();
  put({ "host/etc/nginx.conf": "z" });
  expect(takeIn(at("host"), "a/c/ok-z", top())).toBe("a/c/ok-z: whole, 1 file");
  expect(namesIn("fixtures/a/c/ok-z")).toEqual(["etc/nginx.conf"]);
});

test.each(["a/b/bad-z", "a/b", "a", "", "a/b/bad-x/etc", "../fixtures/a", "a/b/..", "syntax/x"])(
  "%j is not a fixture",
  (name) => {
    repository();
    expect(() => writeOut(name, at("out"), top())).toThrow(`There is no fixture ${name}.`);
    expect(fs.existsSync(at("out"))).toBe(false);
  },
);

test("a mistyped name is answered with the others of its rule", () => {
  repository();
  expect(() => writeOut("a/b/bad-z", at("out"), top())).toThrow(/:\n {2}a\/b\/bad-x\n {2}a\/b\/ok-y$/);
});

test("a directory with something in it is not written to, an empty one is", () => {
  repository();
  put({ "out/mine": "" });
  expect(() => writeOut("a/b/ok-y", at("out"), top())).toThrow("something is in it");
  fs.mkdirSync(at("empty"));
  writeOut("a/b/ok-y", at("empty"), top());
  expect(namesIn("empty")).toEqual(["etc/nginx.conf"]);
});

test.each(["b/bad-x", "a/b/x", "base/b/ok-x", "hosts/b/ok-x", "a/../ok-x", "a/b/ok-x/y"])(
  "no fixture is made that is called %j",
  (name) => {
    repository();
    expect(() => takeIn(at("fixtures/hosts/one"), name, top())).toThrow(`${name} does not name a fixture`);
  },
);

test("what is taken in is a directory, and not a fixture on its base", () => {
  repository();
  expect(() => takeIn(at("nowhere"), "a/b/ok-z", top())).toThrow("is not a directory");
  expect(() => takeIn(at("fixtures/a/b/bad-x"), "a/b/ok-z", top())).toThrow("write the fixture out first");
});
