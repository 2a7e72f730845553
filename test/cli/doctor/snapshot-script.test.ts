import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { judgeSnapshot } from "../../../src/cli/doctor/snapshot.js";
import { readSnapshot } from "../../../src/live/snapshot.js";
import { SNAPSHOT_SCRIPT } from "../../../src/live/snapshot-script.js";
import { configAlone } from "../../../src/policy/config.js";
import { validators } from "../../../src/validators.js";
import { ODD_NAMES } from "../../tools/incidents/doctor-paths.js";

/** What the script of `doctor --snapshot` collects, on a tree with paths that are easily lost. */

let dir = "";
let collected = "";
beforeAll(() => {
  dir = realpathSync(mkdtempSync(join(tmpdir(), "fpmlint-collect-")));
  for (const one of ["etc/sites", "my site", "jail/app", "kept/shop", "disk/www"])
    mkdirSync(join(dir, one), { recursive: true });
  for (const name of ODD_NAMES) writeFileSync(join(dir, "etc/sites", name), "# nothing\n");
  writeFileSync(join(dir, "secret"), "what nobody asked for\n");
  // Its second line is the path of a file.
  mkdirSync(join(dir, `etc/sites/two\n${dir}`), { recursive: true });
  writeFileSync(join(dir, `etc/sites/two\n${dir}/secret`), "# nothing\n");
  symlinkSync("disk", join(dir, "data"));
  const map = Array.from({ length: 4000 }, (_, at) => `/a/page${at} /b/page${at};`).join("\n");
  const nginx = `user root;\nerror_log /dev/stderr;\nevents {}\nhttp { map $uri $x {\n${map}\n}\n server { listen 127.0.0.1:1; root "${dir}/my site"; } server { root ${dir}/data/www; } server { root ${dir}/gone/www; } }\n`;
  const fpm = `[shop]\nuser = root\nlisten = ${dir}/shop.sock\npm = static\npm.max_children = 1\nchroot = ${dir}/jail\nchdir = /app\nphp_admin_value[session.save_path] = ${dir}/kept/$pool\n`;
  writeFileSync(join(dir, "etc/nginx.conf"), nginx);
  writeFileSync(join(dir, "etc/php-fpm.conf"), fpm);
  const ran = spawnSync("sh", ["-s"], {
    input: SNAPSHOT_SCRIPT,
    encoding: "utf8",
    env: { ...process.env, FPMLINT_PLACES: join(dir, "etc") },
    maxBuffer: 64 * 1024 * 1024,
  });
  expect(ran.stderr).toBe("");
  collected = ran.stdout;
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true }));

describe("the script", () => {
  const stateOf = (path: string): string => {
    const { machine } = readSnapshot(collected);
    const entry = machine.fs.entry(join(dir, path));
    if (entry.kind !== "missing") return machine.status(entry.path, null) === null ? "lost" : entry.kind;
    return machine.looked(entry.path) ? "gone" : "lost";
  };

  for (const [path, state] of [
    ["my site", "directory"],
    ["data/www", "directory"],
    ["gone/www", "gone"],
    ["kept/shop", "directory"],
    ["jail/app", "directory"],
    ["my site/index.php", "gone"],
    ["never named", "lost"],
  ] as const)
    test(`${path} is ${state}`, () => expect(stateOf(path)).toBe(state));

  test("names that no list of lines likes", () => {
    const { tree } = readSnapshot(collected);
    const names = ODD_NAMES.filter((name) => !name.includes("\n"));
    expect(names.filter((name) => tree[join(dir, "etc/sites", name).slice(1)] !== "# nothing\n")).toEqual([]);
    expect(names.filter((name) => stateOf(`etc/sites/${name}`) !== "file")).toEqual([]);
  });

  test("a log on /dev/stderr, which leads through /proc/self, hides nothing of /proc", () => {
    const { fs } = readSnapshot(collected).machine;
    expect(collected).toMatch(/^link \/proc\/self\t\d+$/m);
    expect(fs.entry("/proc/self/status")).toMatchObject({ kind: "file", path: "/proc/self/status" });
  });

  test("a name with a line break names no other file", () => {
    expect(collected).not.toContain("what nobody asked for");
  });

  test("is judged", () => {
    const config = {
      hosts: [{ name: "own", root: "/", nginx: `${dir}/etc/nginx.conf`, fpm: [`${dir}/etc/php-fpm.conf`] }],
    };
    const { examined } = judgeSnapshot(collected, { rules, validators }, configAlone(config, "/"));
    expect(examined.unread).toEqual([]);
  });
});
