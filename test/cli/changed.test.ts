import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { commandIn, type Ran } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** `--changed` in real repositories, and paths that git knows as removed. */

const { top, put, link, outcome } = tree();

let home = "";
const env = (): Record<string, string> => ({ PATH: process.env.PATH ?? "", HOME: home });

beforeEach(() => {
  put({ "home/.gitconfig": "[user]\n\tname = a\n\temail = a@example.com\n[init]\n\tdefaultBranch = main\n" });
  home = join(top(), "home");
});

const repository = (): string => join(top(), "repo");

function gitIn(directory: string, ...words: readonly string[]): string {
  return execFileSync("git", words, { cwd: directory, env: env(), encoding: "utf8", stdio: "pipe" });
}

const git = (...words: readonly string[]): string => gitIn(repository(), ...words);

const run = (...words: readonly string[]): Promise<Ran> => runIn(repository(), ...words);
const runIn = (directory: string, ...words: readonly string[]): Promise<Ran> =>
  commandIn(directory, ["--quiet", ...words], { env: env() });

/** What is found, as `file:line rule`. */
const found = ({ out }: Ran): readonly string[] =>
  out
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => `${line.split(":").slice(0, 2).join(":")} ${/\[([^[]*)\]$/.exec(line)?.[1]}`);
const ofRule = (ran: Ran, rule: string): readonly string[] =>
  found(ran)
    .filter((line) => line.endsWith(` ${rule}`))
    .map((line) => line.slice(0, -rule.length - 1));

/** A site with `timeout/read-zero` in its line 8. */
const site = (name: string, socket = "www", more = ""): string =>
  `server {\n  server_name ${name};\n  root /srv;\n  location ~ \\.php$ {\n    include fastcgi.conf;\n    try_files $uri =404;\n${more}    fastcgi_pass unix:/run/php/${socket}.sock;\n    fastcgi_read_timeout 0;\n  }\n}\n`;

const pool = (name: string): string =>
  `[${name}]\nuser = www-data\nlisten = /run/php/${name}.sock\nlisten.owner = www-data\npm = static\npm.max_children = 2\n`;

const ZERO = "timeout/read-zero";
const MISMATCH = "connect/listen-mismatch";

/** Two sites, each with its pool and one old fault. */
const HOST: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n",
  "etc/group": "root:x:0:\nwww-data:x:33:\n",
  "etc/nginx/nginx.conf": "user www-data;\nevents {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n",
  "etc/nginx/fastcgi.conf":
    "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\nfastcgi_param REQUEST_METHOD $request_method;\nfastcgi_param QUERY_STRING $query_string;\n",
  "etc/nginx/sites-enabled/a": site("a.example.com"),
  "etc/nginx/sites-enabled/b": site("b.example.com", "shop"),
  "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
  "etc/php/8.2/fpm/pool.d/www.conf": pool("www"),
  "etc/php/8.2/fpm/pool.d/shop.conf": pool("shop"),
};

const inRepository = (files: Readonly<Record<string, string>>): void =>
  put(Object.fromEntries(Object.entries(files).map(([path, text]) => [`repo/${path}`, text])));

function commitAll(): void {
  git("add", "-A");
  git("commit", "-qm", "x");
}

function start(files: Readonly<Record<string, string>> = HOST): void {
  inRepository(files);
  git("init", "-q");
  commitAll();
}

