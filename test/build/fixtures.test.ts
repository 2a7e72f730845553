import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { tree } from "../support/tree.js";
import { sources, writtenOut } from "./fixtures.js";
import { BASE_NOTE, basesIn, isSame, leavesBelow, overlay, whole, writeLeaves } from "./overlay.js";

const { top, put, link } = tree();

const BASE = {
  "fixtures/base/debian/etc/passwd": "root\n",
  "fixtures/base/debian/etc/php/main.conf": "[global]\n",
  "fixtures/base/debian/etc/php/pool.d/www.conf": "[www]\n",
};
const HOME = "fixtures/a/b/bad-x";

/** The files of the fixture `a/b/bad-x` once it is written out, each with its text or its link's target. */
function written(): Readonly<Record<string, string>> {
  const leaves = leavesBelow(path.join(writtenOut(top()), "a/b/bad-x"));
  return Object.fromEntries(
    [...leaves].map(([name, at]) => {
      const stat = fs.lstatSync(at);
      if (stat.isDirectory()) return [name, "(empty directory)"];
      return [name, stat.isSymbolicLink() ? `-> ${fs.readlinkSync(at)}` : fs.readFileSync(at, "utf8")];
    }),
  );
}

describe("a fixture on its base", () => {
  test("has the base's files, and its own in their place", () => {
    put({ ...BASE, [`${HOME}/base.txt`]: "debian\n", [`${HOME}/etc/passwd`]: "www\n", [`${HOME}/new`]: "n" });
    expect(written()).toEqual({
      "etc/passwd": "www\n",
      "etc/php/main.conf": "[global]\n",
      "etc/php/pool.d/www.conf": "[www]\n",
      new: "n",
    });
  });

  test("does not have what it removes, nor a directory that is empty then", () => {
    put({ ...BASE, [`${HOME}/base.txt`]: "debian\n- etc/php/pool.d/www.conf\n- etc/passwd\n" });
    expect(written()).toEqual({ "etc/php/main.conf": "[global]\n" });
  });

  test("keeps links as they are written, modes and empty directories", () => {
    put({ ...BASE, [`${HOME}/base.txt`]: "debian\n", [`${HOME}/run`]: "x" });
    link("../nowhere", path.join(HOME, "etc/dead"));
    link("/etc/php", path.join(HOME, "etc/absolute"));
    fs.chmodSync(path.join(top(), HOME, "run"), 0o755);
    fs.mkdirSync(path.join(top(), HOME, "srv/empty"), { recursive: true });
    expect(written()).toMatchObject({
      "etc/dead": "-> ../nowhere",
      "etc/absolute": "-> /etc/php",
      "srv/empty": "(empty directory)",
    });
    const made = path.join(writtenOut(top()), "a/b/bad-x");
    expect(fs.statSync(path.join(made, "run")).mode & 0o777).toBe(0o755);
    expect(fs.statSync(path.join(made, "etc/passwd")).mode & 0o777).toBe(
      fs.statSync(path.join(top(), "fixtures/base/debian/etc/passwd")).mode & 0o777,
    );
  });

  test("may have a link where the base has a directory, and a directory where it has a file", () => {
    put({ ...BASE, [`${HOME}/base.txt`]: "debian\n", [`${HOME}/etc/passwd/x`]: "x" });
    link("/usr/php", path.join(HOME, "etc/php"));
    expect(written()).toEqual({ "etc/passwd/x": "x", "etc/php": "-> /usr/php" });
  });

  test("without a base is whole as it is", () => {
    put({ ...BASE, [`${HOME}/etc/hosts`]: "h", [`${HOME}/expected.txt`]: "e" });
    expect(written()).toEqual({ "etc/hosts": "h", "expected.txt": "e" });
  });

  test.each([
    ["debain\n", /bad-x\/base\.txt: no base is called "debain"; there are debian$/],
    ["", /no base is called ""; there are debian$/],
    ["debian\n- etc/shadow\n", /base "debian" has no etc\/shadow to remove$/],
    ["debian\n- etc/hosts\n", /base "debian" has no etc\/hosts to remove$/],
    ["debian\n- new\n- etc/passwd\n", /base "debian" has no new to remove$/],
    ["debian\n- etc/php/main.conf\n", /etc\/php\/main\.conf is removed, and the fixture has it$/],
    ["debian\netc/passwd\n", /"etc\/passwd" is not "- path"$/],
  ])("%j is refused", (note, message) => {
    put({ ...BASE, [`${HOME}/base.txt`]: note, [`${HOME}/etc/php/main.conf`]: "m", [`${HOME}/new`]: "n" });
    expect(written).toThrow(message);
    expect(fs.readdirSync(path.join(top(), "node_modules/.cache/fixtures/whole"))).toEqual([]);
  });
});

