import { execFileSync, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FileChange, writeHostsAtomically } from "../../../src/cli/write/files.js";
import { diskFilesystem } from "../../../src/host/disk.js";
import { unifiedDiff } from "../../../src/report/diff.js";
import { decodeBytes } from "../../../src/source/bytes.js";

/** What the filesystem is made to do; it does the real thing where a function is null. */
const faults = vi.hoisted(() => ({
  write: null as ((descriptor: number, bytes: Uint8Array) => void) | null,
  rename: null as ((from: string, to: string) => void) | null,
}));

/** Names in a directory that is held open come through its descriptor: this is where they lead. */
const leadsTo = vi.hoisted(() => (realpath: (path: string) => string, path: string): string => {
  const [, directory = "", name = ""] = /^(\/proc\/self\/fd\/\d+)\/(.*)$/.exec(path) ?? [];
  return directory === "" ? path : `${realpath(directory)}/${name}`;
});

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  return {
    ...real,
    writeFileSync: (target: number, bytes: Uint8Array) =>
      faults.write === null ? real.writeFileSync(target, bytes) : faults.write(target, bytes),
    renameSync: (from: string, to: string) =>
      faults.rename === null
        ? real.renameSync(from, to)
        : faults.rename(leadsTo(real.realpathSync, from), leadsTo(real.realpathSync, to)),
  };
});
const real = await vi.importActual<typeof import("node:fs")>("node:fs");

const isRoot = process.getuid?.() === 0;
const BEFORE = "pm = static\n";
const AFTER = "pm = dynamic\n";

let root = "";
beforeEach(() => {
  root = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "fpmlint-write-")));
});
afterEach(() => {
  faults.write = null;
  faults.rename = null;
  fs.rmSync(root, { recursive: true, force: true });
});

/** A file of the root, with what it is to become. */
function file(name: string, before = BEFORE, after = AFTER): FileChange {
  const path = join(root, name);
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, before);
  return { path, before, after };
}

const text = (name: string): string => fs.readFileSync(join(root, name), "utf8");

/** Everything below the root with its text, to see that nothing changed and nothing was left. */
function everything(): Readonly<Record<string, string>> {
  const names = fs.readdirSync(root, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => [name, fs.lstatSync(join(root, name)).isFile() ? text(name) : ""]),
  );
}

function refused(files: readonly FileChange[], message: string | RegExp, within = root): void {
  const before = everything();
  expect(() => writeHostsAtomically([{ files, root: within }])).toThrow(message);
  expect(everything()).toEqual(before);
}

function failing(code: string): never {
  throw Object.assign(new Error(code), { code });
}

