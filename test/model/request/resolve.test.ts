import { expect, test } from "vitest";
import { answersTo } from "../../../src/model/answer/answer.js";
import { answerLine, anything, FPM, hostOf, line, only, PHP, type Sent, waysOf } from "./support/ask.js";

/**
 * Requests that the daemons were seen to answer otherwise than one thinks. Each row: the servers, the URL, what
 * is on the disk, and what nginx 1.22.1 did with it. `test/tools/requests` found them.
 */

interface Row {
  readonly what: string;
  readonly servers: string;
  readonly url: string;
  readonly files?: readonly string[];
  readonly sent?: Sent;
  readonly is: string;
}

const rows: readonly Row[] = [
  {
    what: "the last argument of try_files is the only one that PHP gets",
    servers:
      "server { root /srv; location / { try_files $uri $uri/ /index.php =404; } location ~ \\.php$ { PHP; } }",
    url: "http://a/shop",
    files: ["/srv/index.php"],
    is: "file 200 /srv/index.php",
  },
  {
    what: "an alias takes its own length from an argument with variables, the last one too",
    servers: "server { location /app/ { alias /srv/app/; try_files $uri /app/index.php?$args; } }",
    url: "http://a/app/x",
    is: "404 not-found",
  },
  {
    what: "in limit_except the code of the location does not run",
    servers:
      "server { root /srv; location / { rewrite ^ /other.txt break; limit_except POST { allow all; } } }",
    url: "http://a/a.txt",
    files: ["/srv/a.txt", "/srv/other.txt"],
    is: "file 200 /srv/a.txt",
  },
  {
    what: "limit_except also holds back methods that nginx does not know",
    servers: "server { root /srv; location / { limit_except GET { deny all; } } }",
    url: "http://a/a.txt",
    sent: { method: "FOO" },
    is: "403 denied",
  },
  {
    what: "an error page turns a POST into a GET",
    servers: "server { root /srv; error_page 404 = /index.php; location ~ \\.php$ { PHP; } }",
    url: "http://a/nothing?x=1",
    sent: { method: "POST", body: 3 },
    is: "php GET /index.php",
  },
  {
    what: "a named error page keeps method and query",
    servers: "server { root /srv; error_page 405 = @php; location @php { PHP; } }",
    url: "http://a/nothing?x=1",
    sent: { method: "DELETE" },
    is: "php DELETE /nothing?x=1",
  },
  {
    what: "without recursive_error_pages an error page has none",
    servers: "server { root /srv; error_page 404 /missing.html; }",
    url: "http://a/nothing",
    is: "404 not-found",
  },
  {
    what: "the Location of a redirect stays when an error page answers it",
    servers:
      "server { root /srv; rewrite ^/old$ /new permanent; error_page 301 =404 @gone; location @gone { return 200 gone; } }",
    url: "http://a/old",
    is: "404 return → http://a/new",
  },
  {
    what: "a rewrite that does not match forgets what was captured",
    servers:
      'server { location ~ ^/(\\w+)$ { rewrite ^/never$ /x; return 200 "<$1>"; } location = /y { return 204; } }',
    url: "http://a/word",
    is: "200 return",
  },
  {
    what: "an alias is of no use after rewrite … break",
    servers: "server { location /a/ { alias /srv/; rewrite ^/a/(.*)$ /b/$1 break; } }",
    url: "http://a/a/x",
    is: "500 alias",
  },
  {
    what: "break notes the rewrite of a redirect that an error page took over",
    servers:
      "server { break; error_page 301 =410 /y.txt; location / { alias /srv/; } location /old { rewrite ^ /new permanent; } }",
    url: "http://a/old",
    files: ["/srv/y.txt"],
    is: "500 alias → http://a/new",
  },
  {
    what: "an index is put right behind an alias without a slash",
    servers: "server { location ~ ^/a/ { alias /srv/y.txt; } }",
    url: "http://a/a/",
    files: ["/srv/y.txt"],
    is: "500 alias",
  },
  {
    what: "a POST to a file is refused, one to a directory is redirected",
    servers: "server { root /srv; }",
    url: "http://a/d",
    files: ["/srv/d/"],
    sent: { method: "POST", body: 1 },
    is: "301 directory-slash → http://a/d/",
  },
  {
    what: "ten internal redirects are too many",
    servers: "server { root /srv; location / { try_files $uri /loop.html; } }",
    url: "http://a/x",
    is: "500 cycle",
  },
  {
    what: "a fallback without a slash in front",
    servers: "server { root /srv; location / { try_files $uri index.php; } location ~ \\.php$ { PHP; } }",
    url: "http://a/x",
    is: "php GET index.php",
  },
  {
    what: "an exact location for a path that passes on redirects to its slash",
    servers: "server { location /app/ { proxy_pass http://192.0.2.1; } }",
    url: "http://a/app?x",
    is: "301 location-slash → http://a/app/?x",
  },
  {
    what: "an internal location is reached after a rewrite, not before",
    servers:
      "server { root /srv; location = /in { rewrite ^ /secret/x.txt last; } location /secret/ { internal; } }",
    url: "http://a/in",
    files: ["/srv/secret/x.txt"],
    is: "file 200 /srv/secret/x.txt",
  },
  {
    what: "a subrequest is a GET whatever the request is",
    servers:
      "server { root /srv; location / { auth_request /ok.txt; return 405; } location = /ok.txt { } location = /in { auth_request /ok.txt; } }",
    url: "http://a/in",
    files: ["/srv/ok.txt", "/srv/in"],
    sent: { method: "HEAD" },
    is: "file 200 /srv/in",
  },
  {
    what: "set $args keeps a hop from passing on the path as it was sent",
    servers:
      'server { set $args "z=1"; location / { proxy_pass http://127.0.0.1:81; } } server { listen 81; return 200 $request_uri; }',
    url: "http://a/x/../y",
    is: "200 return",
  },
  {
    what: "a hop goes on in the server that listens there, with the name that the header gives",
    servers:
      "server { location / { proxy_set_header Host b; proxy_pass http://127.0.0.1:81/in/; } } server { listen 81; return 404; } server { listen 81; server_name b; root /srv; }",
    url: "http://a/x.txt",
    files: ["/srv/in/x.txt"],
    is: "file 200 /srv/in/x.txt",
  },
  {
    what: "a dollar in an expression also matches before a line feed",
    servers: "server { root /srv; location ~ \\.php$ { return 403; } }",
    url: "http://a/x.php%0A",
    is: "403 return",
  },
  {
    what: "a blank that a rewrite put into the arguments is refused by the next server",
    servers:
      "server { location / { try_files /no /x?$uri; } location = /x { proxy_pass http://127.0.0.1:81; } } server { listen 81; return 204; }",
    url: "http://a/a%20b",
    is: "400 bad-request",
  },
  {
    what: "the longest of several wildcards, and a name before all of them",
    servers:
      "server { return 401; } server { server_name *.a.b; return 402; } server { server_name *.x.a.b; return 403; } server { server_name y.x.a.b; return 404; }",
    url: "http://z.x.a.b/",
    is: "403 return",
  },
];

