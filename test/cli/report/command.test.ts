import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandIn, type Ran } from "../../support/run-command.js";
import { DEBIAN, tree } from "../../support/tree.js";

/** `fpmlint report` end to end. What it draws: test/report/topology, test/report/html. */

const { top, put, link } = tree();

const SITE = `server {
  server_name shop.example;
  root /srv/shop;
  location ~ \\.php$ {
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_param REQUEST_METHOD $request_method;
    fastcgi_pass unix:/run/php/www.sock;
  }
}
`;

function host(more: Readonly<Record<string, string>> = {}): void {
  put({ ...DEBIAN, "etc/nginx/sites-enabled/a": SITE, ...more });
}

const run = (...words: readonly string[]): Promise<Ran> => commandIn(top(), ["report", ...words]);

test("draws the working directory, as text", async () => {
  host();
  const { out, err, status } = await run();
  expect([err, status]).toEqual(["", 0]);
  expect(out).toMatch(/^Who talks to whom\n\n {2}shop\.example\n/);
  expect(out).toContain("→ /run/php/www.sock → pool [www]  kill none, 2 workers × 63M, static");
  expect(out).toContain("Who gives up first");
});

test("ends with 0 whatever is found, and with 3 where something could not be read", async () => {
  host({
    "etc/nginx/sites-enabled/b": "server { location ~ \\.php$ { fastcgi_pass unix:/run/none.sock; } }\n",
  });
  expect((await run("etc")).status).toBe(0);
  // A link out of the tree is not followed.
  link("../../../secret", "etc/nginx/x");
  put({ "etc/nginx/sites-enabled/b": "server { include /etc/nginx/x; }\n" });
  const { status, err, out } = await run("etc");
  expect(status).toBe(3);
  expect(err).toContain("etc/nginx/");
  expect(out).toContain("shop.example");
});

