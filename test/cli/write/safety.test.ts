import { execFileSync, type SpawnSyncReturns } from "node:child_process";
import type * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type FileChange, writeHostsAtomically } from "../../../src/cli/write/files.js";
import { mountPointsIn } from "../../../src/cli/write/mounts.js";
import { type Step, unsafeWay } from "../../../src/cli/write/trust.js";

/** What others do while files are written, and what the system then refuses. */
const faults = vi.hoisted(() => ({
  /** Comes before each call that looks at a path or changes something. */
  step: null as ((call: string) => void) | null,
  cp: null as ((command: string, args: readonly string[], options: object) => object) | null,
  /** Refuses each removal of a file. */
  unremovable: false,
  noProc: false,
}));

vi.mock("node:fs", async (original) => {
  const real = await original<typeof import("node:fs")>();
  const watched = <T extends (...args: never[]) => unknown>(name: string, work: T): T =>
    ((...args: Parameters<T>) => {
      faults.step?.(name);
      return work(...args);
    }) as T;
  return {
    ...real,
    openSync: watched("open", real.openSync),
    lstatSync: watched("lstat", real.lstatSync),
    renameSync: watched("rename", real.renameSync),
    writeFileSync: watched("write", real.writeFileSync),
    unlinkSync: watched("unlink", (path: fs.PathLike) => {
      if (faults.unremovable) throw Object.assign(new Error("EPERM"), { code: "EPERM" });
      real.unlinkSync(path);
    }),
    statSync: (path: fs.PathLike) => {
      if (faults.noProc && String(path).startsWith("/proc/")) throw new Error("no /proc");
      return real.statSync(path);
    },
  };
});
vi.mock("node:child_process", async (original) => {
  const real = await original<typeof import("node:child_process")>();
  return {
    ...real,
    spawnSync: (command: string, args: readonly string[], options: object) =>
      faults.cp === null || command !== "/bin/cp"
        ? real.spawnSync(command, args, options)
        : faults.cp(command, args, options),
  };
});
const realFs = await vi.importActual<typeof import("node:fs")>("node:fs");

const isRoot = process.getuid?.() === 0;
const NOBODY = 65_534;
const BEFORE = "pm = static\n";
const AFTER = "pm = dynamic\n";

let top = "";
beforeEach(() => {
  top = realFs.realpathSync(realFs.mkdtempSync(join(tmpdir(), "fpmlint-safety-")));
});
afterEach(() => {
  Object.assign(faults, { step: null, cp: null, unremovable: false, noProc: false });
  realFs.rmSync(top, { recursive: true, force: true });
});

function file(name: string, text = BEFORE): FileChange {
  const path = join(top, name);
  realFs.mkdirSync(dirname(path), { recursive: true });
  realFs.writeFileSync(path, text);
  return { path, before: text, after: AFTER };
}

/** Every name below the top, with the text of a file. */
function everything(): Readonly<Record<string, string>> {
  const names = realFs.readdirSync(top, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(top, name);
      return [name, realFs.lstatSync(path).isFile() ? realFs.readFileSync(path, "utf8") : ""];
    }),
  );
}

const write = (files: readonly FileChange[]): readonly string[] =>
  writeHostsAtomically([{ files, root: top }]);

function refused(files: readonly FileChange[], message: string | RegExp): void {
  const before = everything();
  expect(() => write(files)).toThrow(message);
  expect(everything()).toEqual(before);
}