test.each(rows)("$what", ({ servers, url, files = [], sent = {}, is }) => {
  const ways = waysOf(hostOf(servers), url, only("/srv/", ...files), sent);
  expect(ways.map(line)).toEqual([is]);
});

test("what `$1` is after a rewrite that does not match", () => {
  const [row] = rows.filter(({ what }) => what.startsWith("a rewrite that does not match"));
  const [way] = waysOf(hostOf(row?.servers ?? ""), row?.url ?? "", anything);
  expect(way?.outcome.kind === "status" && way.outcome.text?.text).toBe("<>");
});

test("both answers to an unknown file are followed, and each way says which one it took", () => {
  const host = hostOf(
    "server { root /srv; location / { try_files $uri /index.php; } location ~ \\.php$ { PHP; } }",
  );
  const ways = waysOf(host, "http://a/x.txt", anything);
  expect(ways.map((way) => [line(way), way.rests])).toEqual([
    ["file 200 /srv/x.txt", [{ kind: "path", path: "/srv/x.txt", is: ["file"] }]],
    ["php GET /index.php", [{ kind: "path", path: "/srv/x.txt", is: ["directory", "missing"] }]],
  ]);
});

test("more files than can be followed end in one unknown way", () => {
  const args = Array.from({ length: 80 }, (_, at) => `/f${at}`).join(" ");
  const ways = waysOf(
    hostOf(`server { root /srv; location / { try_files ${args} =404; } }`),
    "http://a/",
    anything,
  );
  expect(ways.length).toBeLessThan(60);
  expect(ways.at(-1)?.outcome).toMatchObject({ kind: "unknown", reason: "it rests on too many files" });
});

