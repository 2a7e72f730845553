import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import type { TRACE_OPTIONS } from "../../../src/cli/trace/options.js";
import { validators } from "../../../src/validators.js";
import { type Ran, runCommand } from "../../support/run-command.js";
import { DEBIAN, tree } from "../../support/tree.js";

/** `fpmlint trace` end to end. Whether nginx really goes these ways is what `test/trace/ways.test.ts` proves. */

const { top, put } = tree();

const PHP = `
  location ~ \\.php$ {
    include fastcgi_params;
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_pass unix:/run/php/www.sock;
  }`;

const SHOP = `server {
  listen 80;
  server_name shop.example;
  root /srv/shop;
  index index.html index.php;
  location / { try_files $uri $uri/ /index.php$is_args$args; }${PHP}
}
`;

/** Only in this host, where missing means unknown: it has no accounts. */
const { "etc/passwd": _passwd, "etc/group": _group, ...LOOSE } = DEBIAN;

function host(site: string, more: Readonly<Record<string, string>> = {}): void {
  put({ ...LOOSE, "etc/nginx/sites-enabled/a": site, ...more });
}

function run(words: readonly string[], input = ""): Promise<Ran> {
  return runCommand(["trace", ...words], {
    rules,
    validators,
    workingDirectory: top(),
    standardInput: () => input,
  });
}

async function text(words: readonly string[], status = 0): Promise<string> {
  const ran = await run(words);
  expect([ran.status, ran.err]).toEqual([status, ""]);
  return ran.out;
}

/** Without the line ends of a paragraph, so that a sentence can be looked for. */
const flat = (out: string): string => out.replace(/\s+/g, " ");

/** The lines up to the first empty one: what a reader sees first. */
const head = (out: string): string => flat(out.split("\n\n")[0] ?? "");

interface Document {
  readonly version: number;
  readonly request: Readonly<Record<string, unknown>>;
  readonly notes: readonly Readonly<Record<string, unknown>>[];
  readonly presumed: readonly string[];
  readonly supposed: boolean;
  readonly ways: readonly {
    readonly unlikely: boolean;
    readonly outcome: Readonly<Record<string, unknown>> & {
      readonly params?: readonly { readonly name: string; readonly value: string | null }[];
    };
    readonly rests: readonly Readonly<Record<string, unknown>>[];
    readonly steps: readonly Readonly<Record<string, unknown>>[];
    readonly pools: readonly Readonly<Record<string, unknown>>[];
  }[];
}

async function json(words: readonly string[], status = 0): Promise<Document> {
  return JSON.parse(await text([...words, "--format", "json"], status)) as Document;
}

