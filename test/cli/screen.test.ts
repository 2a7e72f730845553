import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/report/terminal/width.js";
import { commandIn } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** What a terminal shows: sentences that fit it, and a word to who waits. */

const { top, put } = tree();

const CONF = `events {}
http {
  server {
    listen 80;
    root /srv/shop.example/public;
    location ~ \\.php$ {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass unix:/run/php/shop.sock;
      fastcgi_read_timeout 300s;
    }
  }
}
`;

const POOL = `[shop]
user = www-data
listen = /run/php/shop.sock
listen.owner = www-data
listen.mode = 0660
pm = static
pm.max_children = 4
request_terminate_timeout = 30s
`;

function host(): void {
  put({ "etc/nginx/nginx.conf": CONF, "etc/php/8.2/fpm/pool.d/shop.conf": POOL });
}

type Given = Parameters<typeof commandIn>[2];
const run = (given: Given, ...words: readonly string[]) => commandIn(top(), ["etc", ...words], given);

/** Lines of what is to be copied as it is. */
const COPIED = /= (?:log|more): |^ {10}\S/;

describe("sentences", () => {
  test.each([
    ["a terminal's own width", { stdout: { isTTY: true, columns: 60 } }, 60],
    ["COLUMNS, on a terminal", { stdout: { isTTY: true, columns: 200 }, env: { COLUMNS: "70" } }, 70],
    ["COLUMNS, in a pipe", { env: { COLUMNS: "64" } }, 64],
    ["a terminal that does not know", { stdout: { isTTY: true } }, 80],
  ] satisfies readonly [string, Given, number][])("are broken to %s", async (_, given, columns) => {
    host();
    const { out } = await run(given, "--color", "never");
    const wide = out.split("\n").filter((line) => displayWidth(line) > columns && !COPIED.test(line));
    expect(wide).toEqual([]);
    expect(out.split("\n").some((line) => displayWidth(line) > columns - 12)).toBe(true);
  });

  test.each(["", "0", "-3", "wide", "1e3", "99999"])("COLUMNS=%j says nothing", async (COLUMNS) => {
    host();
    const plain = await run({});
    expect((await run({ env: { COLUMNS } })).out).toBe(plain.out);
    expect(plain.out).toContain(
      "warning[timeout/terminate-below-read]: PHP-FPM kills the request after 30s, but nginx would wait 300s\n",
    );
  });

  test("of infos and of the end, too; what is to be typed stays whole", async () => {
    host();
    put({ "etc/nginx/conf.d/lost": "x" });
    const { out } = await run({ env: { COLUMNS: "50" } });
    expect(out).toContain("= more: fpmlint explain timeout/terminate-below-read\n");
    expect(out).toMatch(/\n1 warning.*\n {4}\S/);
  });

  test("a page of explain and the way of a request likewise", async () => {
    host();
    for (const words of [
      ["explain", "timeout/read-zero"],
      ["explain", "504"],
    ]) {
      const { out } = await commandIn(top(), words, { env: { COLUMNS: "60" } });
      const prose = out.split("\n").filter((line) => /^\S/.test(line) && !line.includes("|"));
      expect(prose.filter((line) => displayWidth(line) > 60)).toEqual([]);
    }
  });
});

describe("progress", () => {
  const terminal = { stderr: { isTTY: true, columns: 40 } };
  /** A clock on which every look costs so many milliseconds. */
  const slow = (each: number) => {
    let time = 0;
    return { now: () => (time += each) };
  };

  test("is one line of standard error that is gone at the end", async () => {
    host();
    const { out, err } = await run({ ...terminal, ...slow(700) });
    const lines = err.split("\r\x1b[K");
    expect(lines[0]).toBe("");
    expect(lines.at(-1)).toBe("");
    expect(lines).toContain("fpmlint: .: timeout/read-zero");
    expect(lines.every((line) => line.length < 40)).toBe(true);
    expect(out).not.toContain("fpmlint: .:");
  });

  test("is not shown to who waits less than a second, more often than ten times in one, or to no terminal", async () => {
    host();
    expect((await run({ ...terminal, ...slow(1) })).err).toBe("");
    expect((await run(slow(700))).err).toBe("");
    expect((await run({ ...terminal, ...slow(700), env: { TERM: "dumb" } })).err).toBe("");
    expect((await run({ ...terminal, ...slow(700) }, "--quiet")).err).not.toContain("\r");
    const often = (await run({ ...terminal, ...slow(50) })).err.split("\r\x1b[K").length;
    const always = (await run({ ...terminal, ...slow(700) })).err.split("\r\x1b[K").length;
    expect(often).toBeLessThan(always * 0.7);
  });

  test("ends before what is refused is said", async () => {
    host();
    const { status, err } = await commandIn(top(), ["trace", "http://other.example/", "etc", "nowhere"], {
      ...terminal,
      ...slow(700),
    });
    expect(status).toBe(2);
    expect(err.split("\r\x1b[K").at(-1)).toMatch(/^fpmlint: .*nowhere.*\n$/);
  });

  test("hostile names do not reach the terminal raw", async () => {
    host();
    put({
      "a\x1b[31mb/etc/nginx/nginx.conf": CONF,
      "a\x1b[31mb/etc/php/8.2/fpm/pool.d/shop.conf": POOL,
    });
    const { err } = await commandIn(top(), ["."], { ...terminal, ...slow(700) });
    expect(err).toContain("a\\x1b[31mb");
    expect(err.replaceAll("\x1b[K", "")).not.toContain("\x1b");
  });
});
