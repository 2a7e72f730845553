import { expect, test } from "vitest";
import { diskFilesystem } from "../../src/host/disk.js";
import type { Entry, HostFilesystem } from "../../src/host/filesystem.js";
import { files } from "../../src/host/find/survey.js";
import { tree } from "../support/tree.js";

/** A directory that is asked for as a whole is listed by the system, which would follow a link in its own way. */

const { top, put, link } = tree();

const listed = (directory: string): readonly string[] => {
  const fs = diskFilesystem({ root: `${top()}/host`, workingDirectory: top() });
  return files(fs, directory, () => undefined);
};

test("a directory is listed with what is below it", () => {
  put({ "host/etc/nginx/nginx.conf": "", "host/etc/nginx/sites/a": "" });
  expect(listed("/etc/nginx")).toEqual(["/etc/nginx/nginx.conf", "/etc/nginx/sites/a"]);
});

test.each([
  ["out of the host", (at: string) => `${at}/outside`],
  ["inside, as the host means it", () => "/opt/nginx"],
])("a link in its place is not followed: %s", (_, target) => {
  put({ "outside/secret": "", "host/opt/nginx/nginx.conf": "", "host/etc/x": "" });
  link(target(top()), "host/etc/nginx");
  expect(listed("/etc/nginx")).toEqual([]);
});

test("what is not there has no files", () => {
  put({ "host/etc/x": "" });
  expect(listed("/etc/nginx")).toEqual([]);
});

test("a link to a directory below is not followed", () => {
  put({ "outside/secret": "", "host/etc/nginx/a": "" });
  link(`${top()}/outside`, "host/etc/nginx/out");
  link("../nginx", "host/etc/nginx/loop");
  expect(listed("/etc/nginx")).toEqual(["/etc/nginx/a"]);
});

test("a directory that cannot be listed is noted, above all and below others", () => {
  const refused = (path: string): Entry => ({ kind: "unreadable", path, reason: "Permission denied" });
  put({ "host/etc/nginx/a": "", "host/etc/nginx/sites/b": "" });
  const disk = diskFilesystem({ root: `${top()}/host`, workingDirectory: top() });
  const closed = "/etc/nginx/sites";
  const fs: HostFilesystem = {
    ...disk,
    entry: (path) => (path === closed ? refused(path) : disk.entry(path)),
    children: (path) => (path === closed ? null : (disk.children?.(path) ?? null)),
  };
  const noted: string[] = [];
  const note = ({ path }: Entry) => noted.push(path);
  expect(files(fs, "/etc/nginx", note)).toEqual(["/etc/nginx/a"]);
  expect(files(fs, closed, note)).toEqual([]);
  expect(noted).toEqual([closed, closed]);
});

test("a link by the name of a directory that is passed over may be a file", () => {
  put({ "host/etc/nginx/a": "" });
  link("a", "host/etc/nginx/vendor");
  expect(listed("/etc/nginx")).toEqual(["/etc/nginx/a", "/etc/nginx/vendor"]);
});