describe("what a reader sees first", () => {
  test("what becomes of a URL that is no file comes before what happens if it is one", async () => {
    host(SHOP);
    expect(head(await text(["http://shop.example/cart?id=3", "etc"]))).toBe(
      "GET http://shop.example/cart?id=3 " +
        "→ it depends: " +
        "1a pool [www] runs /srv/shop/index.php, if /srv/shop/cart is not there, and /srv/shop/index.php is a file " +
        "1b pool [www] answers 404 “File not found.”: there is no script at /srv/shop/index.php (the log: Primary script unknown), " +
        "if /srv/shop/cart and /srv/shop/index.php are not there " +
        "2 200: nginx sends the file /srv/shop/cart as text/plain, if /srv/shop/cart is a file " +
        "3 301 to http://shop.example/cart/?id=3: a directory needs a slash at the end of its URL, if /srv/shop/cart is a directory " +
        "and 1 way that is less likely (--format json has all) " +
        "Taken for granted: /srv/shop is a directory.",
    );
  });

  test("with the files in the tree there is one way", async () => {
    host(SHOP, { "srv/shop/index.php": "<?php" });
    expect(head(await text(["http://shop.example/cart?id=3", "etc"]))).toBe(
      "GET http://shop.example/cart?id=3 → pool [www] runs /srv/shop/index.php",
    );
  });

  test("of several index files the one that PHP runs comes first", async () => {
    host(SHOP);
    expect(head(await text(["http://shop.example/", "etc"]))).toContain(
      "1a pool [www] runs /srv/shop/index.php, if /srv/shop/index.html is not there",
    );
  });

  test("a circle is told once", async () => {
    host(SHOP.replace("/index.php$is_args$args", "/index.php$uri"), { "srv/shop/robots.txt": "" });
    const out = await text(["http://shop.example/cart", "etc"]);
    expect(head(out)).toBe("GET http://shop.example/cart → 500: rewrite or internal redirection cycle");
    expect(out.match(/takes \/index\.php/g) ?? []).toHaveLength(0);
    expect(flat(out)).toContain("and round again: these 4 lines 10 more times, each time with another URI");
  });

  test("a name that nobody has", async () => {
    host(`${SHOP}server { listen 80; server_name blog.example; return 204; }
server { listen 8443 ssl; server_name docs.example; return 204; }
`);
    expect(head(await text(["http://shpo.example/x.html", "etc"]))).toContain(
      "No server on port 80 has the name shpo.example, so the default server takes it. " +
        "Did you mean shop.example? The names there: shop.example, blog.example.",
    );
    expect(head(await text(["http://docs.example/", "etc"]))).toContain(
      "A server on port 8443 with TLS has it.",
    );
    expect(head(await text(["http://blog.example/", "etc"]))).toBe(
      "GET http://blog.example/ → 204: return says so",
    );
  });

  test("a port on which nobody listens", async () => {
    host(`${SHOP}server { listen 8443 ssl; return 204; }\nserver { listen ${"$"}{PORT}; return 204; }\n`);
    expect(flat(await text(["http://shop.example:81/", "etc"], 3))).toBe(
      "GET http://shop.example:81/ → unknown: no server of the host listens there " +
        "No server of this nginx listens on port 81. Its servers listen on 80, 8443 (TLS). " +
        "A template fills in the address of 1 server. ",
    );
  });

  test("a script that is sent as text", async () => {
    host("server { listen 80; root /srv/shop; }\n", { "srv/shop/a.php": "<?php" });
    expect(head(await text(["/a.php", "etc"]))).toContain(
      "200: nginx sends the file /srv/shop/a.php as text/plain, the source of a script",
    );
  });

  test("a form that is too large for PHP", async () => {
    host(SHOP.replace("root", "client_max_body_size 20m;\n  root"), { "srv/shop/a.php": "<?php" });
    put({ "etc/php/8.2/fpm/php.ini": "post_max_size = 2M\n" });
    const body = ["--body-size", "3m", "http://shop.example/a.php", "etc"];
    expect(head(await text(body))).toContain(
      "The body of 3m is larger than post_max_size, so $_POST and $_FILES are empty.",
    );
    expect(head(await text(["-X", "PUT", ...body]))).not.toContain("post_max_size");
  });

  test("an error page that turns a POST into a GET", async () => {
    host(
      SHOP.replace("root", "error_page 404 /index.php;\n  root").replace(" /index.php$is_args$args", " =404"),
      {
        "srv/shop/index.php": "<?php",
      },
    );
    expect(head(await text(["-X", "POST", "http://shop.example/a", "etc"]))).toContain(
      "pool [www] runs /srv/shop/index.php, and the client gets the status 404; the POST has become a GET",
    );
  });

  test("a pool that is not there", async () => {
    host(SHOP.replace("www.sock", "other.sock"), { "srv/shop/index.php": "<?php" });
    expect(head(await text(["/index.php", "etc"]))).toContain(
      "nginx passes it to unix:/run/php/other.sock, where no pool of this host is known to listen",
    );
  });
});