test("--html writes the page and prints nothing; --format beside it prints", async () => {
  host();
  const alone = await run("--html", "page.html", "etc");
  expect(alone).toEqual({ status: 0, out: "", err: "" });
  const page = readFileSync(join(top(), "page.html"), "utf8");
  expect(page).toMatch(/^<!DOCTYPE html>/);
  const both = await run("--format", "mermaid", "--html", "page.html", "etc");
  expect(both.out).toMatch(/^flowchart LR\n/);
  expect((await run("--format", "html", "etc")).out).toBe(page);
  await run("--format", "html=other.html", "--format", "dot=host.dot", "--format", "text=host.txt", "etc");
  expect(readFileSync(join(top(), "other.html"), "utf8")).toBe(page);
  expect(readFileSync(join(top(), "host.dot"), "utf8")).toMatch(/^digraph fpmlint \{/);
});

test("a file that was read is not written over", async () => {
  host();
  const { status, err } = await run("--html", "etc/nginx/nginx.conf", "etc");
  expect(status).toBe(2);
  expect(err).toContain("etc/nginx/nginx.conf");
  expect(readFileSync(join(top(), "etc/nginx/nginx.conf"), "utf8")).toBe(DEBIAN["etc/nginx/nginx.conf"]);
});

test.each([
  [["--html", ""], "--html needs the name of a file"],
  [["--format", "svg"], 'unknown format "svg"'],
  [["--format", "json", "--format", "dot"], "only one --format can go to standard output"],
  [["--ram", "lots"], '--ram "lots" is not'],
  [["--rate", "shop=fast"], '--rate "shop=fast" is not'],
  [["--nginx-version", "one"], '--nginx-version "one" is not a version'],
  [["--worker-size", "nobody=60M"], "nobody"],
  [["--stmap"], "did you mean --stamp?"],
  [["no-such-directory"], "no-such-directory"],
])("%j is refused with a sentence", async (words, sentence) => {
  host();
  const { status, out, err } = await run(...words);
  expect([status, out]).toEqual([2, ""]);
  expect(err).toContain(sentence);
});

describe("--with", () => {
  test.each<[readonly string[], string]>([
    [["--with", "day.json"], "--with is for the page: add --html FILE"],
    [["--with", "day.json", "--format", "json"], "--with is for the page"],
    [["--html", "p.html", "--with", ""], "--with needs the name of a file"],
    [["--html", "p.html", "--with", "none.json"], "--with none.json: no such file"],
    [["--html", "p.html", "--with", "etc"], "--with etc: is a directory"],
    [["--html", "p.html", "--with", "etc/passwd"], "--with etc/passwd: is not JSON"],
    [["--html", "p.html", "--with", "day.json"], "--with day.json: is something else"],
    [["--html", "p.html", "--with", "old.json"], "--with old.json: has another version"],
    [["--html", "p.html", "--with", "part.json"], "--with part.json: is not whole (at)"],
  ])("%j is refused with a sentence, and nothing is written", async (words, sentence) => {
    const doctor = { tool: { name: "fpmlint" }, checks: [] };
    host({
      "day.json": '{"findings":[]}',
      "old.json": JSON.stringify({ ...doctor, version: 2 }),
      "part.json": JSON.stringify({ ...doctor, version: 1 }),
      "etc/passwd": "root:x:0:0::/:/bin/sh\n",
    });
    const { status, out, err } = await run(...words, "etc");
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(sentence);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
    expect(existsSync(join(top(), "p.html"))).toBe(false);
  });

  test("takes what diagnose prints, several times, and the page does not write over it", async () => {
    const line =
      '2026/11/28 10:00:00 [error] 7#7: *1 upstream timed out (110: Connection timed out) while reading response header from upstream, client: 192.0.2.1, server: shop.example, request: "GET /a.php HTTP/1.1", upstream: "fastcgi://unix:/run/php/www.sock:", host: "shop.example"\n';
    host({ "error.log": line });
    const day = (await commandIn(top(), ["diagnose", "--format", "json", "etc", "error.log"])).out;
    put({ "day.json": day });
    expect((await run("--html", "p.html", "--with", "day.json", "--with", "day.json", "etc")).status).toBe(0);
    const page = readFileSync(join(top(), "p.html"), "utf8");
    expect(page).toContain("<h2>What happened: day.json</h2>");
    expect(page).toContain("<section id=happened2>");
    const over = await run("--html", "day.json", "--with", "day.json", "etc");
    expect(over.status).toBe(2);
    expect(readFileSync(join(top(), "day.json"), "utf8")).toBe(day);
  });
});

test("what is wrong writes no file", async () => {
  host();
  await run("--html", "page.html", "--ram", "lots", "etc");
  expect(existsSync(join(top(), "page.html"))).toBe(false);
});

test("memory is computed where the size of the host is known, else the document says what is missing", async () => {
  host();
  const documentOf = async (...words: readonly string[]) =>
    JSON.parse((await run("--format", "json", ...words, "etc")).out).hosts[0];
  expect((await documentOf()).memory).toBe(null);
  expect((await documentOf()).memoryReason).toContain("--ram");
  const sized = await documentOf("--ram", "4G", "--worker-size", "60M");
  expect(sized.memory.memory.total).toBe(4 * 1024 ** 3);
  expect(sized.memoryReason).toBe(null);
  expect(sized.pools[0]).toMatchObject({ workerBytes: 60 * 1024 ** 2, workerAssumed: false });
  const asked = await documentOf("--ram", "4G", "--rate", "40/s", "--mean", "250ms");
  expect(asked.memory.pools[0].demand.load).toBe(10);
});

test("several hosts are one document, each with its name", async () => {
  for (const name of ["web1", "web2"])
    put(
      Object.fromEntries(
        Object.entries({ ...DEBIAN, "etc/nginx/sites-enabled/a": SITE }).map(([path, text]) => [
          `${name}/${path}`,
          text,
        ]),
      ),
    );
  const { out } = await run("--format", "json");
  expect(JSON.parse(out).hosts.map(({ name }: { name: string }) => name)).toEqual(["web1", "web2"]);
  expect((await run("--format", "mermaid")).out).toContain('subgraph h2["web2"]');
  const page = (await run("--format", "html")).out;
  expect(page).toContain("<h1>2 hosts</h1>");
  expect(page).toContain('<a href="#h2">web2</a>');
});

test("the output of nginx -T is drawn", async () => {
  host();
  const dump = `# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n${SITE}}\n`;
  const ran = await commandIn(top(), ["report", "-", "etc"], { standardInput: () => dump });
  expect(ran.out).toContain("shop.example");
});
