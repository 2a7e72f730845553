import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readdirSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { isWithin } from "../../src/host/path.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs } from "../daemons/available.js";
import { runs, sample } from "../support/sample.js";
import { DEBIAN, withTree } from "../support/tree.js";
import { ESCAPES, treeOf } from "./support/escapes.js";
import { type Call, callsIn, straceAvailable, traced, tracedCommand } from "./support/strace.js";

/**
 * What is opened, as the kernel saw it. A reader that is added belongs into this test: its files into a
 * fixture, and its links into `ESCAPES`.
 */

const project = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const node = dirname(dirname(realpathSync(process.execPath)));

/** What Node itself, the C library and the driver of this test open. */
function isOwn({ name, path, directory }: Call): boolean {
  if (path === "/proc/sys/vm/overcommit_memory") return true;
  if (directory !== null) return false;
  if (name === "execve") return path.endsWith("/node");
  if (/^\/(?:usr|lib\w*|opt|proc|sys)\/|^\/etc\/(?:ld\.so|ssl\/|localtime)|^\/dev\/u?random$/.test(path))
    return true;
  return isWithin(node, path) || isWithin(project, path);
}

/** The calls that reach further than they may: each opens a path without a link, below what is linted. */
function stray(calls: readonly Call[]): readonly string[] {
  return calls
    .filter((call) => {
      if (isOwn(call)) return false;
      const { name, path, directory } = call;
      if (directory === null || !/^open/.test(name) || !path.startsWith("/")) return true;
      return !isWithin(directory, path) || /O_(?:WRONLY|RDWR|CREAT)/.test(call.line) || !isPlain(path);
    })
    .map(({ line }) => line);
}

function isPlain(path: string): boolean {
  try {
    return realpathSync(path) === path;
  } catch {
    // A name that strace shows in escapes.
    return path.includes("\\");
  }
}

/** All hosts, and fixtures of rules that the seed draws, for they take long under strace; .ci/slow looks at all. */
function trees(): readonly string[] {
  const all = fixtures();
  const below = (path: string): readonly string[] =>
    readdirSync(path, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(path, name));
  const folders = below(all).filter((path) => path !== join(all, "hosts"));
  const found = folders.flatMap(below).flatMap(below);
  return [...below(join(all, "hosts")), ...sample(found, runs(80, 8))];
}

test("a trace is read: what is called, for which path, while what is linted", () => {
  const trace = [
    '12 openat(AT_FDCWD, "/etc/ld.so.cache", O_RDONLY|O_CLOEXEC) = 3',
    '12 openat(AT_FDCWD, "/fpmlint-mark/root/srv/a", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file)',
    '13 openat(AT_FDCWD, "/srv/a/x", O_RDONLY|O_NONBLOCK|O_NOFOLLOW|O_CLOEXEC <unfinished ...>',
    "13 <... openat resumed>) = 3",
    '12 openat(AT_FDCWD, "/srv/b", O_RDONLY) = 3',
    "12 socket(AF_INET, SOCK_STREAM, 0) = 3",
    '12 openat(AT_FDCWD, "/fpmlint-mark/end", O_RDONLY|O_CLOEXEC) = -1 ENOENT (No such file)',
    '12 execve("/bin/sh", ["sh"], 0x1) = 0',
  ];
  const calls = callsIn(trace.join("\n"));
  expect(calls.map(({ name, path, directory }) => [name, path, directory])).toEqual([
    ["openat", "/etc/ld.so.cache", null],
    ["openat", "/srv/a/x", "/srv/a"],
    ["openat", "/srv/b", "/srv/a"],
    ["socket", "", "/srv/a"],
    ["execve", "/bin/sh", null],
  ]);
  expect(stray(calls)).toHaveLength(4);
});

