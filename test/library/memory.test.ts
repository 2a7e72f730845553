import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { json, lint, readHosts } from "../../src/library/index.js";

const folder = join(process.cwd(), "fixtures/hosts");

/** All files of a directory by their path; `null`: it has links, which a text cannot be. */
function textsOf(directory: string): Readonly<Record<string, string>> | null {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" });
  const kinds = names.map((name) => [name, lstatSync(join(directory, name))] as const);
  if (kinds.some(([, stat]) => stat.isSymbolicLink())) return null;
  const files = kinds.filter(([, stat]) => stat.isFile()).map(([name]) => name);
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(directory, name), "utf8")]));
}

function linted(options: Parameters<typeof lint>[0]): string {
  const outcome = lint(options);
  return outcome.kind === "linted" ? json(outcome.result) : outcome.refusal.message;
}

const trees = readdirSync(folder).flatMap((name) => {
  const files = textsOf(join(folder, name));
  return files === null ? [] : [[name, files] as const];
});

test("there are trees to compare", () => expect(trees.length).toBeGreaterThan(10));

test.each(trees)("texts give the findings that the files of %s give", (name, files) => {
  const workingDirectory = join(folder, name);
  expect(linted({ files })).toBe(linted({ workingDirectory }));
});

test("a path may begin with a slash, and says the same", () => {
  const [, files] = trees.find(([name]) => name === "example") ?? [];
  const rooted = Object.fromEntries(Object.entries(files ?? {}).map(([path, text]) => [`/${path}`, text]));
  expect(linted({ files: rooted })).toBe(linted({ files: files ?? {} }));
});

test("nothing of this machine is read", () => {
  const files = {
    "etc/nginx/nginx.conf": "events {}\nhttp { include /etc/hostname; }\n",
  };
  const outcome = lint({ files, workingDirectory: "/" });
  if (outcome.kind !== "linted") throw new Error(outcome.refusal.message);
  expect(outcome.result.summary.incomplete.map(({ reason }) => reason)).toEqual([
    "etc/hostname: no such file in the tree",
  ]);
});

test("a file that is a program is not read, as on a disk", () => {
  const files = {
    "etc/nginx/nginx.conf": "events {}\nhttp { include x.conf; }\n",
    "etc/nginx/x.conf": "\0ELF",
  };
  const outcome = lint({ files });
  if (outcome.kind !== "linted") throw new Error(outcome.refusal.message);
  expect(outcome.result.summary.incomplete).toMatchObject([
    { file: "etc/nginx/nginx.conf", line: 2, reason: "etc/nginx/x.conf: is a binary file" },
    { file: "etc/nginx/x.conf", line: null, reason: "is a binary file" },
  ]);
});

test("hosts of the configuration are hosts of the tree", () => {
  const files = { "web1/conf/main": "events {}\nhttp { server { listen 80; } }\n" };
  const config = { hosts: [{ name: "web1", root: "web1", nginx: "conf/main" }] };
  expect(readHosts({ files, config })).toMatchObject({
    kind: "read",
    hosts: [{ name: "web1", root: "web1", nginx: { files: ["web1/conf/main"] }, pools: [] }],
  });
});

test("an empty tree has nothing to lint", () => {
  expect(lint({ files: {} })).toMatchObject({ kind: "refused", refusal: { kind: "nothing-to-lint" } });
});