describe("where the way gets lost", () => {
  test("what was not read is taken to change nothing, which is said and is no success", async () => {
    put({ "sites/a.conf": SHOP.replace("index.html index.php", "index.php") });
    const out = await text(["http://shop.example/", "sites"], 3);
    expect(head(out)).toContain(
      "Taken for granted: the parts of nginx's files that were not read change nothing on this way.",
    );
    expect(head(out)).toContain("nginx passes it to unix:/run/php/www.sock");
    expect((await json(["http://shop.example/", "sites"], 3)).supposed).toBe(true);
  });

  test("a template: with its place, and without a name the default server is taken", async () => {
    put({
      ...LOOSE,
      "etc/nginx/sites-enabled/a.j2":
        "server {\n  listen 80;\n  server_name {{ one }};\n  return 204;\n}\nserver {\n  listen 80;\n  server_name {{ two }};\n  root {{ root }};\n}\n",
      "etc/nginx/sites-enabled/a": "",
    });
    const lost = flat(await text(["http://shop.example/", "etc"], 3));
    expect(lost).toContain("→ unknown: a template fills in a server_name");
    expect(lost).toContain("etc/nginx/sites-enabled/a.j2 3 the way gets lost here");
    const taken = flat(await text(["/", "etc"]));
    expect(taken).toContain("→ 204: return says so");
    expect(taken).toContain("server {{ one }}");
    expect(taken).toContain("the server was taken because it is the default one");
  });

  test("several hosts", async () => {
    for (const name of ["web1", "web2"]) {
      const site = SHOP.replace("shop.example", `${name}.example both.example`);
      const files = { ...DEBIAN, "etc/nginx/sites-enabled/a": site };
      put(Object.fromEntries(Object.entries(files).map(([path, line]) => [`${name}/${path}`, line])));
    }
    const refused = async (url: string) => {
      const { status, out, err } = await run([url, "."]);
      expect([status, out]).toEqual([2, ""]);
      return err;
    };
    expect(await refused("/")).toBe(
      "fpmlint: 2 hosts are there and the URL names none; name one of them as the path: web1, web2\n",
    );
    expect(await refused("http://both.example/")).toContain(
      "2 hosts have a server with the name both.example",
    );
    expect(await refused("http://web3.example/")).toContain(
      "did you mean web1.example?; they are web1, web2",
    );
    expect(await text(["http://web2.example/", "."])).toContain("web2: GET http://web2.example/");
  });

  test("only nginx's half", async () => {
    const dump = `# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n${SHOP}}\n`;
    const { status, out, err } = await run(["http://shop.example/index.php", "-"], dump);
    expect([status, err]).toEqual([0, ""]);
    expect(flat(out)).toContain(
      "nginx passes it to unix:/run/php/www.sock, where no pool of this host is known",
    );
    expect(flat(out)).toContain("One of the limits on time is unknown");
  });

  test("a part that cannot be read is named, and the status says it", async () => {
    const deep = `${"location / {\n".repeat(600)}${"}\n".repeat(600)}`;
    host(`${SHOP}server {\n${deep}}\n`, { "srv/shop/index.php": "<?php" });
    const { status, out, err } = await run(["http://shop.example/", "etc"]);
    expect(status).toBe(3);
    expect(err).toMatch(
      /^fpmlint: etc\/nginx\/sites-enabled\/a:\d+: blocks nested this deep were not read\n$/,
    );
    expect(head(out)).toContain("runs /srv/shop/index.php");
  });

  test("no configuration of nginx", async () => {
    put({ "etc/php/8.2/fpm/php-fpm.conf": "[global]\n" });
    expect(await run(["/", "etc"])).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: no http block of nginx was read there, so nothing answers requests\n",
    });
  });
});