const FPM_ROWS: readonly (readonly [
  what: string,
  pool: string,
  location: string,
  url: string,
  files: readonly string[],
  is: string,
])[] = [
  [
    "the path after a script is cut off",
    "",
    "PHP;",
    "http://a/x.php/info",
    ["/srv/x.php"],
    "runs /srv/x.php",
  ],
  ["a script that is missing", "", "PHP;", "http://a/x.php", [], "404 no-script"],
  [
    "without cgi.fix_pathinfo it is another message",
    "php_admin_value[cgi.fix_pathinfo] = 0\n",
    "PHP;",
    "http://a/x.php",
    [],
    "404 missing",
  ],
  ["an extension that is not listed", "", "PHP;", "http://a/x.txt", ["/srv/x.txt"], "403 extension"],
  ["a directory has no extension", "", "PHP;", "http://a/d", ["/srv/d/"], "403 extension"],
  [
    "a directory where all extensions are allowed",
    "security.limit_extensions =\n",
    "PHP;",
    "http://a/d",
    ["/srv/d/"],
    "404 directory",
  ],
  [
    "open_basedir shuts the script out",
    "php_admin_value[open_basedir] = /srv2:/tmp\n",
    "PHP;",
    "http://a/x.php",
    ["/srv/x.php"],
    "404 open-basedir",
  ],
  [
    "open_basedir is a directory, not the beginning of a name",
    "php_admin_value[open_basedir] = /sr\n",
    "PHP;",
    "http://a/x.php",
    ["/srv/x.php"],
    "404 open-basedir",
  ],
  [
    "open_basedir that nginx sends",
    "",
    'fastcgi_param PHP_VALUE "open_basedir=/elsewhere"; PHP;',
    "http://a/x.php",
    ["/srv/x.php"],
    "404 open-basedir",
  ],
  [
    "doc_root and the script's name replace its path",
    "php_admin_value[doc_root] = /other\n",
    "PHP;",
    "http://a/x.php",
    ["/srv/x.php", "/other/x.php"],
    "runs /other/x.php",
  ],
  [
    "a status page needs no script",
    "pm.status_path = /status\n",
    "PHP;",
    "http://a/status",
    [],
    "page status",
  ],
  [
    "a ping page is named by SCRIPT_NAME alone",
    "ping.path = /ping\n",
    "fastcgi_param SCRIPT_FILENAME /srv/x.php; fastcgi_param REQUEST_METHOD GET; fastcgi_param SCRIPT_NAME /ping; fastcgi_pass unix:/run/php.sock;",
    "http://a/q",
    ["/srv/x.php"],
    "page ping",
  ],
  [
    "without a method there is a blank page",
    "",
    "fastcgi_param SCRIPT_FILENAME /srv/x.php; fastcgi_pass unix:/run/php.sock;",
    "http://a/",
    ["/srv/x.php"],
    "blank 200",
  ],
  [
    "without a method and a script the blank page is a 404",
    "",
    "fastcgi_param SCRIPT_FILENAME /srv/y.php; fastcgi_pass unix:/run/php.sock;",
    "http://a/",
    ["/srv/x.php"],
    "blank 404",
  ],
  [
    "a chroot",
    "chroot = /srv\n",
    "fastcgi_param SCRIPT_FILENAME /x.php; fastcgi_param REQUEST_METHOD GET; fastcgi_pass unix:/run/php.sock;",
    "http://a/",
    ["/srv/x.php"],
    "runs /x.php",
  ],
  [
    "a variable that no set gave a value",
    "",
    "if ($http_x) { set $p php; } fastcgi_pass unix:/run/$p.sock; fastcgi_param SCRIPT_FILENAME /srv/x.php;",
    "http://a/",
    ["/srv/x.php"],
    "no pool",
  ],
];