describe("files that changed since HEAD", () => {
  test("nothing: no finding, and how many there are elsewhere", async () => {
    start();
    const all = await run("etc");
    expect(ofRule(all, ZERO)).toEqual(["etc/nginx/sites-enabled/a:8", "etc/nginx/sites-enabled/b:8"]);
    const { status, out, err } = await run("etc", "--changed");
    expect({ status, out }).toEqual({ status: 0, out: "" });
    expect(err).toContain(
      `fpmlint: 0 files changed since HEAD; ${found(all).length} findings elsewhere not shown\n`,
    );
  });

  test.each([
    ["in the working tree", () => undefined],
    ["staged", () => git("add", "-A")],
  ])("%s", async (_, then) => {
    start();
    inRepository({ "etc/nginx/sites-enabled/a": site("a.example.com", "www", "    # one more line\n") });
    then();
    const ran = await run("etc", "--changed");
    expect(ofRule(ran, ZERO)).toEqual(["etc/nginx/sites-enabled/a:9"]);
    expect(ran.status).toBe(1);
    expect(ran.err).toContain("fpmlint: 1 file changed since HEAD; ");
  });

  test("staged, with the old text in the working tree", async () => {
    start();
    inRepository({ "etc/nginx/sites-enabled/a": "" });
    git("add", "-A");
    inRepository({ "etc/nginx/sites-enabled/a": site("a.example.com") });
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual(["etc/nginx/sites-enabled/a:8"]);
  });

  test("untracked, and not what .gitignore names", async () => {
    start({ ...HOST, ".gitignore": "d\n" });
    inRepository({
      "etc/nginx/sites-enabled/c": site("c.example.com"),
      "etc/nginx/sites-enabled/d": site("d.example.com"),
    });
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual(["etc/nginx/sites-enabled/c:8"]);
  });

  test("a file whose times alone are new did not change", async () => {
    start();
    fs.utimesSync(join(repository(), "etc/nginx/sites-enabled/a"), 1, 1);
    const ran = await run("etc", "--changed");
    expect(ran.err).toContain("0 files changed");
    expect(fs.existsSync(join(repository(), ".git/index.lock"))).toBe(false);
  });

  test("before the first commit every file is new", async () => {
    inRepository(HOST);
    git("init", "-q");
    git("add", "etc/nginx/sites-enabled/a");
    expect(ofRule(await run("etc", "--changed"), ZERO)).toHaveLength(2);
  });

  test("names with spaces, newlines, quotes and what is not ASCII or no UTF-8", async () => {
    start();
    const names = ["a b", 'new\nline "x"', "übung", "-n", "*"];
    inRepository(
      Object.fromEntries(names.map((name) => [`etc/nginx/sites-enabled/${name}`, site("c.example.com")])),
    );
    const bytes = Buffer.concat([
      Buffer.from(join(repository(), "etc/nginx/sites-enabled/")),
      Buffer.from([0x78, 0xff]),
    ]);
    fs.writeFileSync(bytes, site("d.example.com"));
    const { out } = await commandIn(repository(), ["etc", "--changed", "--format", "json"], { env: env() });
    const { findings } = JSON.parse(out) as { findings: readonly { rule: string; file: string }[] };
    const files = findings
      .filter(({ rule }) => rule === ZERO)
      .map(({ file }) => file.slice("etc/nginx/sites-enabled/".length));
    expect(files.filter((name) => names.includes(name)).sort()).toEqual([...names].sort());
    expect(files).toHaveLength(names.length + 1);
  });

  test("a link counts with what it leads to", async () => {
    const { "etc/nginx/sites-enabled/b": text = "", ...rest } = HOST;
    start({ ...rest, "etc/nginx/sites-available/b": text });
    expect(ofRule(await run("etc"), ZERO)).toEqual(["etc/nginx/sites-enabled/a:8"]);
    link("/etc/nginx/sites-available/b", "repo/etc/nginx/sites-enabled/b");
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual(["etc/nginx/sites-available/b:8"]);
  });

  test("an include line counts for what it brings in", async () => {
    start({ ...HOST, "etc/nginx/zero.conf": "fastcgi_read_timeout 0;\n", "etc/nginx/sites-enabled/a": "" });
    inRepository({
      "etc/nginx/sites-enabled/a": site("a.example.com").replace(
        "fastcgi_read_timeout 0;",
        "include zero.conf;",
      ),
    });
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual(["etc/nginx/zero.conf:1"]);
  });

  test("a snippet counts where a site begins to include it, and not where its main file changes", async () => {
    const zero = (name: string): string =>
      site(name).replace("fastcgi_read_timeout 0;", "include zero.conf;");
    start({
      ...HOST,
      "etc/nginx/zero.conf": "fastcgi_read_timeout 0;\n",
      "etc/nginx/sites-enabled/a": zero("a.example.com"),
      "etc/nginx/sites-enabled/b": "",
    });
    inRepository({ "etc/nginx/nginx.conf": `${HOST["etc/nginx/nginx.conf"]}# one more line\n` });
    expect(found(await run("etc", "--changed"))).toEqual([]);
    for (const name of ["0", "z"]) {
      inRepository({ [`etc/nginx/sites-enabled/${name}`]: zero(`${name}.example.com`) });
      expect(ofRule(await run("etc", "--changed"), ZERO), name).toEqual(["etc/nginx/zero.conf:1"]);
      fs.rmSync(join(repository(), "etc/nginx/sites-enabled", name));
    }
  });

  test("of many places of one fault those that changed", async () => {
    const names = Array.from({ length: 12 }, (_, at) => `s${String(at).padStart(2, "0")}`);
    start({
      ...HOST,
      ...Object.fromEntries(
        names.map((name) => [`etc/nginx/sites-enabled/${name}`, site(`${name}.example.com`)]),
      ),
    });
    for (const name of ["s03", "s07"])
      inRepository({ [`etc/nginx/sites-enabled/${name}`]: site(`${name}.example.com`, "www", "    # x\n") });
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual([
      "etc/nginx/sites-enabled/s03:9",
      "etc/nginx/sites-enabled/s07:9",
    ]);
  });
});

