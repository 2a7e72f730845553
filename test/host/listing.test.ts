import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { diskFilesystem } from "../../src/host/disk.js";

/** Directories of which something is gone while they are listed. */

/** The directory whose listing fails as Node's does where a name of an unknown kind is gone before it is looked at. */
const changing = vi.hoisted(() => ({ directory: "" }));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const readdirSync = (path: fs.PathLike, options: object): unknown => {
    if (String(path) === changing.directory && "withFileTypes" in options)
      throw Object.assign(new Error("ENOENT: lstat"), { code: "ENOENT" });
    return Reflect.apply(real.readdirSync, real, [path, options]);
  };
  return { ...real, readdirSync };
});

let top = "";
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "fpmlint-listing-")));
});
afterEach(() => {
  changing.directory = "";
  fs.rmSync(top, { recursive: true });
});

test("a process that ends meanwhile does not hide all others", () => {
  fs.mkdirSync(join(top, "proc/12"), { recursive: true });
  fs.writeFileSync(join(top, "proc/12/cmdline"), "nginx: master process nginx");
  fs.writeFileSync(join(top, "proc/uptime"), "1 1");
  changing.directory = join(top, "proc");
  const host = diskFilesystem({ root: top, workingDirectory: top });
  const listed = host.entry("/proc");
  expect(listed.kind === "directory" && listed.names).toEqual(["12", "uptime"]);
  expect(host.entry("/proc/12").kind).toBe("directory");
  expect(host.entry("/proc/12/cmdline").kind).toBe("file");
});

test("a directory that is gone itself", () => {
  const host = diskFilesystem({ root: top, workingDirectory: top });
  expect(host.children?.("/none")).toBeNull();
});