test.each(FPM_ROWS)("%s", (_, pool, location, url, files, is) => {
  const host = hostOf(`server { root /srv; location / { ${location} } }`, FPM + pool);
  expect(answerLine(host, url, only("/srv/", ...files))).toBe(is);
});

test.each([
  ["", ""],
  ["/info", "/info"],
  ["/x.php/info", "/info"],
])("PATH_INFO %j beside a script with /info behind it becomes %j", (sent, is) => {
  const more = `fastcgi_param DOCUMENT_ROOT $document_root; fastcgi_param PATH_INFO "${sent}";`;
  const host = hostOf(`server { root /srv; location / { ${more} PHP; } }`);
  const [way] = waysOf(host, "http://a/x.php/info", only("/srv/x.php"));
  if (way?.outcome.kind !== "php") throw new Error("PHP does not run");
  const [found] = answersTo(host, way.outcome, only("/srv/x.php"));
  if (found?.answer.kind !== "runs") throw new Error("the script does not run");
  expect(found.answer.server.get("PATH_INFO")).toBe(is);
  expect(found.answer.server.get("PATH_TRANSLATED")).toBe(`/srv${is}`);
});

test("an error of PHP that nginx intercepts", () => {
  const host = hostOf(
    `server { root /srv; fastcgi_intercept_errors on; error_page 404 /404.html; location ~ \\.php$ { ${PHP} } }`,
  );
  const [way] = waysOf(host, "http://a/x.php", only("/srv/404.html"));
  const outcome = way?.outcome;
  expect(outcome?.kind).toBe("php");
  if (outcome?.kind !== "php") return;
  expect(outcome.answered(500)).toBeNull();
  expect(outcome.answered(404)?.map(line)).toEqual(["file 404 /srv/404.html"]);
  expect(outcome.failed(502).map(line)).toEqual(["502 application"]);
});

const UNKNOWN: readonly (readonly [servers: string, reason: string])[] = [
  ["server { root {{ root }}; }", "a template fills in"],
  ["server { {% if x %} return 404; {% endif %} root /srv; }", "a template's condition decides about it"],
  [
    "server { location / { content_by_lua_block { ngx.say(1) } } }",
    "content_by_lua_block answers, which may be anything",
  ],
  ["server { access_by_lua_file /x.lua; root /srv; }", "access_by_lua_file may answer first"],
  ["geo $g { default 1; } server { if ($g) { return 403; } }", "$g is only known at run time"],
  ["server { location ~ (a)\\1 { return 403; } root /srv; }", "which location takes it is not understood"],
];

test.each(UNKNOWN)("unknown: %s", (servers, reason) => {
  const [way] = waysOf(hostOf(servers), "http://a/x.txt", only("/srv/x.txt"));
  expect(way?.outcome.kind).toBe("unknown");
  expect(way?.outcome.kind === "unknown" ? way.outcome.reason : "").toContain(reason);
});
