import { describe, expect, test } from "vitest";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import {
  effectiveFlag,
  effectiveList,
  effectiveNode,
  effectiveTime,
  hiddenList,
} from "../../src/nginx/tree/effective.js";
import { argument, childrenNamed, descendants, headText } from "../../src/nginx/tree/nodes.js";
import { type NginxTree, readFragments, readTree } from "../../src/nginx/tree/tree.js";
import type { Node } from "../../src/nginx/types.js";
import type { Effective } from "../../src/source/effective.js";
import { position } from "../../src/source/file.js";

/** What nginx reads from a main file: includes opened, and what counts in a block. */

const MAIN = "/etc/nginx/nginx.conf";

type Files = Readonly<Record<string, MemoryNode>>;

function tree(files: Files, { whole = true, main = MAIN, fs = memoryFilesystem(files) } = {}): NginxTree {
  const read = readTree({ fs, whole }, main);
  if (read === null) throw new Error("no main file");
  return read;
}

function heads(node: Node): readonly string[] {
  return [...descendants(node)].map(headText);
}

function find(root: Node, head: string): readonly Node[] {
  return [...descendants(root)].filter((node) => headText(node) === head);
}

function only(root: Node, head: string): Node {
  const [node, ...more] = find(root, head);
  if (node === undefined || more.length > 0) throw new Error(`${more.length + 1} nodes ${head}`);
  return node;
}

/** The line of a broken file that stands beside a healthy site, and whether what the site inherits is still known. */
test.each([
  ["server { listen 1; location / { root /x } }\n", "default"],
  ["server { listen 1; } }\n", "default"],
  ["server { listen 1; }\n}\nfastcgi_read_timeout 5s;\n", "unknown"],
  ["fastcgi_read_timeout 5s }\nroot /x;\n", "unknown"],
])("a broken site takes down itself, not what others inherit: %s", (broken, kind) => {
  const fs = memoryFilesystem({
    "/etc/nginx/nginx.conf": "events {}\nhttp { include sites/*; }\n",
    "/etc/nginx/sites/a": broken,
    "/etc/nginx/sites/b": "server { listen 2; }\n",
  });
  const tree = readTree({ fs, whole: true }, "/etc/nginx/nginx.conf");
  const http = tree?.root.children.find(({ name }) => name === "http");
  const last = http?.children.at(-1);
  expect(last && effectiveTime(last, "fastcgi_read_timeout").kind).toBe(kind);
});

describe("which files an include means", () => {
  test("relative to the directory of the main file, wherever the include stands", () => {
    const { root } = tree({
      [MAIN]: "include sub/a.conf;",
      "/etc/nginx/sub/a.conf": "include b.conf;",
      "/etc/nginx/sub/b.conf": "# the wrong one\nuser wrong;",
      "/etc/nginx/b.conf": "user right;",
    });
    expect(heads(root)).toEqual(["user right"]);
  });

  test("relative to the name of the main file, not to what it links to", () => {
    const { root } = tree({
      [MAIN]: { link: "/srv/config/main.conf" },
      "/srv/config/main.conf": "include a.conf;",
      "/srv/config/a.conf": "user wrong;",
      "/etc/nginx/a.conf": "user right;",
    });
    expect(heads(root)).toEqual(["user right"]);
  });

  test("a glob in the order of bytes, without dotfiles, with backups", () => {
    const names = ["10", "9", "B", "a", "a.bak", ".hidden", "ä"];
    const files = names.map((name) => [`/etc/nginx/d/${name}`, `user ${name};`]);
    const { root } = tree({ [MAIN]: "include d/*;", ...Object.fromEntries(files) });
    expect(heads(root)).toEqual(["10", "9", "B", "a", "a.bak", "ä"].map((name) => `user ${name}`));
  });

  test("a glob of links, in the order of the links' names", () => {
    const { root } = tree({
      [MAIN]: "include sites-enabled/*;",
      "/etc/nginx/sites-enabled/b": { link: "../sites-available/first" },
      "/etc/nginx/sites-enabled/a": { link: "/etc/nginx/sites-available/second" },
      "/etc/nginx/sites-available/first": "user first;",
      "/etc/nginx/sites-available/second": "user second;",
    });
    expect(heads(root)).toEqual(["user second", "user first"]);
  });

  test("stock files that the tree lacks are there all the same", () => {
    const { root, includes } = tree({ [MAIN]: "http { include mime.types; include fastcgi_params; }" });
    expect(includes.map(({ problems }) => problems)).toEqual([[], []]);
    expect(childrenNamed(only(root, "http"), "fastcgi_param").length).toBeGreaterThan(10);
  });

  test("a path below /etc/nginx is found beside a main file that stands elsewhere", () => {
    const { root } = tree(
      { "/conf/nginx.conf": "include /etc/nginx/a.conf;", "/conf/a.conf": "user here;" },
      { main: "/conf/nginx.conf", whole: false },
    );
    expect(heads(root)).toEqual(["user here"]);
  });
});

