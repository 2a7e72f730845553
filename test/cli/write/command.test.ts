import { spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

/** The built command with `--write`, in surroundings that only a real system has. */

const built = fileURLToPath(new URL("../../../dist/fpmlint.js", import.meta.url));
const FPM = "etc/php/8.2/fpm";
const POOLS = `${FPM}/pool.d`;
const SETTINGS = "pm = dynamic\npm.max_children = 5\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n";
const pool = (name: string): string =>
  `[${name}]\nuser = www-data\nlisten = /run/${name}.sock\nrequest_terminate_timeout = 60\n${SETTINGS}`;

let top = "";
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "fpmlint-written-")));
  put(`${FPM}/php-fpm.conf`, `[global]\ninclude = /${POOLS}/*.conf\n`);
  put(`${POOLS}/a.conf`, pool("a"));
  put(`${POOLS}/b.conf`, pool("b"));
});
afterEach(() => {
  rmSync(top, { recursive: true, force: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

const text = (name: string): string => readFileSync(join(top, POOLS, name), "utf8");
const names = (): readonly string[] => readdirSync(join(top, POOLS)).sort();

const COMMAND = `"${process.execPath}" "${built}" capacity etc --write --ram 4G --worker-size 60M`;

/** A line of the shell in the tree. */
function shell(line: string, ...before: readonly string[]) {
  const [command = "sh", ...args] = [...before, "sh", "-c", line];
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: top, encoding: "utf8" });
  return { status, stdout, stderr };
}

const works = (command: string, ...args: readonly string[]): boolean =>
  spawnSync(command, args, { stdio: "ignore" }).status === 0;

describe("the files are written", () => {
  test("and the status says so, though standard output is full", () => {
    const { status, stderr } = shell(`${COMMAND} > /dev/full`);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "fpmlint: standard output could not be written: ENOSPC; the files were changed all the same\n",
    });
    expect(text("a.conf")).not.toBe(pool("a"));
    expect(shell(`${COMMAND} > /dev/full`)).toMatchObject({
      status: 2,
      stderr: "fpmlint: standard output could not be written: ENOSPC\n",
    });
  });

  const canTrace = works("strace", "-e", "inject=fsync:signal=KILL:when=9", "true");
  test.skipIf(!canTrace)("after a run that was killed, whose temporary files are removed", () => {
    const killed = shell(COMMAND, "strace", "-f", "-o", "/dev/null", "-e", "inject=fsync:signal=KILL:when=2");
    expect(killed.stdout).not.toContain("wrote");
    expect([text("a.conf"), text("b.conf")]).toEqual([pool("a"), pool("b")]);
    expect(names().filter((name) => name.endsWith(".tmp"))).toHaveLength(2);
    expect(shell(COMMAND)).toMatchObject({ status: 0, stderr: "" });
    expect(names()).toEqual(["a.conf", "b.conf"]);
    expect(text("a.conf")).not.toBe(pool("a"));
  });

  test.skipIf(!canTrace).each(["QUIT", "ALRM", "TERM", "USR2"])(
    "to the last, though SIG%s comes between two",
    (signal) => {
      const inject = `inject=rename,renameat,renameat2:signal=${signal}:when=1`;
      const ran = shell(`exec ${COMMAND}`, "strace", "-f", "-o", "/dev/null", "-e", inject);
      expect(ran).toMatchObject({ status: 0, stderr: "" });
      expect(ran.stdout).toContain(`wrote ${POOLS}/b.conf`);
      for (const name of ["a", "b"]) expect(text(`${name}.conf`)).not.toBe(pool(name));
    },
  );

  test("and what a run elsewhere may have left is named", () => {
    const left = `.fpmlint-${"0".repeat(24)}.tmp`;
    put(`${POOLS}/${left}`, "; new\n");
    const { status, stderr } = shell(COMMAND);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: `fpmlint: ${top}/${POOLS}/${left}: left by a run of fpmlint that was killed or is still running elsewhere; if none is running, remove it\n`,
    });
    expect(names()).toContain(left);
  });
});

describe("nothing is written", () => {
  const probe = mkdtempSync(join(tmpdir(), "fpmlint-probe-"));
  const canAppend = works("chattr", "+a", probe) && works("chattr", "-a", probe);
  rmSync(probe, { recursive: true });
  const canMount = works("unshare", "-m", "true");
  test.skipIf(!canMount)("where one of the files is mounted by itself", () => {
    put("outside b.conf", pool("b"));
    const line = `mount --bind "outside b.conf" ${POOLS}/b.conf && ${COMMAND}`;
    expect(shell(line, "unshare", "-m")).toMatchObject({
      status: 2,
      stderr: `fpmlint: ${top}/${POOLS}/b.conf: cannot be replaced: the file itself is a mount point, as in containers; nothing was changed\n`,
    });
    expect([text("a.conf"), text("b.conf"), names()]).toEqual([pool("a"), pool("b"), ["a.conf", "b.conf"]]);
  });

  test.skipIf(!canAppend)("in a directory that only takes new names; what stays there is named", () => {
    const directory = join(top, POOLS);
    works("chattr", "+a", directory);
    try {
      const { status, stderr } = shell(COMMAND);
      expect(status).toBe(2);
      const left = names().filter((name) => name.endsWith(".tmp"));
      expect(stderr).toContain("may not be written (operation not permitted); nothing was changed\n");
      expect(left).toHaveLength(2);
      for (const name of left) expect(stderr).toContain(`${directory}/${name}: could not be removed`);
    } finally {
      works("chattr", "-a", directory);
    }
    expect([text("a.conf"), text("b.conf")]).toEqual([pool("a"), pool("b")]);
  });
});
