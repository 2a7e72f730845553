import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { knownNames } from "../../src/nginx/facts/directives.js";
import { opener } from "../../src/report/frame/opener.js";
import { place, sourceFile } from "../../src/source/file.js";
import { nearest } from "../../src/source/spelling.js";
import { scanMarks } from "../../src/source/template-scan.js";
import { validators } from "../../src/validators.js";
import { draw, file, finding, UNICODE } from "../build/findings.js";
import { runCommand } from "../support/run-command.js";

/** Texts that once took minutes. Each ends within three seconds of a free processor; only a hang fails. */

const HANG = 40;

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-hostile-"));
  mkdirSync(join(top, "etc/nginx"), { recursive: true });
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

async function seconds(text: string): Promise<number> {
  writeFileSync(join(top, "etc/nginx/nginx.conf"), text);
  const before = process.cpuUsage();
  await runCommand(["etc"], { rules, validators, workingDirectory: top });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const locations = (count: number, one: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => one(index)).join("");

describe("a text of one line", () => {
  test.each([
    ["200 kB with a brace too many", 5_000],
    ["5 MB with a brace too many", 140_000],
  ])("of %s", { timeout: 600_000 }, async (_, count) => {
    const patterns = locations(count, () => "location ~ ^/[0-9]{4}/x { root /a; } ");
    expect(await seconds(`events {} http { server { ${patterns}} } }`)).toBeLessThan(HANG);
  });

  test.each(["{", "}", "$a", "a{2}", "\u00e9\u5b57\u0001"])(
    "full of %s",
    { timeout: 600_000 },
    async (piece) => {
      expect(await seconds(piece.repeat(64_000 / piece.length))).toBeLessThan(HANG);
    },
  );

  test.each(["#", "#x", " #"])("full of %j, each of which may be a mark", { timeout: 600_000 }, (piece) => {
    const before = process.cpuUsage();
    expect(scanMarks(`x${piece.repeat(400_000 / piece.length)}`, "anywhere")).toEqual([]);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(HANG);
  });

  test("with 1500 locations", { timeout: 600_000 }, async () => {
    const sites = locations(
      1500,
      (i) => `location /a${i} { root /srv/${i}; fastcgi_pass unix:/run/p${i}.sock; } `,
    );
    expect(await seconds(`events {} http { server { listen 80; ${sites}} }`)).toBeLessThan(HANG);
  });

  test("with servers in servers", { timeout: 600_000 }, async () => {
    expect(await seconds("server { ".repeat(7000))).toBeLessThan(HANG);
  });
});

test("unknown directives, and a name of 32 kB", { timeout: 600_000 }, async () => {
  expect(await seconds(`events {}\nhttp {\n${"foo bar;\n".repeat(7000)}}\n`)).toBeLessThan(HANG);
  expect(await seconds(`events {}\nhttp {\n${"n".repeat(32_000)} bar;\n}\n`)).toBeLessThan(HANG);
});

describe("a neighbour of a word", () => {
  test("is found within its limit, and the first of equals", () => {
    const names = ["listen.owner", "listen.group", "timeout/terminate-below-read", "lisen"];
    expect(nearest("listen.onwer", names)).toBe("listen.owner");
    expect(nearest("terminate-below-raed", names)).toBe("timeout/terminate-below-read");
    expect(nearest("listen", ["listem", "listne"])).toBe("listem");
    expect(nearest("listen", ["lxsxex"], 2)).toBeNull();
    expect(nearest("LISTEN", ["listen"])).toBe("listen");
    expect(nearest("ab", [""], 2)).toBe("");
  });

  test("is not looked for where the length rules it out", { timeout: 600_000 }, () => {
    const before = process.cpuUsage();
    expect(nearest("n".repeat(5_000_000), knownNames())).toBeNull();
    expect(process.cpuUsage(before).user / 1e6).toBeLessThan(HANG);
  });

  test("is remembered with its limit", () => {
    const names = ["abcdef"];
    expect(nearest("abcdxx", names, 1)).toBeNull();
    expect(nearest("abcdxx", names, 2)).toBe("abcdef");
    expect(nearest("abcdxx", names, 1)).toBeNull();
  });
});

describe("a frame of a very long line", () => {
  const long = file("a", `${"a".repeat(5000)} MARK ${"b".repeat(5000)}`);
  const narrow = { ...UNICODE, width: 40 };

  test("is the same as that of a shorter one", () => {
    const short = file("a", `${"a".repeat(300)} MARK ${"b".repeat(300)}`);
    const rows = (one: typeof long): readonly string[] => {
      const start = one.text.indexOf("MARK");
      return draw(finding(place(one, start, start + 4)), narrow).slice(2, 4);
    };
    expect(rows(long)).toEqual(rows(short));
  });

  test("has its start and its end", () => {
    expect(draw(finding(place(long, 0, 3)), narrow)[2]).toBe(` 1 │ ${"a".repeat(34)}…`);
    const end = long.text.length;
    expect(draw(finding(place(long, end - 4, end)), narrow)[2]).toBe(` 1 │ …${"b".repeat(34)}`);
  });

  test("does not cut a character in two", () => {
    const faces = file("a", "\u{1f600}".repeat(5000));
    const drawn = draw(finding(place(faces, 5001, 5003)), narrow).join("\n");
    expect(drawn).not.toContain("\\u");
  });

  test("draws marks that are far apart one by one", () => {
    const two = finding(place(long, 0, 2), { related: [{ place: place(long, 9000, 9002), message: "end" }] });
    expect(draw(two, narrow).filter((row) => row.startsWith(" 1 │"))).toHaveLength(2);
  });

  test("has the block around it, and opens none that is looked for", () => {
    const text = sourceFile(
      "/a",
      "a",
      `server {\n  ${"x".repeat(2000)}\nserver { ${"y".repeat(2000)} {\n  z\n`,
    );
    expect(opener(text, 2)).toBe(1);
    expect(opener(text, 4)).toBeNull();
  });
});

describe("what the command prints of thousands of short lines", () => {
  const COUNT = 3000;
  test.each([
    ["nginx/unknown-directive", "etc/nginx/nginx.conf", "events {}\nhttp {\n", "foo bar;\n", "}\n"],
    ["fpm/syntax", "etc/php-fpm.conf", "[global]\n", "foo bars\n", ""],
    ["fpm/unknown-setting", "etc/php-fpm.conf", "[global]\n", "a = b\n", ""],
  ])(
    "%s: a thousand, and how many more there are",
    { timeout: 600_000 },
    async (rule, path, head, line, end) => {
      writeFileSync(join(top, path), head + line.repeat(COUNT) + end);
      const { out, err } = await runCommand(["etc", "--quiet"], { rules, validators, workingDirectory: top });
      expect(out.split("\n").filter((one) => one.includes(`[${rule}]`))).toHaveLength(1000);
      expect(err).toContain(`${rule} has 2,000 more findings here that are not listed`);
    },
  );
});