describe("what a change causes in files that did not change", () => {
  test("a pool that is removed", async () => {
    start();
    git("rm", "-q", "etc/php/8.2/fpm/pool.d/shop.conf");
    const ran = await run("etc", "--changed");
    // What several pools have in common is said of the one that is left, and is not new.
    expect(found(ran)).toEqual([`etc/nginx/sites-enabled/b:7 ${MISMATCH}`]);
  });

  test("a directory that is removed without git", async () => {
    start();
    fs.rmSync(join(repository(), "etc/php/8.2/fpm/pool.d"), { recursive: true });
    const ran = await run("etc", "--changed");
    expect(found(ran).length).toBeGreaterThan(0);
    expect(ofRule(ran, ZERO)).toEqual([]);
  });

  test("a pool that listens elsewhere now", async () => {
    start();
    inRepository({ "etc/php/8.2/fpm/pool.d/shop.conf": pool("shop").replace("shop.sock", "other.sock") });
    expect(ofRule(await run("etc", "--changed"), MISMATCH)).toEqual(["etc/nginx/sites-enabled/b:7"]);
  });

  test("a file that is renamed, at its new name alone", async () => {
    start({
      ...HOST,
      "etc/nginx/own.conf": "charset utf-8;\n",
      "etc/nginx/sites-enabled/own": "include own.conf;\n",
    });
    git("mv", "etc/nginx/sites-enabled/a", "etc/nginx/sites-enabled/z");
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual(["etc/nginx/sites-enabled/z:8"]);
    git("mv", "etc/nginx/own.conf", "etc/nginx/other.conf");
    const ran = await run("etc", "--changed");
    expect(ofRule(ran, "nginx/missing-include")).toEqual(["etc/nginx/sites-enabled/own:1"]);
    expect(ofRule(ran, ZERO)).toEqual(["etc/nginx/sites-enabled/z:8"]);
  });

  test("a link that is removed, and one that leads elsewhere", async () => {
    start();
    fs.mkdirSync(join(repository(), "etc/php/8.2/fpm/pools"));
    git("mv", "etc/php/8.2/fpm/pool.d/shop.conf", "etc/php/8.2/fpm/pools/shop.conf");
    link("/etc/php/8.2/fpm/pools/shop.conf", "repo/etc/php/8.2/fpm/pool.d/shop.conf");
    commitAll();
    expect(ofRule(await run("etc"), MISMATCH)).toEqual([]);
    const pools = join(repository(), "etc/php/8.2/fpm/pool.d");
    fs.rmSync(join(pools, "shop.conf"));
    expect(ofRule(await run("etc", "--changed"), MISMATCH)).toEqual(["etc/nginx/sites-enabled/b:7"]);
    link("www.conf", "repo/etc/php/8.2/fpm/pool.d/shop.conf");
    expect(ofRule(await run("etc", "--changed"), MISMATCH)).toEqual(["etc/nginx/sites-enabled/b:7"]);
  });

  test("what was there before is not shown again, whatever else a commit does", async () => {
    start();
    inRepository({
      "etc/php/8.2/fpm/pool.d/other.conf": pool("other"),
      "README.md": "text\n",
    });
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual([]);
  });

  test("what becomes graver is new", async () => {
    const { "etc/passwd": _, "etc/group": __, ...rest } = HOST;
    start({
      ...rest,
      "etc/php/8.2/fpm/pool.d/www.conf": pool("www").replace(
        "www-data\npm",
        "nginx\nlisten.group = nginx\npm",
      ),
    });
    const guessed = await run("etc", "--fail-on", "never");
    const DENIED = "socket/permission-denied";
    expect(guessed.out).toMatch(/: warning: .* \[socket\/permission-denied\]/);
    inRepository({
      "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nnginx:x:99:99::/:/bin/sh\n",
      "etc/group": "root:x:0:\nwww-data:x:33:\nnginx:x:99:\n",
    });
    const ran = await run("etc", "--changed");
    expect(ofRule(ran, DENIED)).toHaveLength(1);
    expect(ran.out).toMatch(/: error: .* \[socket\/permission-denied\]/);
  });

  test("a commented finding and a known one count as before", async () => {
    start();
    await run("etc", "--baseline", "known.json", "--update-baseline");
    git("rm", "-q", "etc/php/8.2/fpm/pool.d/shop.conf");
    const ran = await run("etc", "--changed", "--baseline", "known.json");
    expect(ofRule(ran, MISMATCH)).toEqual(["etc/nginx/sites-enabled/b:7"]);
    expect(ran.err).not.toContain(
      "no longer found; --update-baseline removes them\n  etc/nginx/sites-enabled/a",
    );
  });
});

