import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  capacity,
  checkConfig,
  json,
  lint,
  readHosts,
  rules,
  text,
  trace,
  version,
} from "../../src/library/index.js";
import { commandIn } from "../support/run-command.js";

const hosts = join(process.cwd(), "fixtures/hosts");
const example = { workingDirectory: join(hosts, "example"), paths: ["etc"] };
const three = { workingDirectory: join(hosts, "three-pools"), paths: ["etc"] };

/** What the command prints as JSON. */
async function printed(where: { readonly workingDirectory: string }, words: readonly string[]) {
  return JSON.parse((await commandIn(where.workingDirectory, [...words, "--format", "json"])).out);
}

describe("the library answers what the command prints", () => {
  test("to lint", async () => {
    const outcome = lint(example);
    if (outcome.kind !== "linted") throw new Error(outcome.refusal.message);
    expect(JSON.parse(json(outcome.result))).toEqual(await printed(example, ["etc"]));
    expect(text(outcome.result)).toBe((await commandIn(example.workingDirectory, ["etc"])).out);
  });

  test("to capacity", async () => {
    const sizes = { memory: "4G", workerSize: { "*": "60M", shop: 80 * 1024 ** 2 } };
    const demand = { rate: { shop: 80 }, mean: 0.25, headroom: 0.25, weight: { shop: 3 } };
    const answer = capacity({ ...three, ...sizes, ...demand });
    if (answer.kind !== "computed") throw new Error(answer.refusal.message);
    const words = ["capacity", "etc", "--ram", "4G", "--worker-size", "60M", "--worker-size", "shop=80M"];
    const more = ["--rate", "shop=80/s", "--mean", "250ms", "--headroom", "25%", "--weight", "shop=3"];
    const { version: _, ...report } = await printed(three, [...words, ...more]);
    expect(answer.hosts).toEqual([report]);
    expect(answer.incomplete).toEqual([]);
  });

  test("to trace", async () => {
    const url = "http://blog.example.com/cart?id=3";
    const answer = trace(url, { ...example, headers: { Cookie: "a=b" }, missing: ["/srv/blog/cart"] });
    if (answer.kind !== "traced") throw new Error(answer.refusal.message);
    const words = ["trace", url, "etc", "--header", "Cookie: a=b", "--missing", "/srv/blog/cart"];
    expect(answer.result).toEqual(await printed(example, words));
  });

  test("to rules", async () => {
    const { out } = await commandIn(hosts, ["rules", "--format", "json"]);
    const ids = (JSON.parse(out) as { rules: { id: string }[] }).rules.map(({ id }) => id);
    expect(rules.map(({ id }) => id).sort()).toEqual(ids.sort());
    expect(version).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

describe("readHosts", () => {
  test("says who talks to whom", () => {
    const answer = readHosts(example);
    if (answer.kind !== "read") throw new Error(answer.refusal.message);
    const [host, ...others] = answer.hosts;
    expect(others).toEqual([]);
    expect(host).toMatchObject({ name: ".", root: example.workingDirectory, nginx: { hasMain: true } });
    const shop = host?.pools.find(({ name }) => name === "shop");
    expect(shop).toMatchObject({
      file: "etc/php/8.2/fpm/pool.d/shop.conf",
      line: 1,
      listen: "/run/php/shop.sock",
      settings: { request_terminate_timeout: "30s" },
    });
    const pass = host?.passes.find(({ location }) => location === "location ~ \\.php$ of shop.example.com");
    expect(pass).toMatchObject({
      file: "etc/nginx/sites-enabled/shop.conf",
      line: 13,
      serves: "php",
      targets: [{ address: "/run/php/shop.sock", upstream: null, pools: [shop] }],
    });
    expect(host?.masters.flatMap(({ pools }) => pools)).toEqual(host?.pools);
  });

  test("takes the setting that counts", () => {
    const files = {
      "etc/php/8.2/fpm/php-fpm.conf": `[www]
listen = /run/$pool.sock
pm = static
pm.max_children = 1
pm.max_children = 2
env[A] = first
env[A] = second
user = \${WHO}
__proto__ = x
`,
    };
    const answer = readHosts({ files });
    if (answer.kind !== "read") throw new Error(answer.refusal.message);
    const { settings, listen } = answer.hosts[0]?.pools[0] ?? {};
    expect(listen).toBe("/run/www.sock");
    expect(settings).toMatchObject({ "pm.max_children": "2", "env[A]": "first", user: null });
  });
});

describe("checkConfig", () => {
  test("gives the configuration", () => {
    const answer = checkConfig('{ "failOn": "error", "rules": { "timeout/read-zero": "off" } }');
    expect(answer).toEqual({
      kind: "valid",
      config: { failOn: "error", rules: { "timeout/read-zero": "off" } },
    });
  });

  test("says every fault", () => {
    expect(checkConfig('{ "failOn": 1, "rulse": {} }', "a.json")).toEqual({
      kind: "faults",
      faults: expect.arrayContaining([
        'a.json:1:16: rulse: unknown key, did you mean "rules"?',
        "a.json:1:13: failOn: must be string",
      ]),
    });
    expect(checkConfig("{")).toMatchObject({
      kind: "faults",
      faults: [expect.stringContaining("fpmlint.json:1:2: not valid JSON")],
    });
  });
});

describe("what was read and does not fit is refused, not thrown", () => {
  const files = { "etc/nginx/nginx.conf": "events {}\nhttp { server { listen 80; server_name a; } }\n" };

  test.each([
    [() => lint({ paths: ["/no/such/path"] }), "/no/such/path: no such file or directory"],
    [() => readHosts({ paths: ["/no/such/path"] }), "/no/such/path: no such file or directory"],
    [() => trace("/", { paths: ["/no/such/path"] }), "/no/such/path: no such file or directory"],
    [
      () => trace("/", { files: { "etc/php-fpm.d/www.conf": "[www]\n" } }),
      "no http block of nginx was read there, so nothing answers requests",
    ],
    [
      () => capacity({ files }),
      "no pool of PHP-FPM is there; for one pool without files, give workerSize and memory",
    ],
    [
      () => capacity({ ...three, memory: "4G", rate: { shpo: 3 }, mean: 1 }),
      "--rate shpo=…: no pool of that name; did you mean shop?",
    ],
    [
      () => capacity({ ...three }),
      expect.stringContaining("the files do not say how much memory the host has"),
    ],
  ])("%#", (call, message) => {
    expect(call()).toMatchObject({ kind: "refused", refusal: { message } });
  });

  test("one pool without files needs only sizes", () => {
    const answer = capacity({ files: {}, memory: "4G", workerSize: "60M" });
    if (answer.kind !== "computed") throw new Error(answer.refusal.message);
    expect(answer.hosts[0]?.pools[0]?.recommended["pm.max_children"]).toBe(47);
  });
});
