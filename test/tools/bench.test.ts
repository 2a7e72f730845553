import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import { describeProofs, fpmCommand, nginxCommand } from "../daemons/available.js";
import { commandIn } from "../support/run-command.js";
import { logShapes, writeLog } from "./bench/logs.js";
import { medians } from "./bench/measure.js";
import { readOptions } from "./bench/options.js";
import { daemonFiles, type Shape, shapes } from "./bench/shapes.js";
import { exponent, logRows, markdown, ratio, sizeRows } from "./bench/table.js";

function written<T>(shape: Shape, size: number, look: (root: string) => T): T {
  const root = mkdtempSync(join(tmpdir(), "fpmlint-shape-"));
  try {
    shape.write(root, size);
    return look(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

/** Files and PHP locations of seven of what the shape has many of. */
const SEVEN: Readonly<
  Record<string, readonly [hosts: number, files: number, locations: number, pools: number]>
> = {
  a: [1, 12, 7, 1],
  r: [1, 12, 7, 1],
  f: [1, 12, 7, 1],
  b: [1, 18, 7, 7],
  e: [1, 18, 7, 7],
  d: [1, 17, 7, 7],
  c: [7, 7 * 22 + 2, 70, 70],
  g: [1, 6, 8, 1],
};

describe("the shapes", () => {
  test.each([...shapes.values()])("$name is read whole, and nothing in it is wrong but in f", (shape) => {
    const summary = written(shape, 7, (root) => {
      const outcome = lintWith(rules, validators, {
        paths: [join(root, shape.path)],
        workingDirectory: root,
      });
      return outcome.kind === "linted" ? outcome.result.summary : null;
    });
    const [hosts, files, locations, pools] = SEVEN[shape.name] ?? [];
    expect(summary).toMatchObject({ hosts, files, locations, pools, compared: locations, incomplete: [] });
    if (shape.name === "f") expect(summary?.warnings).toBeGreaterThan(0);
    else expect(summary).toMatchObject({ errors: 0, warnings: 0 });
  });
});

describeProofs("the shapes", (proof) => {
  for (const shape of shapes.values()) {
    if (!shape.isHost) continue;
    proof(`both daemons accept ${shape.name}`, async () => {
      written(shape, 3, (root) => {
        const prefix = join(root, daemonFiles.prefix);
        const main = join(root, daemonFiles.nginx);
        execFileSync(nginxCommand ?? "", ["-t", "-q", "-e", "stderr", "-p", prefix, "-c", main]);
        execFileSync(fpmCommand ?? "", ["-t", "-y", join(root, daemonFiles.fpm)], { stdio: "pipe" });
      });
    });
  }
});

describe("the logs", () => {
  test.each(logShapes)("$name is read, and says what it should", async (shape) => {
    const root = mkdtempSync(join(tmpdir(), "fpmlint-log-"));
    try {
      writeLog(join(root, shape.name), shape, 1);
      const { status, out } = await commandIn(root, ["diagnose", shape.name, "--format", "json"]);
      expect(shape.done).toContain(status);
      expect(JSON.parse(out).logs).toMatchObject([
        { kind: shape.name === "access.log" ? "access" : "lines" },
      ]);
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe("the options", () => {
  test("choose shapes, sizes and rounds", () => {
    const chosen = readOptions(["--shapes", "start,a,c", "--most", "100", "--rounds", "3"]);
    expect(chosen).toMatchObject({
      start: true,
      shapes: [
        { shape: { name: "a" }, sizes: [1, 100] },
        { shape: { name: "c" }, sizes: [30] },
      ],
      rounds: 3,
    });
    expect(readOptions(["--shapes", "d", "--sizes", "50000,20"])).toMatchObject({
      start: false,
      shapes: [{ sizes: [20, 50_000] }],
    });
  });

  test.each([
    [["--shapes", "z"], "--shapes knows no z: start, logs, a, r, f, b, e, d, c, g"],
    [["--sizes", "x"], "x is no number of sites, hosts, locations or rounds"],
    [["--rounds", "0"], "0 is no number of sites, hosts, locations or rounds"],
  ])("%j is refused", (args, wrong) => {
    expect(readOptions(args)).toEqual({ wrong });
  });
});

describe("the numbers", () => {
  const cost = (cpu: number) => ({ cpu, wall: 2 * cpu, peak: 10 * cpu });

  test("CPU that grows with the square of the size has the exponent 2", () => {
    expect(exponent({ count: 100, own: cost(3) }, { count: 1000, own: cost(300) })).toBeCloseTo(2);
  });

  test("what failed has no ratio", () => {
    expect(ratio(cost(3), cost(2))).toBe("1.50");
    expect(ratio({ failed: "no" }, cost(2))).toBe("–");
  });

  test("the table has a row for each size", () => {
    const sizes = [
      { count: 1, own: cost(0.2), nginx: cost(0.1), fpm: cost(0.1) },
      { count: 1000, own: cost(200), nginx: undefined, fpm: undefined },
    ];
    const lines = markdown(sizeRows("sites", cost(0.1), sizes)).split("\n");
    expect(lines.slice(2)).toEqual([
      "| 1 | 0.200 | 0.40 | 2 | – | 2.00 | 0.100 | 1 | 2.00 | 1.00 |",
      "| 1,000 | 200.00 | 400.00 | 2000 | 1.00 | 2000.00 | – | – | – | – |",
    ]);
  });

  test("a log has a row for each size, also without ripgrep", () => {
    const rows = logRows([
      { size: 100, own: cost(0.5), counting: cost(0.25), ripgrep: cost(0.05) },
      { size: 1000, own: cost(2), counting: undefined, ripgrep: undefined },
    ]);
    expect(rows.slice(1)).toEqual([
      ["100", "0.500", "200", "5", "0.250", "0.050", "10.00"],
      ["1,000", "2.00", "500", "20", "–", "–", "–"],
    ]);
  });

  test("a command that is measured must end as it should", () => {
    const [good, bad] = medians(
      1,
      [
        { command: ["true"], done: [0] },
        { command: ["false"], done: [0] },
      ],
      { peaks: false },
    );
    expect(good).toMatchObject({ peak: null });
    expect(bad).toMatchObject({ failed: "false ended with 1: " });
  });
});