describe("a directory that is swapped for a link while its files are replaced", () => {
  /** Runs it with the directory swapped before the first of these calls, put back before the next, and so on. */
  function attacked(...turns: readonly number[]): { readonly calls: number; readonly message: string } {
    for (const name of realFs.readdirSync(top)) realFs.rmSync(join(top, name), { recursive: true });
    const files = [file("tree/pool.d/a.conf"), file("tree/pool.d/b.conf")];
    for (const name of ["a.conf", "b.conf"]) file(`victim/${name}`);
    const pools = join(top, "tree/pool.d");
    let calls = 0;
    faults.step = () => {
      calls += 1;
      if (!turns.includes(calls)) return;
      if (turns.indexOf(calls) % 2 === 0) {
        realFs.renameSync(pools, `${pools}.away`);
        realFs.symlinkSync(join(top, "victim"), pools);
      } else {
        realFs.unlinkSync(pools);
        realFs.renameSync(`${pools}.away`, pools);
      }
    };
    let message = "";
    try {
      writeHostsAtomically([{ files, root: join(top, "tree") }]);
    } catch (error) {
      message = String(error);
    }
    faults.step = null;
    const victim = Object.entries(everything()).filter(([name]) => name.startsWith("victim"));
    expect(Object.fromEntries(victim), turns.join()).toEqual({
      victim: "",
      "victim/a.conf": BEFORE,
      "victim/b.conf": BEFORE,
    });
    expect(Object.keys(everything()).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    return { calls, message };
  }

  test("leads nowhere else, whenever it is swapped, put back and swapped again", () => {
    faults.cp = () => ({ status: 0, stderr: "", signal: null });
    const { calls, message } = attacked();
    expect(message).toBe("");
    expect(calls).toBeGreaterThan(10);
    for (let first = 1; first <= calls; first += 1)
      for (const gap of [1, 2, 4, 8, 16]) attacked(first, first + gap, first + 2 * gap);
  });

  test("is said when it stays away", () => {
    const { calls } = attacked();
    const messages = Array.from({ length: calls }, (_, index) => attacked(index + 1).message);
    expect(messages.filter((message) => message === "")).toHaveLength(1);
    for (const message of messages.filter((one) => one !== ""))
      expect(message).toMatch(/nothing was changed|already changed/);
  });

  test("is seen without /proc, before the rename or after it", () => {
    faults.noProc = true;
    faults.cp = () => ({ status: 0, stderr: "", signal: null });
    const files = [file("pool.d/a.conf")];
    file("victim/a.conf", "theirs\n");
    const pools = join(top, "pool.d");
    faults.step = (call) => {
      if (call !== "write") return;
      faults.step = null;
      realFs.renameSync(pools, `${pools}.away`);
      realFs.symlinkSync(join(top, "victim"), pools);
    };
    expect(() => write(files)).toThrow(/has changed since it was read; nothing was changed/);
    expect(everything()).toMatchObject({ "pool.d.away/a.conf": BEFORE, "victim/a.conf": "theirs\n" });
    realFs.unlinkSync(pools);
    realFs.renameSync(`${pools}.away`, pools);
    faults.step = (call) => {
      if (call !== "rename") return;
      faults.step = null;
      realFs.renameSync(pools, `${pools}.away`);
      realFs.mkdirSync(pools);
    };
    expect(() => write(files)).toThrow(/is not there; nothing was changed/);
  });

  test("is no danger without /proc where nobody swaps it", () => {
    faults.noProc = true;
    write([file("pool.d/a.conf")]);
    expect(everything()).toEqual({ "pool.d": "", "pool.d/a.conf": AFTER });
  });
});

describe("the way to a file", () => {
  const step = (path: string, mode: number, uid = 0, gid = 0): Step => ({ path, mode, uid, gid });
  const root = step("/", 0o755);
  const plain = step("/etc/a.conf", 0o644);

  test.each([
    ["root's alone", [root, step("/etc", 0o755)], 0, null],
    ["root's, set-group-ID", [root, step("/etc", 0o2755, 0, 33)], 0, null],
    ["another user's", [root, step("/home/u", 0o700, 1000)], 0, /^\/home\/u belongs to uid 1000/],
    ["above it another user's", [step("/", 0o755, 1000), step("/etc", 0o755)], 0, /^\/ belongs to uid 1000/],
    ["a group's", [root, step("/etc", 0o775, 0, 33)], 0, /^\/etc is writable by its group \(gid 33\)/],
    // The bit is the mask of an ACL that may name anybody.
    ["root's group's", [root, step("/etc", 0o775)], 0, /^\/etc is writable by its group \(gid 0\)/],
    ["everybody's", [root, step("/etc", 0o757)], 0, /^\/etc is writable by everybody/],
    ["sticky, then root's", [root, step("/tmp", 0o1777), step("/tmp/a", 0o700)], 0, null],
    [
      "sticky, then another's",
      [root, step("/tmp", 0o1777), step("/tmp/a", 0o700, 9)],
      0,
      /^\/tmp is writable/,
    ],
    ["sticky and another's", [root, step("/tmp", 0o1777, 9)], 0, /^\/tmp belongs to uid 9/],
    ["one's own", [root, step("/home/u", 0o700, 1000)], 1000, null],
    ["one's own, shared with a group", [root, step("/home/u", 0o775, 1000, 1000)], 1000, null],
    ["one's own, everybody's", [root, step("/home/u", 0o777, 1000)], 1000, /is writable by everybody/],
    ["a third user's", [root, step("/srv", 0o755, 33)], 1000, /^\/srv belongs to uid 33/],
    ["sticky, then one's own", [root, step("/tmp", 0o1777), step("/tmp/a", 0o700, 1000)], 1000, null],
  ])("%s", (_, way, user, expected) => {
    const answer = unsafeWay(way, plain, user);
    if (expected === null) expect(answer).toBeNull();
    else expect(answer).toMatch(expected);
  });

  test("ends at the file, where its directory is sticky", () => {
    const way = [root, step("/tmp", 0o1777)];
    expect(unsafeWay(way, plain, 0)).toBeNull();
    expect(unsafeWay(way, { ...plain, uid: 9 }, 0)).toMatch(/^\/tmp is writable by everybody/);
  });

  test.skipIf(!isRoot)("root writes in no tree of another user", () => {
    const one = file("checkout/pool.d/a.conf");
    realFs.chownSync(join(top, "checkout"), NOBODY, NOBODY);
    refused([one], `${top}/checkout belongs to uid ${NOBODY}`);
    refused([one], "run fpmlint as that user, or print the change with --diff");
    realFs.chownSync(join(top, "checkout"), 0, 0);
    realFs.chmodSync(dirname(one.path), 0o777);
    refused([one], `${dirname(one.path)} is writable by everybody`);
    realFs.chmodSync(dirname(one.path), 0o755);
    expect(write([one])).toEqual([]);
  });

  test.skipIf(!isRoot)("its owner does, though /tmp is everybody's", () => {
    const one = file("a.conf");
    for (const path of [top, one.path]) realFs.chownSync(path, NOBODY, NOBODY);
    process.setegid?.(NOBODY);
    process.seteuid?.(NOBODY);
    try {
      expect(write([one])).toEqual([]);
    } finally {
      process.seteuid?.(0);
      process.setegid?.(0);
    }
    expect(everything()).toEqual({ "a.conf": AFTER });
  });
});

describe("ACLs and other attributes", () => {
  const canAcl = ((): boolean => {
    const path = join(realFs.mkdtempSync(join(tmpdir(), "fpmlint-acl-")), "a");
    try {
      realFs.writeFileSync(path, "");
      execFileSync("setfacl", ["-m", `u:${NOBODY}:r`, path], { stdio: "ignore" });
      execFileSync("setfattr", ["-n", "user.fpmlint", "-v", "1", path], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    } finally {
      realFs.rmSync(dirname(path), { recursive: true });
    }
  })();
  const acl = (path: string): string => execFileSync("getfacl", ["-cpn", path], { encoding: "utf8" });
  const attributes = (path: string): string =>
    execFileSync("getfattr", ["-dm-", "--absolute-names", path], { encoding: "utf8" });

  test.skipIf(!canAcl)("stay, and the owning group gains no right", () => {
    const one = file("a.conf");
    realFs.chmodSync(one.path, 0o640);
    if (isRoot) realFs.chownSync(one.path, 1234, 4321);
    execFileSync("setfacl", ["-m", `u:${NOBODY}:rw,g::r`, one.path]);
    execFileSync("setfattr", ["-n", "user.note", "-v", "kept", one.path]);
    realFs.utimesSync(one.path, 1, 1);
    const before = [acl(one.path), attributes(one.path), realFs.statSync(one.path).mode];
    expect(before[0]).toContain("group::r--\nmask::rw-");
    write([one]);
    expect([acl(one.path), attributes(one.path), realFs.statSync(one.path).mode]).toEqual(before);
    expect(realFs.readFileSync(one.path, "utf8")).toBe(AFTER);
    // Tools that look for what has changed go by the time.
    expect(realFs.statSync(one.path).mtimeMs).toBeGreaterThan(1e12);
  });

  test.skipIf(!canAcl)("do not come from the directory", () => {
    const one = file("pool.d/a.conf");
    const before = acl(one.path);
    execFileSync("setfacl", ["-dm", `u:${NOBODY}:rwx`, dirname(one.path)]);
    write([one]);
    expect(acl(one.path)).toBe(before);
  });

  const answers: readonly (readonly [string, Partial<SpawnSyncReturns<string>>, string])[] = [
    [
      "is not there",
      { error: Object.assign(new Error("x"), { code: "ENOENT" }), status: null },
      "/bin/cp: ENOENT",
    ],
    [
      "does not know the option",
      { status: 1, stderr: "cp: unrecognized option: attributes-only\nBusyBox v1.36.1\n" },
      "cp: unrecognized option: attributes-only",
    ],
    ["fails without a word", { status: 1, stderr: "" }, "/bin/cp ended with status 1"],
    ["is killed", { status: null, signal: "SIGKILL", stderr: "" }, "/bin/cp was ended by SIGKILL"],
    ["could not set one", { status: 0, stderr: "cp: setting attributes: No space\n" }, "setting attributes"],
  ];
  test.each(answers)("that cannot be kept are no reason to lose them: cp %s", (_, answer, said) => {
    faults.cp = () => ({ signal: null, ...answer });
    const files = [file("a.conf"), file("b.conf")];
    refused(files, `${files[0]?.path}: its ACL and other attributes could not be carried over (`);
    refused(files, said);
    refused(files, "print the change with --diff and apply it with patch; nothing was changed");
  });

  test("are copied by a child that is told no more than it needs", () => {
    const seen: unknown[] = [];
    faults.cp = (command, args, options) => {
      seen.push(command, args, options);
      return { status: 0, stderr: "", signal: null };
    };
    write([file("-rf $(id).conf")]);
    expect(seen).toEqual([
      "/bin/cp",
      ["--attributes-only", "--preserve=all", "--", "/proc/self/fd/3", "/proc/self/fd/4"],
      {
        stdio: ["ignore", "ignore", "pipe", expect.any(Number), expect.any(Number)],
        env: { LC_ALL: "C" },
        cwd: "/",
        encoding: "utf8",
      },
    ]);
  });
});

describe("a mount point", () => {
  test("is read from the kernel's list, escapes and all", () => {
    const text = [
      "25 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw",
      "90 25 0:42 /pools/a.conf /etc/php/my\\040pool\\134x.conf rw,relatime - overlay overlay rw",
      "91 25 0:42 / /mnt/h\u00f6st\\011\\012\\043 ro shared:7 master:2 - tmpfs tmpfs rw",
      "",
    ].join("\n");
    expect(mountPointsIn(text)).toEqual(["/", "/etc/php/my pool\\x.conf", "/mnt/h\u00f6st\t\n#"]);
    expect(mountPointsIn("1 2 3:4 / /a\\377 rw - x y z")).toEqual(["/a\udcff"]);
  });
});

describe("files that a killed run left", () => {
  /** A name as this process makes it. */
  function ownName(): string {
    const names: string[] = [];
    faults.step = (call) => {
      if (call === "rename") names.push(...realFs.readdirSync(top).filter((name) => name.endsWith(".tmp")));
    };
    write([file("a.conf")]);
    faults.step = null;
    return names[0] ?? "";
  }
  const withProcess = (name: string, pid: number | string, start?: number): string => {
    const [, , ownStart = "", ...rest] = name.split("-");
    return [".fpmlint", pid, start ?? ownStart, ...rest].join("-");
  };

  test("are removed; those of a process that runs, or may run elsewhere, stay", () => {
    const own = ownName();
    expect(own).toMatch(new RegExp(`^\\.fpmlint-${process.pid}-\\d+-[0-9a-f]{8}-[0-9a-f]{24}\\.tmp$`));
    const dead = withProcess(own, 4_999_999);
    // The number was given to another process since.
    const again = withProcess(own, process.pid, 1);
    const elsewhere = own.replace(/-[0-9a-f]{8}-/, "-0123abcd-");
    const old = `.fpmlint-${"a".repeat(24)}.tmp`;
    const others = [".fpmlint-notes.tmp", `${dead}.bak`, "x.tmp"];
    for (const name of [dead, again, own, elsewhere, old, ...others]) file(name, "; new\n");
    realFs.mkdirSync(join(top, withProcess(own, 4_999_998)));
    realFs.symlinkSync("a.conf", join(top, withProcess(own, 4_999_997)));
    const kept = Object.keys(everything()).filter((name) => name !== dead && name !== again);
    const notes = write([file("a.conf")]);
    expect(Object.keys(everything())).toEqual(kept);
    expect(notes).toEqual(
      [elsewhere, old]
        .sort()
        .map(
          (name) =>
            `${top}/${name}: left by a run of fpmlint that was killed or is still running elsewhere; if none is running, remove it`,
        ),
    );
  });

  test.skipIf(!isRoot)("are those of the user or of the target's owner, not of others", () => {
    const own = ownName();
    const names = [0, 1234, NOBODY].map((uid, index) => {
      const name = withProcess(own, 4_999_990 + index);
      file(name);
      realFs.chownSync(join(top, name), uid, 0);
      return name;
    });
    const one = file("a.conf");
    realFs.chownSync(one.path, 1234, 0);
    write([one]);
    expect(Object.keys(everything())).toEqual([names[2], "a.conf"]);
  });

  test("are named where they cannot be removed, before or now", () => {
    const dead = withProcess(ownName(), 4_999_999);
    file(dead);
    faults.unremovable = true;
    expect(write([file("a.conf")])).toEqual([
      `${top}/${dead}: could not be removed (operation not permitted); no daemon reads it, and you can remove it by hand`,
    ]);
    realFs.unlinkSync(join(top, dead));
    const files = [file("a.conf"), file("b.conf")];
    // As in a directory that only takes new names.
    faults.step = (call) => {
      if (call === "rename") throw Object.assign(new Error("EPERM"), { code: "EPERM" });
    };
    expect(() => write(files)).toThrow(
      /a\.conf: may not be written \(operation not permitted\); nothing was changed\n.*\.tmp: could not be removed \(operation not permitted\).*\n.*\.tmp: could not/,
    );
  });
});