/** What each option changes: the words, and what the document or the text must then have. */
const OPTIONS: Readonly<Record<keyof typeof TRACE_OPTIONS, () => Promise<void>>> = {
  method: async () => {
    host("server { listen 80; location / { limit_except GET { deny all; } return 204; } root /srv; }\n");
    expect((await json(["-X", "DELETE", "/", "etc"])).request.method).toBe("DELETE");
    host("server { listen 80; root /srv; }\n", { "srv/a.txt": "a" });
    expect((await json(["/a.txt", "etc"])).ways[0]?.outcome).toMatchObject({ kind: "file", status: 200 });
    expect((await json(["--method", "POST", "/a.txt", "etc"])).ways[0]?.outcome).toMatchObject({
      status: 405,
    });
  },
  header: async () => {
    host("server { listen 80; if ($http_x_a = b) { return 204; } return 404; }\n");
    expect((await json(["-H", "X-A: b", "/", "etc"])).ways[0]?.outcome.status).toBe(204);
    expect((await json(["-H", "X-B: b", "/", "etc"])).ways[0]?.outcome.status).toBe(404);
    host(SHOP, { "srv/shop/index.php": "<?php" });
    const { ways } = await json(["--header", "Accept: a", "--header", "Cookie: c=d", "/index.php", "etc"]);
    expect(ways[0]?.outcome.params).toContainEqual({
      name: "HTTP_COOKIE",
      value: "c=d",
      reason: null,
      header: true,
    });
  },
  "body-size": async () => {
    host(SHOP, { "srv/shop/index.php": "<?php" });
    const small = await json(["--body-size", "1m", "/index.php", "etc"]);
    expect(small.ways[0]?.outcome).toMatchObject({ kind: "php", method: "POST", bodyLength: 1_048_576 });
    const large = await text(["--body-size", "1025k", "/index.php", "etc"]);
    expect(head(large)).toContain("→ 413: the body is larger than client_max_body_size (1m)");
  },
  http: async () => {
    host(SHOP.replace("listen 80", "listen 443 ssl"), { "srv/shop/index.php": "<?php" });
    const protocol = async (words: readonly string[]) => {
      const { ways } = await json([...words, "https://shop.example/index.php", "etc"]);
      return ways[0]?.outcome.params?.find(({ name }) => name === "SERVER_PROTOCOL")?.value;
    };
    expect(await protocol([])).toBe("HTTP/1.1");
    expect(await protocol(["--http", "2"])).toBe("HTTP/2.0");
    expect(await protocol(["--http", "3"])).toBe("HTTP/3.0");
  },
  from: async () => {
    host("server { listen 80; allow 192.0.2.0/24; deny all; root /srv; }\n", { "srv/a.txt": "a" });
    const status = async (words: readonly string[]) =>
      (await json([...words, "/a.txt", "etc"])).ways[0]?.outcome.status;
    expect(await status(["--from", "192.0.2.7"])).toBe(200);
    expect(await status(["--from", "198.51.100.7"])).toBe(403);
  },
  exists: async () => {
    host(SHOP);
    const words = ["--exists", "/srv/shop/cart/", "--exists", "/srv/shop/cart/index.html"];
    const { ways } = await json([...words, "http://shop.example/cart/", "etc"]);
    expect(ways.map(({ outcome }) => outcome.path)).toEqual(["/srv/shop/cart/index.html"]);
  },
  missing: async () => {
    host("server { listen 80; root /srv; }\n");
    const { ways } = await json(["--missing", "/srv/a.txt", "/a.txt", "etc"]);
    expect(ways.map(({ outcome }) => outcome.status)).toEqual([404]);
  },
  format: async () => {
    host(SHOP);
    const words = ["/cart", "etc", "--format", "json=out.json", "--format", "text=out.txt"];
    expect(await text(words)).toBe("");
    const written = (name: string) => readFileSync(join(top(), name), "utf8");
    expect(JSON.parse(written("out.json"))).toEqual(await json(["/cart", "etc"]));
    expect(written("out.txt")).toBe(await text(["/cart", "etc"]));
  },
  config: async () => {
    put({
      "hosts/a/nginx.conf": `events {}\nhttp {\n${SHOP}}\n`,
      "own.json": '{ "hosts": [{ "name": "a", "root": "hosts/a", "nginx": "nginx.conf" }] }',
    });
    expect(await text(["http://shop.example/", "hosts", "--config", "own.json"])).toContain("a: GET ");
  },
};