describeProofs(
  "under strace",
  (proof) => {
    proof("the fixtures are linted without a look outside", async () => {
      const directories = trees();
      const { calls, incomplete } = traced(directories);
      expect(incomplete).toHaveLength(directories.length);
      expect(new Set(calls.map(({ directory }) => directory)).size).toBe(directories.length + 1);
      expect(stray(calls)).toEqual([]);
    });

    proof("the command opens the path, its own files and fpmlint.json, and nothing next to them", () =>
      withTree(({ top, put }) => {
        put(DEBIAN);
        put({ "fpmlint.json": "{}", "package.json": "{}", "node_modules/x/package.json": "{}" });
        for (const words of [
          ["."],
          ["capacity", "etc", "--ram", "4G"],
          ["trace", "http://shop.example/cart", "etc"],
          ["rules"],
          ["explain", "502"],
          ["--hlp"],
        ]) {
          const { status, calls } = tracedCommand(words, top());
          expect(status, words.join(" ")).not.toBeNull();
          const beyond = calls.filter((call) => !isOwn(call));
          const opened = beyond.filter(({ path }) => !isWithin(join(top(), "etc"), path));
          const names = [...new Set(opened.map(({ path }) => path.slice(top().length + 1)))].sort();
          // The root of a host is looked at; below a directory without an etc everything is.
          const searched =
            words[0] === "." ? ["", "fpmlint.json", "node_modules", "package.json"] : ["", "fpmlint.json"];
          expect(
            names.filter((name) => !searched.includes(name)),
            words.join(" "),
          ).toEqual([]);
          expect(beyond.filter(({ name }) => !/^open/.test(name)).map(({ line }) => line)).toEqual([]);
        }
      }),
    );

    proof("no way out of a tree is taken, and what is not read is said", () =>
      withTree(({ top, put, link }) => {
        const outside = join(top(), "outside");
        put({ "outside/secret": "server { listen 99; }\n[x]\nlisten = 99\n" });
        const directories = Object.entries(ESCAPES).map(([name, one]) => {
          const own = join("trees", name.replaceAll(/\W/g, "-"));
          const { files, links } = treeOf(one, outside);
          put(Object.fromEntries(Object.entries(files).map(([path, text]) => [join(own, path), text])));
          for (const [path, target] of Object.entries(links)) link(target, join(own, path));
          return join(top(), own);
        });
        const { calls, incomplete } = traced(directories);
        expect(stray(calls)).toEqual([]);
        const said = incomplete.map((entries) => entries?.some(({ fatal }) => fatal) === true);
        expect(Object.keys(ESCAPES).filter((_, index) => said[index])).toEqual(
          Object.keys(ESCAPES).filter((name) => ESCAPES[name]?.said),
        );
      }),
    );

    proof("no FIFO, socket or device is opened", () =>
      withTree(async ({ top, put }) => {
        const { "etc/php/8.2/fpm/php.ini": _, ...files } = DEBIAN;
        put(files);
        mkdirSync(join(top(), "etc/php/8.2/fpm/conf.d"));
        const sites = join(top(), "etc/nginx/sites-enabled");
        const fifos = ["fifo", "../../php/8.2/fpm/conf.d/1.ini", "../../php/8.2/fpm/php.ini"];
        execFileSync(
          "mkfifo",
          fifos.map((name) => join(sites, name)),
        );
        const root = process.getuid?.() === 0;
        if (root) execFileSync("mknod", [join(sites, "zero"), "c", "1", "5"]);
        const server = createServer().listen(join(sites, "socket"));
        try {
          await once(server, "listening");
          const { calls, incomplete } = traced([top()]);
          expect(stray(calls)).toEqual([]);
          expect(calls.filter(({ path }) => /fifo|zero|sites-enabled\/socket|\.ini$/.test(path))).toEqual([]);
          expect(incomplete[0]?.filter(({ fatal }) => fatal)).toHaveLength(root ? 5 : 4);
        } finally {
          server.close();
        }
      }),
    );

    const failures = [
      ["openat", "EIO", "Input/output error"],
      ["openat", "EACCES", "Permission denied"],
      ["read", "EIO", "Input/output error"],
      // It was there when the directory was read.
      ["openat", "ENOENT", "No such file or directory"],
      ["?statx,?lstat,?newfstatat", "EIO", "Input/output error"],
      ["?statx,?lstat,?newfstatat", "ENOENT", "disappeared while the directory was being read"],
    ] as const;
    for (const [call, error, reason] of failures)
      proof(`${error} of ${call} is no reason to pass over a file`, () =>
        withTree(({ top, put }) => {
          const paths = [
            "repo/b.conf",
            "sites/etc/nginx/sites-enabled/b",
            "unit/etc/systemd/system/x.service",
          ];
          put(Object.fromEntries(Object.entries(DEBIAN).map(([path, text]) => [`unit/${path}`, text])));
          put(Object.fromEntries(paths.map((path) => [path, "server { listen 80; }\n"])));
          const whole = paths.map((path) => join(top(), path));
          const trees = paths.map((path) => path.split("/")[0] ?? "");
          const inject = ["-e", `trace=${call}`, "-e", `inject=${call}:error=${error}`];
          const { incomplete } = traced(
            trees.map((tree) => join(top(), tree)),
            [...whole.flatMap((path) => ["-P", path]), ...inject],
          );
          expect(
            incomplete.map((entries) => entries?.map((one) => [one.file, one.reason, one.fatal])),
          ).toEqual(paths.map((path, at) => [[path.slice((trees[at] ?? "").length + 1), reason, true]]));
        }),
      );
  },
  straceAvailable(),
);