describe("what an include cannot bring", () => {
  const problems = (files: Files, fs?: HostFilesystem) => {
    const read = tree({ [MAIN]: "http { include x.conf; }", ...files }, fs === undefined ? {} : { fs });
    expect(only(read.root, "http").partial).toBe(true);
    expect(read.root.partial).toBe(false);
    return read.includes.flatMap((one) => one.problems.map(({ kind }) => kind));
  };

  test("a missing file", () => expect(problems({})).toEqual(["missing"]));
  test("a directory", () => expect(problems({ "/etc/nginx/x.conf/a": "" })).toEqual(["refused"]));
  test("a dangling link", () =>
    expect(problems({ "/etc/nginx/x.conf": { link: "/gone" } })).toEqual(["missing"]));
  test("a dangling link of a stock name", () => {
    const files = {
      [MAIN]: "http { include fastcgi_params; }",
      "/etc/nginx/fastcgi_params": { link: "/gone" },
    };
    expect(tree(files).includes[0]?.problems.map(({ kind }) => kind)).toEqual(["missing"]);
  });
  test("an unreadable file", () =>
    expect(problems({ "/etc/nginx/x.conf": { unreadable: "Permission denied" } })).toEqual(["unread"]));
  test("a pipe", () => expect(problems({ "/etc/nginx/x.conf": { special: true } })).toEqual(["unread"]));
  test("a link out of the host", () => {
    const files = { [MAIN]: "http { include x.conf; }" };
    const memory = memoryFilesystem(files);
    const fs: HostFilesystem = {
      ...memory,
      entry: (path) =>
        path === "/etc/nginx/x.conf" ? { kind: "outside", path, target: "/elsewhere" } : memory.entry(path),
    };
    expect(problems(files, fs)).toEqual(["unread"]);
  });
  test("a file that includes itself", () => {
    const { includes } = tree({ [MAIN]: "http { include x.conf; }", "/etc/nginx/x.conf": "include x.conf;" });
    expect(includes.flatMap((one) => one.problems.map(({ kind }) => kind))).toEqual(["refused"]);
  });
  test("two files that include each other", () => {
    const { includes } = tree({
      [MAIN]: "include a.conf;",
      "/etc/nginx/a.conf": "user a;\ninclude b.conf;",
      "/etc/nginx/b.conf": "include a.conf;",
    });
    expect(includes.flatMap((one) => one.problems.map(({ kind }) => kind))).toEqual(["refused"]);
  });
  test("a glob with a dangling link among its matches", () => {
    const { root, includes } = tree({
      [MAIN]: "http { include d/*; }",
      "/etc/nginx/d/a": "root /srv/a;",
      "/etc/nginx/d/b": { link: "/gone" },
    });
    expect(heads(root)).toEqual(["http", "root /srv/a"]);
    expect(includes[0]).toMatchObject({ files: 1, problems: [{ kind: "missing" }] });
  });
});

describe("a glob without a match", () => {
  const http = (files: Files, whole: boolean) => only(tree(files, { whole }).root, "http");
  const text = "http { include d/*.conf; }";

  test("is nothing on a whole host", () => expect(http({ [MAIN]: text }, true).partial).toBe(false));
  test("may be anything where the directory is not in the tree", () =>
    expect(http({ [MAIN]: text }, false).partial).toBe(true));
  test("is nothing where the directory is", () =>
    expect(http({ [MAIN]: text, "/etc/nginx/d/readme": "" }, false).partial).toBe(false));
});

describe("one node for each occurrence", () => {
  const files: Files = {
    [MAIN]: `http {
  server { fastcgi_read_timeout 10s; include php.conf; }
  server { fastcgi_read_timeout 20s; include php.conf; }
  server { include php.conf; }
}`,
    "/etc/nginx/php.conf": "location ~ \\.php$ { fastcgi_pass php; }",
  };

  test("a snippet that is included three times is one text and three nodes", () => {
    const { root, texts } = tree(files);
    expect(texts.map(({ file }) => file.path)).toEqual([MAIN, "/etc/nginx/php.conf"]);
    const passes = find(root, "fastcgi_pass php");
    expect(passes).toHaveLength(3);
    expect(new Set(passes.map(({ directive }) => directive)).size).toBe(1);
    expect(passes.map(({ via }) => via.map(({ file, start }) => position(file, start).line))).toEqual([
      [2],
      [3],
      [4],
    ]);
  });

  test("each has the values of its own surroundings", () => {
    const locations = find(tree(files).root, "location ~ \\.php$");
    const times = locations.map((location) => effectiveTime(location, "fastcgi_read_timeout"));
    expect(times.map(brief)).toEqual(["set 10000", "set 20000", "default 60000"]);
  });
});

function brief(value: Effective<unknown>): string {
  return value.kind === "unknown" ? "unknown" : `${value.kind} ${String(value.value)}`;
}