describe("a revision", () => {
  test("counts from the commit that it and HEAD have in common", async () => {
    start();
    git("checkout", "-qb", "work");
    inRepository({ "etc/nginx/sites-enabled/b": site("b.example.com", "shop", "    # x\n") });
    commitAll();
    git("checkout", "-q", "main");
    inRepository({ "etc/nginx/sites-enabled/a": site("a.example.com", "www", "    # y\n") });
    commitAll();
    git("checkout", "-q", "work");
    const merged = ["etc/nginx/sites-enabled/b:9"];
    expect(ofRule(await run("--changed", "main", "etc"), ZERO)).toEqual(merged);
    expect(ofRule(await run("etc", "--changed=main"), ZERO)).toEqual(merged);
    expect(ofRule(await run("etc", "--changed", "HEAD~1"), ZERO)).toEqual(merged);
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual([]);
    inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
    expect(ofRule(await run("etc", "--changed", "main"), ZERO)).toEqual([
      ...merged,
      "etc/nginx/sites-enabled/c:8",
    ]);
  });

  test("a word apart is a path where only a path has that name", async () => {
    start();
    inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
    expect(ofRule(await run("--changed", "etc"), ZERO)).toEqual(["etc/nginx/sites-enabled/c:8"]);
    git("branch", "etc");
    const both = await run("--changed", "etc");
    expect({ status: both.status, err: both.err }).toEqual({
      status: 2,
      err: "fpmlint: --changed etc: both a commit and a path have this name; write --changed=etc or --changed -- etc\n",
    });
    expect(ofRule(await run("--changed", "--", "etc"), ZERO)).toHaveLength(1);
    expect(ofRule(await run("--changed=etc"), ZERO)).toHaveLength(1);
  });

  test.each([
    ["nope", '"nope" is not a commit of '],
    ["main..main", '"main..main" is not a commit of '],
    ["other", "other and HEAD have no commit in common in "],
    ["--output=x", '"--output=x" is not a commit of '],
  ])("%s is refused", async (word, said) => {
    start();
    git("checkout", "-q", "--orphan", "other");
    git("commit", "-qm", "y");
    git("checkout", "-q", "main");
    const { status, out, err } = await run("etc", `--changed=${word}`);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(`fpmlint: --changed: ${said}`);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("which repository", () => {
  test("that of the path, wherever the command runs", async () => {
    start();
    inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
    expect(ofRule(await runIn(top(), "repo/etc", "--changed"), ZERO)).toEqual([
      "repo/etc/nginx/sites-enabled/c:8",
    ]);
    expect(ofRule(await runIn(join(repository(), "etc/nginx"), "--changed", "sites-enabled"), ZERO)).toEqual([
      "sites-enabled/c:8",
    ]);
  });

  test("several paths in several repositories", async () => {
    start();
    put(Object.fromEntries(Object.entries(HOST).map(([path, text]) => [`second/${path}`, text])));
    gitIn(join(top(), "second"), "init", "-q");
    inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
    expect(ofRule(await runIn(top(), "repo/etc", "second/etc", "--changed"), ZERO)).toEqual([
      "repo/etc/nginx/sites-enabled/c:8",
      "second/etc/nginx/sites-enabled/a:8",
      "second/etc/nginx/sites-enabled/b:8",
    ]);
  });

  test("a work tree of its own (git worktree)", async () => {
    start();
    git("worktree", "add", "-q", join(top(), "tree"), "-b", "tree");
    put({ "tree/etc/nginx/sites-enabled/c": site("c.example.com") });
    expect(ofRule(await runIn(join(top(), "tree"), "etc", "--changed"), ZERO)).toEqual([
      "etc/nginx/sites-enabled/c:8",
    ]);
    expect(ofRule(await run("etc", "--changed"), ZERO)).toEqual([]);
  });

  test("a submodule: what differs in it, and all of it where it is new", async () => {
    put(Object.fromEntries(Object.entries(HOST).map(([path, text]) => [`inner/${path}`, text])));
    const inner = join(top(), "inner");
    gitIn(inner, "init", "-q");
    gitIn(inner, "add", "-A");
    gitIn(inner, "commit", "-qm", "x");
    start({ "README.md": "x\n" });
    git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", inner, "web 1");
    expect(ofRule(await run("web 1/etc", "--changed"), ZERO)).toEqual([]);
    expect(ofRule(await run(".", "--changed"), ZERO)).toHaveLength(2);
    commitAll();
    expect(ofRule(await run(".", "--changed"), ZERO)).toEqual([]);
    put({ "repo/web 1/etc/nginx/sites-enabled/a": site("a.example.com", "www", "    # x\n") });
    put({ "repo/web 1/etc/nginx/sites-enabled/c": site("c.example.com") });
    const changed = ["web 1/etc/nginx/sites-enabled/a:9", "web 1/etc/nginx/sites-enabled/c:8"];
    expect(ofRule(await run(".", "--changed"), ZERO)).toEqual(changed);
    const own = join(repository(), "web 1");
    gitIn(own, "add", "-A");
    gitIn(own, "commit", "-qm", "y");
    expect(ofRule(await run(".", "--changed"), ZERO)).toEqual(changed);
  });

  test("a repository inside, that git does not know, is new as a whole", async () => {
    start({ "README.md": "x\n" });
    put(Object.fromEntries(Object.entries(HOST).map(([path, text]) => [`repo/web/${path}`, text])));
    gitIn(join(repository(), "web"), "init", "-q");
    expect(ofRule(await run(".", "--changed"), ZERO)).toHaveLength(2);
  });

  test("variables of a hook do not lead elsewhere", async () => {
    start();
    inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
    const hook = { ...env(), GIT_DIR: join(top(), "nowhere"), GIT_INDEX_FILE: "x", GIT_WORK_TREE: top() };
    const ran = await commandIn(repository(), ["-q", "etc", "--changed"], { env: hook });
    expect(ofRule(ran, ZERO)).toEqual(["etc/nginx/sites-enabled/c:8"]);
  });

  test("nothing of the repository is executed", async () => {
    start();
    const mark = join(top(), "executed");
    put({ "evil.sh": `#!/bin/sh\ntouch ${mark}\n` });
    const evil = join(top(), "evil.sh");
    fs.chmodSync(evil, 0o755);
    for (const name of [
      "core.fsmonitor",
      "diff.external",
      "core.pager",
      "core.editor",
      "diff.x.textconv",
      "diff.x.command",
    ])
      git("config", name, evil);
    inRepository({ ".gitattributes": "* diff=x\n", "etc/nginx/sites-enabled/c": site("c.example.com") });
    fs.mkdirSync(join(repository(), ".git/hooks"), { recursive: true });
    fs.copyFileSync(evil, join(repository(), ".git/hooks/post-index-change"));
    expect(ofRule(await run("etc", "--changed"), ZERO)).toHaveLength(1);
    expect(fs.existsSync(mark)).toBe(false);
  });
});

describe("what is refused", () => {
  test("a path in no repository", async () => {
    inRepository(HOST);
    const { status, out, err } = await run("etc", "--changed");
    expect({ status, out, err }).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: --changed: etc is not in a git work tree\n",
    });
    gitIn(top(), "init", "-q", "--bare", "bare");
    put(Object.fromEntries(Object.entries(HOST).map(([path, text]) => [`bare/${path}`, text])));
    expect((await runIn(join(top(), "bare"), "etc", "--changed")).err).toBe(
      "fpmlint: --changed: etc is not in a git work tree\n",
    );
  });

  test("without git", async () => {
    start();
    for (const PATH of ["/nonexistent", "", ".", "repo:./bin"]) {
      put({ "repo/git": "#!/bin/sh\nexit 0\n" });
      fs.chmodSync(join(repository(), "git"), 0o755);
      const { status, err } = await commandIn(repository(), ["etc", "--changed"], { env: { PATH } });
      expect({ status, err }).toEqual({
        status: 2,
        err: "fpmlint: --changed asks git, and there is no git on the PATH\n",
      });
    }
  });

  test.runIf(process.getuid?.() === 0)("a repository of somebody else", async () => {
    start();
    for (const path of [repository(), join(repository(), ".git")]) fs.chownSync(path, 12345, 12345);
    const { status, err } = await run("etc", "--changed");
    expect(status).toBe(2);
    expect(err).toBe(
      `fpmlint: --changed: ${repository()} belongs to another user, so git does not read it; if you trust it: git config --global --add safe.directory '${repository()}'\n`,
    );
    gitIn(top(), "config", "--global", "--add", "safe.directory", repository());
    expect((await run("etc", "--changed")).status).toBe(0);
  });

  test("a text, and a baseline of a part", async () => {
    start();
    expect((await run("-", "--changed")).err).toContain("- is a text and no file: --changed needs");
    const ran = await run("etc", "--changed", "--baseline", "known.json", "--update-baseline");
    expect({ status: ran.status, err: ran.err }).toEqual({
      status: 2,
      err: "fpmlint: --update-baseline records all findings: drop --changed\n",
    });
  });
});

test("--fix changes what was changed, and nothing else", async () => {
  start();
  inRepository({ "etc/nginx/sites-enabled/c": site("c.example.com") });
  const { err } = await run("etc", "--changed", "--fix-review");
  expect(err).toContain("wrote etc/nginx/sites-enabled/c");
  const text = (name: string): string =>
    fs.readFileSync(join(repository(), "etc/nginx/sites-enabled", name), "utf8");
  expect(["a", "b", "c"].filter((name) => text(name).includes("fastcgi_read_timeout 0;"))).toEqual([
    "a",
    "b",
  ]);
});

describe("paths among others that are no fault", () => {
  test("a file that no daemon reads", async () => {
    start({
      ...HOST,
      "README.md": "text\n",
      "etc/nginx/mime.types": "types { text/html html; }\n",
      "x.conf": "\0\0",
    });
    for (const path of ["README.md", "etc/nginx/mime.types", "x.conf"]) {
      const { status, out, err } = await run(path);
      expect({ path, status, out }).toEqual({ path, status: 0, out: "" });
      expect(err).toContain(`fpmlint: skipped: `);
      expect(err).toContain(path);
    }
    const both = await run("README.md", "etc/nginx/sites-enabled/a");
    expect(ofRule(both, ZERO)).toEqual(["etc/nginx/sites-enabled/a:8"]);
    expect(both.status).toBe(1);
  });

  test("the library has them in its answer", () => {
    start({ ...HOST, "README.md": "text\n" });
    const answer = outcome(["README.md", "etc"], { workingDirectory: repository() });
    expect(answer).toMatchObject({
      kind: "linted",
      passed: [{ kind: "nothing-to-lint", path: "README.md" }],
    });
  });

  test("of many only the first are named", async () => {
    const names = Array.from({ length: 9 }, (_, at) => `${at}.txt`);
    start({ ...HOST, ...Object.fromEntries(names.map((name) => [name, "text\n"])) });
    const { err } = await run(...names);
    expect(err.match(/^fpmlint: skipped/gm)).toHaveLength(4);
    expect(err).toContain("fpmlint: skipped 6 more paths alike\n");
  });

  test("one that git knows as removed", async () => {
    start();
    fs.rmSync(join(repository(), "etc/nginx/sites-enabled/a"));
    git("rm", "-q", "etc/php/8.2/fpm/pool.d/shop.conf");
    fs.rmSync(join(repository(), "etc/php"), { recursive: true });
    for (const path of [
      "etc/nginx/sites-enabled/a",
      "etc/php/8.2/fpm/pool.d/shop.conf",
      "etc/php/8.2",
      "./etc/../etc/php",
    ]) {
      const { status, out, err } = await run(path);
      expect({ path, status, out }).toEqual({ path, status: 0, out: "" });
      expect(err).toContain(`fpmlint: skipped: ${path} was removed, as git knows\n`);
    }
    const one = await runIn(top(), "repo/etc/nginx/sites-enabled/a");
    expect(one.status).toBe(0);
  });

  test("one that it does not know, and one that is nowhere in a repository, do not exist", async () => {
    start();
    for (const path of [
      "etc/nginx/sites-enabled/q",
      "*",
      "etc/nginx/sites-enabled/?",
      ":/",
      "/nonexistent/x",
      "-- a",
    ]) {
      const { status, err } = await run("--", path);
      expect({ status, err }).toEqual({ status: 2, err: `fpmlint: ${path}: no such file or directory\n` });
    }
    expect((await run("")).status).toBe(2);
    const { err } = await commandIn(repository(), ["etc/q"], { env: {} });
    expect(err).toBe("fpmlint: etc/q: no such file or directory\n");
  });

  test("a directory with nothing to lint stays a fault", async () => {
    start({ ...HOST, "docs/a.md": "x\n" });
    const { status, err } = await run("etc/nginx/sites-enabled/a", "docs");
    expect(status).toBe(2);
    expect(err).toContain("no nginx or PHP-FPM configuration found below docs");
  });
});