describe("options", () => {
  test.each(Object.entries(OPTIONS))("--%s", (_name, tried) => tried());

  test.each([
    [[], "trace needs a URL"],
    [["shop.example/a"], "write http://shop.example/a"],
    [["/", "etc", "--method", "GET /"], "--method"],
    [["/", "etc", "--header", "nothing"], "--header"],
    [["/", "etc", "--body-size", "big"], "--body-size"],
    [["/", "etc", "--http", "4"], 'Choices: "1.0", "1.1", "2", "3"'],
    [["/", "etc", "--from", "me"], "--from"],
    [["/", "etc", "--exists", "a"], "not an absolute path"],
    [["/", "etc", "--exists", "/a/b", "--missing", "/a"], "--missing says"],
    [["/", "etc", "--format", "html"], "unknown format"],
    [["/", "etc", "--config", "nothing.json"], "nothing.json"],
    [["/", "nowhere"], "nowhere: no such file or directory"],
    [["/", "etc", "--metod", "GET"], "did you mean --method?"],
  ])("%j is refused", async (words, why) => {
    host(SHOP);
    const { status, out, err } = await run(words);
    expect([status, out]).toEqual([2, ""]);
    expect(err).toContain(why);
    expect(err.endsWith("\n")).toBe(true);
  });
});

test("paths may come after --, and begin with a dash", async () => {
  host(SHOP, { "srv/shop/a.txt": "" });
  const plain = await text(["http://shop.example/a.txt", "etc"]);
  expect(await text(["http://shop.example/a.txt", "--", "etc"])).toBe(plain);
  expect(await text(["--", "http://shop.example/a.txt", "etc"])).toBe(plain);
  expect((await run(["/", "--", "-x"])).err).toBe("fpmlint: ./-x: no such file or directory\n");
});

describe("output", () => {
  test("JSON has the request, each way, its steps, parameters and limits", async () => {
    host(SHOP, { "srv/shop/index.php": "<?php" });
    const document = await json(["http://shop.example/cart?id=3", "etc"]);
    expect(document).toMatchObject({
      version: 1,
      request: { method: "GET", target: "/cart?id=3", bodyLength: null, tls: false, port: 80 },
      notes: [],
      presumed: [],
      supposed: false,
    });
    const [way, ...others] = document.ways;
    expect(others).toEqual([]);
    expect(way?.steps.map(({ kind, line }) => [kind, line])).toEqual([
      ["server", 1],
      ["location", 6],
      ["try-files", 6],
      ["try-files", 6],
      ["try-files", 6],
      ["internal-redirect", null],
      ["location", 7],
      ["fastcgi", 10],
    ]);
    expect(way?.outcome.params).toContainEqual({
      name: "QUERY_STRING",
      value: "id=3",
      reason: null,
      header: false,
    });
    expect(way?.pools).toMatchObject([
      { pool: "www", answer: { kind: "runs", script: "/srv/shop/index.php" }, waiting: { after: 60 } },
    ]);
  });

  test("nothing of the input drives a terminal or a CI service", async () => {
    host(
      SHOP.replace("shop.example", '"a\u001b[31mb" shop.example').replace("/srv/shop", '"/srv/##[error]x"'),
    );
    for (const format of ["text", "json"]) {
      const url = "http://shop.example/a%1b%0a::error::x%0d";
      const out = await text([url, "etc", "-H", "X-A: \u001b[2J", "--format", format]);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be there
      expect(out).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f]/);
      expect(out).not.toMatch(/^\s*::error|##\[/m);
    }
  });

  test("on a narrow terminal in ASCII", async () => {
    host(SHOP);
    const { out } = await runCommand(["trace", "/cart", "etc", "--color", "always"], {
      rules,
      validators,
      workingDirectory: top(),
      env: { LC_ALL: "C" },
    });
    expect(out).toContain("\u001b[1m-> it depends:\u001b[0m");
  });
});