describe("what counts in a block", () => {
  const { root } = tree({
    [MAIN]: `http {
  fastcgi_read_timeout 10s;
  fastcgi_param A http;
  fastcgi_param B http;
  add_header X-A http;
  server {
    fastcgi_pass_header X-B;
    root /srv/a;
    location /outer {
      fastcgi_param C outer;
      fastcgi_read_timeout 20s;
      fastcgi_pass php;
      try_files $uri =404;
      location /outer/inner { fastcgi_buffering off; }
      if ($request_method = POST) { add_header X-A if; }
    }
    location /plain { }
  }
}`,
  });
  const outer = only(root, "location /outer");
  const inner = only(root, "location /outer/inner");
  const condition = only(root, "if ($request_method = POST)");
  const plain = only(root, "location /plain");

  const list = (block: Node, name: string) => {
    const found = effectiveList(block, name);
    return found.kind === "set" ? found.nodes.map(headText) : found.kind;
  };
  const node = (block: Node, name: string) => {
    const found = effectiveNode(block, name);
    return found.kind === "set" ? headText(found.node) : found.kind;
  };

  test("one value: the innermost level that sets it", () => {
    expect(
      [outer, inner, condition, plain].map((block) => brief(effectiveTime(block, "fastcgi_read_timeout"))),
    ).toEqual(["set 20000", "set 20000", "set 20000", "set 10000"]);
    expect(brief(effectiveFlag(inner, "fastcgi_buffering"))).toBe("set false");
    expect(brief(effectiveFlag(outer, "fastcgi_buffering"))).toBe("default true");
    expect(node(inner, "root")).toBe("root /srv/a");
  });

  test("a list: one on a level hides every outer one", () => {
    expect(list(plain, "fastcgi_param")).toEqual(["fastcgi_param A http", "fastcgi_param B http"]);
    expect(list(outer, "fastcgi_param")).toEqual(["fastcgi_param C outer"]);
    expect(list(inner, "fastcgi_param")).toEqual(["fastcgi_param C outer"]);
    expect(list(condition, "add_header")).toEqual(["add_header X-A if"]);
    expect(list(outer, "add_header")).toEqual(["add_header X-A http"]);
    expect(list(outer, "fastcgi_hide_header")).toBe("default");
  });

  test("a hidden list is what would count without the level's own", () => {
    const hidden = hiddenList(outer, "fastcgi_param");
    expect(hidden.kind === "set" ? hidden.nodes.map((one) => argument(one, 0)) : hidden.kind).toEqual([
      "A",
      "B",
    ]);
    expect(hiddenList(only(root, "http"), "fastcgi_param").kind).toBe("default");
  });

  test("a handler: passed to if, not to a nested location", () => {
    expect(node(outer, "fastcgi_pass")).toBe("fastcgi_pass php");
    expect(node(condition, "fastcgi_pass")).toBe("fastcgi_pass php");
    expect(node(inner, "fastcgi_pass")).toBe("default");
    expect(node(inner, "try_files")).toBe("default");
  });
});

describe("what was not read makes a value unknown", () => {
  const time = (files: Files, head: string, whole = true) =>
    brief(effectiveTime(only(tree(files, { whole }).root, head), "fastcgi_read_timeout"));

  test("a missing include on a level between", () => {
    const text = "http { fastcgi_read_timeout 10s; server { include x.conf; location /a { } } }";
    expect(time({ [MAIN]: text }, "location /a")).toBe("unknown");
  });

  test("not where an inner level sets it", () => {
    const text = "http { include x.conf; server { fastcgi_read_timeout 5s; location /a { } } }";
    expect(time({ [MAIN]: text }, "location /a")).toBe("set 5000");
  });

  test("a list that is set beside a missing include is not complete", () => {
    const files = { [MAIN]: "http { fastcgi_param A 1; include x.conf; }" };
    expect(effectiveList(only(tree(files).root, "http"), "fastcgi_param")).toMatchObject({
      kind: "set",
      complete: false,
    });
  });

  test("a syntax fault in an included file", () => {
    const files = {
      [MAIN]: "http { include x.conf; server { } }",
      "/etc/nginx/x.conf": "root /srv/a;\n}\nindex x;",
    };
    expect(time(files, "server")).toBe("unknown");
  });

  test("a block that is cut by a fault, but not one that was closed before", () => {
    const text = "http { server { listen 1; } server { listen 2; ";
    const servers = find(tree({ [MAIN]: text }).root, "server");
    expect(servers.map(({ partial }) => partial)).toEqual([false, true]);
    expect(servers.map((server) => brief(effectiveTime(server, "fastcgi_read_timeout")))).toEqual([
      "unknown",
      "unknown",
    ]);
  });

  test("a directive that was swallowed by the one before it", () => {
    const text = "http { server { root /srv/a\nfastcgi_read_timeout 10s; } }";
    expect(time({ [MAIN]: text }, "server")).toBe("unknown");
  });

  test("a variable instead of a value", () => {
    expect(time({ [MAIN]: "http { fastcgi_read_timeout $a; }" }, "http")).toBe("unknown");
  });

  test("a fragment's surroundings", () => {
    const fs = memoryFilesystem({ "/site.conf": "server { root /srv/a; location /a { } }" });
    const read = readFragments({ fs, whole: false }, ["/site.conf"], "/");
    const location = read === null ? null : only(read.root, "location /a");
    expect(location === null ? null : brief(effectiveTime(location, "fastcgi_read_timeout"))).toBe("unknown");
    expect(location === null ? null : effectiveNode(location, "root").kind).toBe("set");
  });
});
