import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { writeReport } from "../../../src/cli/write/report.js";

/** What the filesystem is made to do; it does the real thing where it is null. */
const faults = vi.hoisted(() => ({ write: null as string | null, rename: null as string | null }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const failing = (code: string): never => {
    throw Object.assign(new Error(code), { code });
  };
  return {
    ...real,
    writeSync: (descriptor: number, bytes: Buffer, at: number) =>
      faults.write === null ? real.writeSync(descriptor, bytes, at) : failing(faults.write),
    renameSync: (from: string, to: string) =>
      faults.rename === null ? real.renameSync(from, to) : failing(faults.rename),
  };
});

const isRoot = process.getuid?.() === 0;

let top = "";
beforeEach(() => {
  top = fs.mkdtempSync(join(tmpdir(), "fpmlint-report-"));
});
afterEach(() => {
  faults.write = null;
  faults.rename = null;
  fs.rmSync(top, { recursive: true, force: true });
});

const at = (name: string): string => join(top, name);
const text = (name: string): string => fs.readFileSync(at(name), "utf8");
const write = (name: string, content = "new\n"): void => writeReport(at(name), name, content);

describe("a report", () => {
  test("is a new file with the mode that new files have", () => {
    const before = process.umask(0o027);
    write("a.json");
    process.umask(before);
    expect(text("a.json")).toBe("new\n");
    expect(fs.statSync(at("a.json")).mode & 0o777).toBe(0o640);
    expect(fs.readdirSync(top)).toEqual(["a.json"]);
  });

  test("takes the place of a file, with its mode and owner, all at once", () => {
    fs.writeFileSync(at("a.json"), "old and longer\n", { mode: 0o604 });
    fs.chmodSync(at("a.json"), 0o604);
    if (isRoot) fs.chownSync(at("a.json"), 1234, 5678);
    const { ino, uid, gid } = fs.statSync(at("a.json"));
    const reader = fs.openSync(at("a.json"), "r");
    write("a.json");
    expect(fs.readFileSync(reader, "utf8")).toBe("old and longer\n");
    fs.closeSync(reader);
    const now = fs.statSync(at("a.json"));
    expect({ mode: now.mode & 0o777, uid: now.uid, gid: now.gid }).toEqual({ mode: 0o604, uid, gid });
    expect(now.ino).not.toBe(ino);
  });

  test.each([
    ["ENOSPC", null, "a.json: no space left on device"],
    ["EIO", null, "a.json: input/output error"],
    [null, "EBUSY", "a.json: is itself a mount point, so it cannot be replaced"],
    [null, "EACCES", "a.json: permission denied"],
  ])(
    "that cannot be written (%s, %s) leaves the old one whole, and nothing else",
    (written, renamed, message) => {
      fs.writeFileSync(at("a.json"), "old\n");
      faults.write = written;
      faults.rename = renamed;
      expect(() => write("a.json")).toThrow(message);
      expect(text("a.json")).toBe("old\n");
      expect(fs.readdirSync(top)).toEqual(["a.json"]);
    },
  );

  test.each([
    ["a link", () => fs.symlinkSync("victim", at("a.json")), "is a link, which is not followed"],
    ["a link to nothing", () => fs.symlinkSync("gone", at("a.json")), "is a link, which is not followed"],
    ["a directory", () => fs.mkdirSync(at("a.json")), "is a directory"],
    ["a named pipe", () => spawnSync("mkfifo", [at("a.json")]), "is not a regular file"],
  ])("is not written through %s", (_what, make, reason) => {
    fs.writeFileSync(at("victim"), "old\n");
    make();
    expect(() => write("a.json")).toThrow(`a.json: ${reason}`);
    expect(text("victim")).toBe("old\n");
    expect(fs.readdirSync(top).sort()).toEqual(["a.json", "victim"]);
  });

  test("goes through links of the directories that were typed", () => {
    fs.mkdirSync(at("real"));
    fs.symlinkSync("real", at("way"));
    write("way/a.json");
    expect(text("real/a.json")).toBe("new\n");
  });

  test("needs a directory", () => {
    expect(() => write("no/a.json")).toThrow("no/a.json: no such file or directory");
  });
});

test.skipIf(!isRoot)("a report is not written where its directory may not be", () => {
  fs.mkdirSync(at("locked"));
  fs.writeFileSync(at("locked/a.json"), "old\n");
  fs.chmodSync(at("locked/a.json"), 0o666);
  fs.chmodSync(top, 0o755);
  process.seteuid?.("nobody");
  try {
    expect(() => write("locked/a.json")).toThrow(
      "locked/a.json: a file next to it cannot be created: permission denied",
    );
  } finally {
    process.seteuid?.(0);
  }
  expect(text("locked/a.json")).toBe("old\n");
});