describe("the copies", () => {
  /** Of each copy the inode: another one when it is written again. */
  const copies = (): readonly number[] => {
    const made = writtenOut(top());
    return ["a/b/bad-x", "a/b/ok-y"].map((name) => fs.statSync(path.join(made, name)).ino);
  };
  const other = { "fixtures/a/b/ok-y/etc/hosts": "h" };

  test("are made once, and of what changes again", () => {
    put({ ...BASE, ...other, [`${HOME}/base.txt`]: "debian\n" });
    const [first, kept] = copies();
    expect(copies()).toEqual([first, kept]);
    put({ [`${HOME}/etc/passwd`]: "www\n" });
    const [second, still] = copies();
    expect(second).not.toBe(first);
    expect(still).toBe(kept);
    put({ "fixtures/base/debian/etc/group": "root\n" });
    expect(written()).toMatchObject({ "etc/passwd": "www\n", "etc/group": "root\n" });
  });

  test("are gone with their fixture, and come back when they are lost", () => {
    put({ ...other, [`${HOME}/etc/hosts`]: "h" });
    const made = writtenOut(top());
    fs.rmSync(path.join(made, "a/b/bad-x"), { recursive: true });
    expect(written()).toEqual({ "etc/hosts": "h" });
    fs.rmSync(path.join(top(), HOME), { recursive: true });
    writtenOut(top());
    expect(fs.readdirSync(path.join(made, "a/b"))).toEqual(["ok-y"]);
  });

  test("of another run with other sources are not taken for ours", () => {
    put({ [`${HOME}/etc/hosts`]: "h" });
    const copy = path.join(writtenOut(top()), "a/b/bad-x");
    fs.cpSync(copy, `${copy}-2`, { recursive: true });
    fs.writeFileSync(`${copy}-2/etc/hosts`, "theirs");
    fs.renameSync(copy, `${copy}-1`);
    fs.renameSync(`${copy}-2`, copy);
    expect(written()).toEqual({ "etc/hosts": "h" });
  });

  test("are made of what is right when one is wrong", () => {
    put({ ...BASE, ...other, [`${HOME}/base.txt`]: "debian\n" });
    copies();
    put({ [`${HOME}/base.txt`]: "debain\n", "fixtures/a/a/ok-first/etc/hosts": "h" });
    expect(() => writtenOut(top())).toThrow("debain");
    put({ [`${HOME}/base.txt`]: "debian\n- etc/passwd\n" });
    expect(Object.keys(written())).toEqual(["etc/php/main.conf", "etc/php/pool.d/www.conf"]);
  });

  test("are copies: what is done to them does not reach the fixture", () => {
    put({ [`${HOME}/etc/hosts`]: "h" });
    fs.writeFileSync(path.join(writtenOut(top()), "a/b/bad-x/etc/hosts"), "changed");
    expect(fs.readFileSync(path.join(top(), HOME, "etc/hosts"), "utf8")).toBe("h");
  });

  test("have the hosts too, and neither the bases nor the tables", () => {
    put({ ...BASE, "fixtures/hosts/one/etc/x": "", "fixtures/syntax/t.json": "", "fixtures/README.md": "" });
    put({ [`${HOME}/etc/hosts`]: "h" });
    expect(fs.readdirSync(writtenOut(top())).sort()).toEqual(["a", "hosts"]);
    expect([...leavesBelow(path.join(writtenOut(top()), "hosts")).keys()]).toEqual(["one/etc/x"]);
  });
});

describe("from a whole host to what a fixture holds", () => {
  const taken = () => {
    const bases = basesIn(path.join(top(), "fixtures/base"));
    const { note, own } = overlay(leavesBelow(path.join(top(), "host")), bases);
    return { note, own: [...own.keys()] };
  };
  const host = {
    "host/etc/passwd": "root\n",
    "host/etc/php/main.conf": "[global]\n",
    "host/etc/php/pool.d/www.conf": "[other]\n",
  };

  test("what is the same in the base is left out, what only the base has is removed", () => {
    put({ ...BASE, ...host, "fixtures/base/debian/etc/group": "root\n" });
    expect(taken()).toEqual({ note: "debian\n- etc/group\n", own: ["etc/php/pool.d/www.conf"] });
  });

  test("the base that leaves the least is taken, and none where none helps", () => {
    put({ ...BASE, ...host, "fixtures/base/whole/etc/passwd": "root\n" });
    expect(taken().note).toBe("debian\n");
    put({ "host/etc/passwd": "x\n", "host/etc/php/main.conf": "y\n" });
    expect(taken()).toEqual({ note: null, own: Object.keys(host).map((name) => name.slice(5)) });
  });

  test("is whole again on that base", () => {
    put({ ...BASE, ...host });
    link("../php", "host/etc/php/linked");
    const bases = basesIn(path.join(top(), "fixtures/base"));
    const { note, own } = overlay(leavesBelow(path.join(top(), "host")), bases);
    const home = path.join(top(), "fixture");
    writeLeaves(own, home);
    put({ "fixture/base.txt": note ?? "" });
    const again = whole(leavesBelow(home), bases);
    expect([...again.keys()]).toEqual([...leavesBelow(path.join(top(), "host")).keys()]);
    expect(isSame(again.get("etc/passwd") ?? "", path.join(top(), "host/etc/passwd"))).toBe(true);
  });
});

test("a fixture of the repository repeats nothing of its base", () => {
  const bases = basesIn(path.join(sources(), "base"));
  const repeated = [...leavesBelow(sources())]
    .filter(([name]) => path.basename(name) === BASE_NOTE)
    .flatMap(([, note]) => {
      const base = bases.get(fs.readFileSync(note, "utf8").split("\n", 1)[0] ?? "");
      const home = path.dirname(note);
      return [...leavesBelow(home)].filter(([name, at]) => isSame(at, base?.get(name))).map(([, at]) => at);
    });
  expect(repeated).toEqual([]);
});