describe("files are written", () => {
  test("all of them, with nothing left beside them", () => {
    writeHostsAtomically([{ files: [file("a.conf"), file("pool.d/b.conf")], root }]);
    expect(everything()).toEqual({ "a.conf": AFTER, "pool.d": "", "pool.d/b.conf": AFTER });
  });

  test("with the mode they had", () => {
    const one = file("a.conf");
    for (const mode of [0o640, 0o600, 0o666]) {
      fs.writeFileSync(one.path, BEFORE);
      fs.chmodSync(one.path, mode);
      writeHostsAtomically([{ files: [one], root }]);
      expect(fs.statSync(one.path).mode & 0o7777).toBe(mode);
    }
  });

  test.skipIf(!isRoot)("with the owner and group they had", () => {
    const one = file("a.conf");
    fs.chownSync(one.path, 1234, 4321);
    writeHostsAtomically([{ files: [one], root }]);
    expect(fs.statSync(one.path)).toMatchObject({ uid: 1234, gid: 4321 });
  });

  test("at once: who has the old file open goes on reading it", () => {
    const one = file("a.conf");
    const old = fs.openSync(one.path, "r");
    writeHostsAtomically([{ files: [one], root }]);
    expect(fs.readFileSync(old, "utf8")).toBe(BEFORE);
    fs.closeSync(old);
    expect(text("a.conf")).toBe(AFTER);
  });

  test("under a name that no include reads, and beside the target", () => {
    const one = file("pool.d/a.conf");
    const seen: string[] = [];
    faults.rename = (from, to) => {
      seen.push(from);
      real.renameSync(from, to);
    };
    writeHostsAtomically([{ files: [one], root }]);
    writeHostsAtomically([{ files: [{ ...one, before: AFTER, after: BEFORE }], root }]);
    expect(seen.map(dirname)).toEqual([join(root, "pool.d"), join(root, "pool.d")]);
    expect(seen[0]).toMatch(/\/\.fpmlint-\d+-\d+-[0-9a-f]{8}-[0-9a-f]{24}\.tmp$/);
    expect(new Set(seen).size).toBe(2);
  });

  test("to the last one, though a signal comes meanwhile", () => {
    const signals = ["SIGHUP", "SIGINT", "SIGTERM", "SIGQUIT", "SIGALRM", "SIGUSR2", "SIGXCPU"] as const;
    const heard = () => signals.map((signal) => process.listenerCount(signal));
    const before = heard();
    const seen: (readonly number[])[] = [];
    faults.rename = (from, to) => {
      seen.push(heard());
      for (const signal of signals) process.kill(process.pid, signal);
      real.renameSync(from, to);
    };
    writeHostsAtomically([{ files: [file("a.conf"), file("b.conf")], root }]);
    expect(seen).toEqual([before, before].map((counts) => counts.map((count) => count + 1)));
    expect(heard()).toEqual(before);
    expect(everything()).toEqual({ "a.conf": AFTER, "b.conf": AFTER });
  });

  test("not at all where the text stays", () => {
    const one = file("a.conf", BEFORE, BEFORE);
    const { ino } = fs.statSync(one.path);
    writeHostsAtomically([{ files: [one], root }]);
    expect(fs.statSync(one.path).ino).toBe(ino);
  });

  test("whose names are not UTF-8", () => {
    const directory = Buffer.concat([Buffer.from(`${root}/`), Buffer.from("h\xf6st", "latin1")]);
    const path = Buffer.concat([directory, Buffer.from("/a\xff.conf", "latin1")]);
    fs.mkdirSync(directory);
    fs.writeFileSync(path, BEFORE);
    writeHostsAtomically([{ files: [{ path: decodeBytes(path), before: BEFORE, after: AFTER }], root }]);
    expect(fs.readFileSync(path, "utf8")).toBe(AFTER);
    expect(fs.readdirSync(directory)).toHaveLength(1);
    const link = Buffer.from(`${root}/link.conf`);
    fs.symlinkSync(path, link);
    const change = { path: decodeBytes(link), before: AFTER, after: BEFORE };
    writeHostsAtomically([{ files: [change], root: decodeBytes(directory) }]);
    expect(fs.readFileSync(path, "utf8")).toBe(BEFORE);
  });

  test("behind a link, which stays a link", () => {
    file("available/a.conf");
    fs.mkdirSync(join(root, "enabled"));
    fs.symlinkSync("../available/a.conf", join(root, "enabled/a.conf"));
    const path = join(root, "enabled/a.conf");
    writeHostsAtomically([{ files: [{ path, before: BEFORE, after: AFTER }], root }]);
    expect(fs.readlinkSync(path)).toBe("../available/a.conf");
    expect(fs.lstatSync(join(root, "available/a.conf")).isFile()).toBe(true);
    expect(text("available/a.conf")).toBe(AFTER);
  });

  test("below a root that is itself behind a link", () => {
    file("real/a.conf");
    fs.symlinkSync("real", join(root, "link"));
    const path = join(root, "link/a.conf");
    writeHostsAtomically([{ files: [{ path, before: BEFORE, after: AFTER }], root: join(root, "link") }]);
    expect(text("real/a.conf")).toBe(AFTER);
  });

  test.each([
    ["UTF-8 with a byte order mark", Buffer.from("\uFEFF; ü €\r\npm = static\r\n")],
    ["Latin-1", Buffer.from("; \xfc\xa4\xff\npm = static\n", "latin1")],
    ["UTF-8 that is cut off", Buffer.from([0x3b, 0xc3, 0x0a, ...Buffer.from("pm = static")])],
    [
      "no characters at all",
      Buffer.from([0x3b, 0x80, 0xfe, 0xed, 0xa0, 0x80, ...Buffer.from("\npm = static")]),
    ],
  ])("every other byte as it was: %s", (_, bytes) => {
    const path = join(root, "a.conf");
    fs.writeFileSync(path, bytes);
    const entry = diskFilesystem({ root, workingDirectory: root }).entry("/a.conf");
    const content = entry.kind === "file" ? entry.read() : { unreadable: entry.kind };
    const before = "text" in content ? content.text : content.unreadable;
    writeHostsAtomically([{ files: [{ path, before, after: before.replace("static", "dynamic") }], root }]);
    const expected = Buffer.from(bytes.toString("latin1").replace("static", "dynamic"), "latin1");
    expect(fs.readFileSync(path)).toEqual(expected);
  });
});

describe("nothing is written", () => {
  test("when one of the files was edited meanwhile", () => {
    const [one, two] = [file("a.conf"), file("b.conf")];
    fs.appendFileSync(two.path, "; mine\n");
    refused([one, two], `${two.path}: has changed since it was read; nothing was changed`);
  });

  test("when one was edited while the new ones were written", () => {
    const [one, two] = [file("a.conf"), file("b.conf")];
    let written = 0;
    faults.write = (descriptor, bytes) => {
      written += 1;
      if (written === 2) real.appendFileSync(one.path, "; mine\n");
      real.writeFileSync(descriptor, bytes);
    };
    expect(() => writeHostsAtomically([{ files: [one, two], root }])).toThrow(
      `${one.path}: has changed since it was read`,
    );
    expect(everything()).toEqual({ "a.conf": `${BEFORE}; mine\n`, "b.conf": BEFORE });
  });

  test("when the disk is full at the second file", () => {
    const files = [file("a.conf"), file("b.conf")];
    let written = 0;
    faults.write = (descriptor, bytes) => {
      written += 1;
      // As a full disk does it: some of the bytes are there.
      real.writeFileSync(descriptor, written === 2 ? bytes.subarray(0, 3) : bytes);
      if (written === 2) failing("ENOSPC");
    };
    refused(files, `${files[1]?.path}: cannot be written: no space left on the device; nothing was changed`);
  });

  test("when the first cannot be renamed", () => {
    const files = [file("a.conf"), file("b.conf")];
    faults.rename = () => failing("EBUSY");
    refused(files, `${files[0]?.path}: cannot be replaced: the file itself is a mount point`);
  });

  test("in a file that is outside the root, or a link that leads out of it", () => {
    const inside = file("a.conf");
    const outside = file("../fpmlint-write-outside.conf");
    try {
      refused([inside, outside], /outside\.conf: leads to .*, outside /);
      const path = join(root, "link.conf");
      fs.symlinkSync(outside.path, path);
      refused([inside, { ...outside, path }], `${path}: leads to ${outside.path}, outside ${root}`);
      expect(fs.readFileSync(outside.path, "utf8")).toBe(BEFORE);
      // A name that only begins like the root's.
      fs.mkdirSync(join(root, "pool"));
      refused([file("pool.d/a.conf")], /outside .*\/pool;/, join(root, "pool"));
    } finally {
      fs.rmSync(outside.path);
    }
  });

  test("in the place of what is not a regular file", () => {
    const path = join(root, "fifo.conf");
    execFileSync("mkfifo", [path]);
    refused([{ path, before: "", after: AFTER }], `${path}: is not a regular file; nothing was changed`);
    refused([{ path: root, before: "", after: AFTER }], "is not a regular file");
  });

  test("in the place of a file that is gone, or of a link to nothing", () => {
    const one = file("a.conf");
    fs.rmSync(one.path);
    refused([one], `${one.path}: is not there`);
    fs.symlinkSync("gone.conf", one.path);
    refused([one], `${one.path}: is not there`);
    fs.rmSync(one.path);
    fs.symlinkSync("a.conf", one.path);
    refused([one], `${one.path}: is a link that leads to itself`);
  });

  test("through one of several names of a file", () => {
    const one = file("a.conf");
    fs.linkSync(one.path, join(root, "b.conf"));
    refused([one], `${one.path}: has more than one name (hard links)`);
  });

  test("twice to the same file", () => {
    const one = file("a.conf");
    const path = join(root, "b.conf");
    fs.symlinkSync("a.conf", path);
    refused([one, { ...one, path }], `${path}: is the same file as ${one.path}`);
    refused([one, one], `${one.path}: belongs to several hosts, and each of them would change it`);
  });

  test("that no bytes stand for", () => {
    refused([{ ...file("b.conf"), after: "; \ud800\n" }], "cannot hold the new text");
  });

  test.each([
    ["a directory", 0o555, 0o644],
    ["a file", 0o755, 0o444],
  ])("to %s that may not be written", (_, directoryMode, fileMode) => {
    const one = file("pool.d/a.conf");
    fs.chmodSync(one.path, fileMode);
    fs.chmodSync(join(root, "pool.d"), directoryMode);
    const change = () =>
      refused([one], `${one.path}: may not be written (permission denied); nothing was changed`);
    if (!isRoot) return change();
    // Root may write everywhere.
    for (const path of [root, join(root, "pool.d"), one.path]) fs.chownSync(path, 65_534, 65_534);
    process.setegid?.(65_534);
    process.seteuid?.(65_534);
    try {
      change();
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
  });
});

test("when a later file cannot be renamed, the message says which were changed", () => {
  const [one, two, three] = [file("a.conf"), file("b.conf"), file("c.conf")];
  faults.rename = (from, to) => (to === three.path ? failing("EIO") : real.renameSync(from, to));
  expect(() => writeHostsAtomically([{ files: [one, two, three], root }])).toThrow(
    `${three.path}: cannot be written: EIO; already changed: ${one.path}, ${two.path}`,
  );
  expect(everything()).toEqual({ "a.conf": AFTER, "b.conf": AFTER, "c.conf": BEFORE });
});

describe("a diff", () => {
  test("is what diff -u prints, but for the times", () => {
    const before = "a\nb\nc\nd\ne\nf\ng\n";
    const after = "a\nb\nc\nd\nE\nf\ng\nh";
    expect(unifiedDiff("pool.d/www.conf", before, after)).toBe(
      "--- a/pool.d/www.conf\n+++ b/pool.d/www.conf\n@@ -2,6 +2,7 @@\n b\n c\n d\n-e\n+E\n f\n g\n+h\n\\ No newline at end of file\n",
    );
  });

  test("of the same text is empty", () => {
    expect(unifiedDiff("a", "x\r\n", "x\r\n")).toBe("");
  });

  test("of an absolute name counts from /", () => {
    expect(unifiedDiff("/etc/a.conf", "a", "b")).toMatch(/^--- a\/etc\/a\.conf\n\+\+\+ b\/etc\/a\.conf\n/);
  });

  test("shows no control characters of a name", () => {
    const [from = "", to = ""] = unifiedDiff("\x1b[31m\n\u202e.conf", "a\n", "b\n").split("\n");
    expect(from).toBe('--- "a/\\033[31m\\n\\342\\200\\256.conf"');
    expect(to).toBe('+++ "b/\\033[31m\\n\\342\\200\\256.conf"');
  });

  const tools = [
    ["git", ["apply", "--whitespace=nowarn", "-"]],
    ["patch", ["-p1", "--binary", "--silent"]],
  ] as const;
  const applied = (tool: string, args: readonly string[], name: string, before: string, after: string) => {
    real.mkdirSync(dirname(join(root, name)), { recursive: true });
    real.writeFileSync(join(root, name), before);
    const input = unifiedDiff(name, before, after);
    // Not as a part of whatever repository the directory may lie in.
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(root) };
    const answer = spawnSync(tool, args, { cwd: root, input, env, encoding: "utf8" });
    expect(answer.status, answer.stderr + answer.stdout + input).toBe(0);
    expect(text(name)).toBe(after);
    real.rmSync(join(root, name));
  };

  test.each(tools)("is taken by %s, whatever the lines and their ends", (tool, args) => {
    const line = fc.constantFrom(
      "",
      "pm = static",
      "; -- a",
      "-- b",
      "++ c",
      "@@ -1 +1 @@",
      "\\ No",
      "\uFEFFü",
    );
    const lines = fc.array(fc.tuple(line, fc.constantFrom("\n", "\n", "\r\n")), { maxLength: 12 });
    const texts = fc
      .tuple(lines, fc.constantFrom("", "pm = ondemand"))
      .map(([all, last]) => all.map((one) => one.join("")).join("") + last);
    fc.assert(
      fc.property(texts, texts, (before, after) => {
        // An empty text means to both that the file is not there.
        fc.pre(before !== after && before !== "" && after !== "");
        applied(tool, args, "pool.d/www.conf", before, after);
      }),
      { numRuns: 60 },
    );
  });

  test.each(tools)("is taken by %s for odd names", (tool, args) => {
    for (const name of [
      "my pool.conf",
      "a\tb.conf",
      'quo"te.conf',
      "ü.conf",
      "-- x.conf",
      "pool d/\x1b.conf",
    ])
      applied(tool, args, name, "-- x\npm = static\n", "pm = dynamic\n-- x\n");
  });
});
