import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Incomplete } from "../../src/engine/finding.js";
import { incompleteOf } from "../../src/engine/incomplete.js";
import { sniff } from "../../src/host/find/sniff.js";
import { showAddress } from "../../src/model/address/address.js";
import type { Binding, Host } from "../../src/model/host.js";
import { parseNginx } from "../../src/nginx/syntax/parse.js";
import { readTemplate } from "../../src/nginx/template/template.js";
import { effectiveList, effectiveTime } from "../../src/nginx/tree/effective.js";
import type { Directive, NginxText } from "../../src/nginx/types.js";
import { sourceFile } from "../../src/source/file.js";
import { placeholderText, readMarks } from "../../src/source/template.js";
import { deployedName } from "../../src/source/template-names.js";
import { memoryHost } from "../build/hosts.js";
import { runs } from "../support/sample.js";

/** Template language in nginx's files, and where both halves meet in it. */

function parse(text: string): NginxText {
  return parseNginx(sourceFile("/a.conf", "a.conf", text));
}

/** One line for a directive: unknown words as `¤`, `|` before what a condition decides about. */
function lines(directives: readonly Directive[], indent = ""): readonly string[] {
  return directives.flatMap(({ name, args, block, gap, branch }) => {
    const words = [name, ...args].map(({ text, placeholder }) => (placeholder ? "¤" : text));
    const head = `${indent}${branch === null ? "" : "| "}${words.join(" ")}${gap ? " …" : ""}`;
    return [head, ...lines(block ?? [], `${indent}  `)];
  });
}

function read(text: string): readonly string[] {
  const parsed = parse(text);
  expect(parsed.fault).toBeNull();
  return lines(parsed.directives);
}

function unread(text: string): readonly string[] {
  return (parse(text).template?.unread ?? []).map(({ start, end }) => text.slice(start, end));
}

describe("a placeholder keeps the place of a value and hides what it is", () => {
  test.each([
    ["Jinja", "listen {{ port | default(80) }};", "listen ¤"],
    ["a part of a word", "root /srv/{{ name }}/public;", "root ¤"],
    ["several in a word", "root /srv/{{ a }}/{{ b }};", "root ¤"],
    ["in quotes", 'add_header X "max-age={{ age }}; b";', "add_header X ¤"],
    ["with quotes in quotes", 'add_header X "{{ getenv "X" "a;b" }}";', "add_header X ¤"],
    ["with blanks and braces", "brotli {{ getenv `B` (dict 'a' 1) }};", "brotli ¤"],
    ["over several lines", "server_name {{ names\n  | join(' ') }};", "server_name ¤"],
    ["ERB", "listen <%= @port -%>;", "listen ¤"],
    ["PHP", "listen <?= $port ?>;", "listen ¤"],
    ["Go", "listen {{ .Port }};", "listen ¤"],
    ["mustache", "listen {{port}} {{{flags}}};", "listen ¤ ¤"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
    ["envsubst", "listen ${PORT};", "listen ¤"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
    ["envsubst with a default", "fastcgi_buffers ${BUFFERS:-256 32k};", "fastcgi_buffers ¤"],
    ["a name for a person", "client_max_body_size <max_body_size>;", "client_max_body_size ¤"],
    ["such names in a word", "proxy_pass http://<ip>:<port>/<path>;", "proxy_pass ¤"],
    ["such a name of several words", "set $proto <http or https>;", "set $proto ¤"],
    ["install scripts", "a %ip%:%web_port% __X__ @X@ {name};", "a ¤ ¤ ¤ ¤"],
    ["a condition within a directive", "listen 443{% if a %} ssl{% else %} quic{% endif %} x;", "listen ¤ x"],
    ["a section of mustache", "index {{^s}}index.php{{/s}} a.html;", "index ¤ a.html"],
    ["a name", "{{ name }} 5s;", "¤ 5s"],
    ["elements", "listen <tmpl_var name='ip'>:80;", "listen ¤"],
    ["a name and a block", "{{ kind }} /x { a; }", "¤ /x"],
    ["arguments of their own lines", "server_name\n  {{ a }}\n  {{ b }};", "server_name ¤ ¤"],
    [
      "in the head of a Lua block",
      "set_by_lua_block {% if a %}$x{% else %}$y{% endif %} { return {{1}} }",
      "set_by_lua_block ¤",
    ],
  ])("%s", (_, text, expected) => {
    expect(read(text)[0]).toBe(expected);
  });

  test.each([
    'return 200 \'{"a":{"b":1}}\';',
    'rewrite "^/[a-z]{2}/x$" /y;',
    'location ~ "\\p{Lu}(?<name>x)" { a; }',
    "location / {# a comment #\n a; }",
    `try_files /a/\${uri}/b =404;`,
    `map $a $b { default \${c}; }`,
    'return 301 "{ok}";',
    "add_header X '%E2%80%A6';",
    "content_by_lua_block { local t = {{1, {2}}, {3}} }",
  ])("but not %s", (text) => {
    const { directives, template, fault } = parse(text);
    expect(fault).toBeNull();
    expect(template?.changesText ?? false).toBe(false);
    expect(lines(directives).join("\n")).not.toContain("¤");
  });

  test("is written the same when it is the same", () => {
    expect(placeholderText("{{ a|b }}")).toBe(placeholderText("{{- a  |  b -}}"));
    expect(placeholderText("{{ a | b }}")).not.toBe(placeholderText("{{ a }}"));
    expect(placeholderText("<%= @a -%>")).toBe(placeholderText("<%=@a%>"));
  });
});

describe("control lines", () => {
  test("both branches are there, and known to be branches", () => {
    expect(read("a;\n{% if x %}\nb 1;\n{% elif y %}\nb 2;\n{% else %}\nb 3;\n{% endif %}\nc;\n")).toEqual([
      "a",
      "| b 1",
      "| b 2",
      "| b 3",
      "c",
    ]);
  });

  test.each([
    ["Go", "{{- if .A }}\na;\n{{- else }}\nb;\n{{- end }}\n"],
    ["Go with else if", "{{ if eq .A 1 }}\na;\n{{ else if .B }}\nb;\n{{ end }}\n"],
    ["Handlebars", "{{#if a}}\na;\n{{else}}\nb;\n{{/if}}\n"],
    ["mustache", "{{#a}}\na;\n{{/a}}\n{{^a}}\nb;\n{{/a}}\n"],
    ["ERB", "<% if @a -%>\na;\n<% else -%>\nb;\n<% end -%>\n"],
    ["EPP", "<% if $a { -%>\na;\n<% } else { -%>\nb;\n<% } -%>\n"],
    ["PHP", "<?php if ($a): ?>\na;\n<?php else: ?>\nb;\n<?php endif; ?>\n"],
    ["elements", "<tmpl_if name='a'>\na;\n<tmpl_else>\nb;\n</tmpl_if>\n"],
    ["Mako", "% if a:\na;\n% else:\nb;\n% endif\n"],
    ["Blade", "@if ($a)\na;\n@else\nb;\n@endif\n"],
    ["in comments", "#{% if a %}\na;\n#{% else %}\nb;\n#{% endif %}\n"],
    ["in one line", "{% if a %}a;{% else %}b;{% endif %}\n"],
  ])("%s", (_, text) => {
    expect(read(text)).toEqual(["| a", "| b"]);
  });

  test.each([
    ["Jinja", "{% for x in y %}\na {{ x }};\n{% endfor %}\n"],
    ["Go", "{{ range $i, $x := .Y }}\na {{ $x }};\n{{ end }}\n"],
    ["ERB", "<% @y.each do |x| -%>\na <%= x %>;\n<% end -%>\n"],
    ["Handlebars", "{{#each y}}\na {{this}};\n{{/each}}\n"],
  ])("a loop of %s", (_, text) => {
    expect(read(text)).toEqual(["| a ¤"]);
  });

  test("named blocks are there as they stand; comments, settings and macros are not", () => {
    expect(read("{% block b -%}\na;\n{% endblock %}\n{% set x = [\n 1,\n] %}{# c; { #}b;")).toEqual([
      "a",
      "b",
    ]);
    expect(read("{% macro m() %}location /m {{% endmacro %}a;")).toEqual(["a"]);
    expect(read('{{/* a; { */}}{{ $x := "a;{" }}{{!-- { --}}a;')).toEqual(["a"]);
  });

  test("what is in a block in a condition is always in the block", () => {
    expect(read("{% if x %}\nlocation / {\n a;\n {% if y %}\n b;\n {% endif %}\n}\n{% endif %}\n")).toEqual([
      "| location /",
      "  a",
      "  | b",
    ]);
  });
});

describe("what may be put in", () => {
  test("makes the block around it one that is not known whole", () => {
    expect(read("server { {{ vars }} }")).toEqual(["server …"]);
    expect(read("http {\n  a;\n  {{ extra | indent(2) }}\n  server {\n    b;\n  }\n}\n")).toEqual([
      "http …",
      "  a",
      "  server",
      "    b",
    ]);
    expect(read("server {\n  a {port};\n  {vvv_tls}\n  __SSL__\n  {% include 'x' %}\n  b;\n}\n")).toEqual([
      "server …",
      "  a ¤",
      "  b",
    ]);
    expect(parse("{{ extra }}\na;\n").template?.gap).toBe(true);
  });

  test("a file that only fills in the parts of another is not read", () => {
    const text = "{% extends 'a.j2' %}\n{% block b %}\n}\n{% endblock %}\n";
    expect(parse(text)).toMatchObject({ fault: null, directives: [], template: { gap: true } });
    expect(unread(text)).toEqual([text]);
  });
});

describe("blocks that balance only when they are rendered", () => {
  test.each([
    ["two heads", "{% if x %}\nlocation / {\n{% else %}\nlocation /a {\n{% endif %}\nb;\n}\n"],
    ["a head and its end apart", "{% if x %}\nif ($a) {\n{% endif %}\nb;\n{% if x %}\n}\n{% endif %}\n"],
    ["an end and a new head", "server {\na;\n{% if x %}\n}\nserver {\n{% endif %}\nb;\n}\n"],
    ["a directive that ends in a branch", "listen 80{% if s %} ssl;\nb;{% else %};{% endif %}\n"],
    ["a directive that begins in a branch", "{% if x %}\na\n{% else %}\nb\n{% endif %}\nc;\n"],
  ])("%s", (_, text) => {
    const whole = `z {\n${text}}\ny;\n`;
    expect(read(whole)).toEqual(["z …", "y"]);
    expect(unread(whole).join("").trim()).toBe(text.trim());
  });

  test("alternatives in one line are left out together", () => {
    expect(read("a { include {{#x}}b.conf;{{/x}}{{#y}}c.conf;{{/y}}\n d; }")).toEqual(["a …", "  d"]);
  });

  test("a plain fault among placeholders for values is one; where a condition may mend it, it is not", () => {
    const of = (text: string) => {
      const { fault, template } = parse(text);
      return fault !== null && template?.excuses !== true;
    };
    expect(of("server { listen {{ port }};\n root /x }\n")).toBe(true);
    expect(of("server { listen {{ port }} }\n")).toBe(false);
    expect(of("server { {% if x %}a;{% endif %} root /x }\n")).toBe(false);
    expect(of("server { {{ more }}\n root /x }\n")).toBe(false);
  });
});

const POOL = "[www]\nuser = www-data\npm = static\npm.max_children = 2\n";

function hostOf(files: Readonly<Record<string, string>>): Host {
  const pools = [Object.keys(files).filter((path) => path.startsWith("/pool"))];
  return memoryHost(files, { root: "/r", nginx: "/nginx.conf", pools });
}

function site(location: string, around = ""): string {
  return `events {}\nhttp {\n${around}\nserver {\nlocation ~ \\.php$ {\n${location}\n}\n}\n}\n`;
}

function firstBinding(location: string, around = ""): Binding {
  const [binding] = hostOf({ "/nginx.conf": site(location, around) }).bindings;
  if (binding === undefined) throw new Error("no binding");
  return binding;
}

describe("values that rest on a condition", () => {
  const timeout = (text: string, around = "") =>
    effectiveTime(firstBinding(`fastcgi_pass a:1;\n${text}`, around).block, "fastcgi_read_timeout");

  test("are unknown, unless all branches say the same", () => {
    expect(timeout("{% if x %}fastcgi_read_timeout 5s;{% endif %}").kind).toBe("unknown");
    expect(
      timeout("{% if x %}fastcgi_read_timeout 5;{% else %}fastcgi_read_timeout 6;{% endif %}").kind,
    ).toBe("unknown");
    expect(
      timeout("{% if x %}fastcgi_read_timeout 5;{% else %}fastcgi_read_timeout 5;{% endif %}"),
    ).toMatchObject({
      kind: "set",
      value: 5000,
    });
    expect(timeout("{{ extra }}").kind).toBe("unknown");
    expect(timeout("{{ extra }}\nfastcgi_read_timeout 5;").kind).toBe("set");
    expect(timeout("fastcgi_read_timeout {{ t }};").kind).toBe("unknown");
    expect(timeout("", "{% for x in y %}fastcgi_read_timeout 5;{% endfor %}").kind).toBe("unknown");
  });

  test("a list has what is surely there, and may have more", () => {
    const list = (text: string) =>
      effectiveList(firstBinding(`fastcgi_pass a:1;\n${text}`).block, "fastcgi_param");
    expect(list("fastcgi_param A 1;\n{% if x %}fastcgi_param B 1;{% endif %}")).toMatchObject({
      kind: "set",
      nodes: { length: 1 },
      complete: false,
    });
    expect(list("{% if x %}fastcgi_param B 1;{% endif %}").kind).toBe("unknown");
  });

  test("both passes of a condition are at work", () => {
    const host = hostOf({
      "/nginx.conf": site("{% if x %}fastcgi_pass a:1;{% else %}fastcgi_pass b:1;{% endif %}"),
    });
    expect(host.bindings.map(({ targets }) => targets.map(({ address }) => showAddress(address)))).toEqual([
      ["a:1"],
      ["b:1"],
    ]);
  });
});

describe("the same placeholder on both sides is the same address", () => {
  const pools = (pass: string, listen: string, around = "") => {
    const host = hostOf({
      "/nginx.conf": site(`fastcgi_pass ${pass};`, around),
      "/pool.conf": `${POOL}${listen}\n`,
    });
    return host.bindings.flatMap(({ targets }) =>
      targets.flatMap((target) => target.pools.map(() => (target.assumed ? "assumed" : "sure"))),
    );
  };

  test.each([
    ["unix:{{ php_socket }}", "listen = {{ php_socket }}"],
    ["unix:{{php_socket}}", "listen = {{-  php_socket  -}}"],
    ["unix:{{ s | default('/x') }}", "listen = {{ s|default('/x') }}"],
    ["unix:/var/run/php/{{ user }}.sock", "listen = /run/php/{{ user }}.sock"],
    ["unix:/run/{{ pool }}.sock", "listen = /run/$pool.sock\n[x]\n", "", "none"],
    ["127.0.0.1:{{ port }}", "listen = 127.0.0.1:{{ port }}"],
    ["127.0.0.1:{{ port }}", "listen = {{ port }}"],
    ["localhost:{{ port }}", "listen = 127.0.0.1:{{ port }}"],
    ["{{ listen }}", "listen = {{ listen }}"],
    ["unix:<%= @sock %>", "listen = <%= @sock -%>"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
    ["unix:${PHP_SOCK}", "listen = ${PHP_SOCK}"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell variable
    ["unix:/tmp/$PORT.sock", "listen = /tmp/${PORT}.sock"],
    ["unix:__SOCK__", "listen = __SOCK__"],
    ["unix:%sock%", 'listen = "%sock%"'],
    ["unix:{sock}", "listen = {sock}"],
    ["php", "listen = {{ sock }}", "upstream php { server unix:{{ sock }}; }"],
    ["$sock", "listen = {{ sock }}", 'map $host $sock { default "unix:{{ sock }}"; }'],
  ])("%s and %s", (pass, listen, around = "", expected = "sure") => {
    expect(pools(pass, listen, around)).toEqual(expected === "none" ? [] : [expected]);
  });

  test.each([
    ["unix:{{ a }}", "listen = {{ b }}"],
    ["unix:{{ a }}", "listen = {{ a | upper }}"],
    ["127.0.0.1:{{ a }}", "listen = 127.0.0.1:{{ b }}"],
    ["10.0.0.1:{{ a }}", "listen = 127.0.0.1:{{ a }}"],
    ["unix:{{ a }}", "listen = /run/a.sock"],
  ])("but %s and %s are not known to be", (pass, listen) => {
    expect(pools(pass, listen)).toEqual([]);
  });

  test("what a condition chooses from is not certain", () => {
    const listen = "{% if s %}\nlisten = {{ sock }}\n{% else %}\nlisten = 127.0.0.1:9000\n{% endif %}";
    expect(pools("unix:{{ sock }}", listen)).toEqual(["assumed"]);
    expect(pools("127.0.0.1:9000", listen)).toEqual(["assumed"]);
    expect(pools("127.0.0.1:9001", listen)).toEqual([]);
  });
});

describe("files", () => {
  test.each([
    ["nginx.conf.j2", "nginx.conf"],
    ["/a/www.conf.erb", "/a/www.conf"],
    ["vhost.conf.tmpl", "vhost.conf"],
    ["upstream.mustache", "upstream"],
    ["default.conf.template", "default.conf"],
    ["php-fpm.conf.in", "php-fpm.conf"],
    ["nginx.conf", "nginx.conf"],
    [".in", ".in"],
  ])("%s is deployed as %s", (name, deployed) => {
    expect(deployedName(name)).toBe(deployed);
  });

  test("are told by what is left without template language", () => {
    expect(sniff("{% if x %}server {\n{% endif %}\n}", "/vhosts/a")).toBe("nginx-fragment");
    expect(sniff("[{{ pool }}]\nlisten = {{ sock }}\npm = static\n")).toBe("fpm-pool");
    expect(sniff("<% if x %>\nhttp {\n}\n<% end %>", "/nginx.conf")).toBe("nginx-main");
  });

  test("an include finds the template that is deployed under the name", () => {
    const host = hostOf({
      "/nginx.conf": "events {}\nhttp { include sites/*.conf; include b.conf; include {{ c }}/*.conf; }\n",
      "/sites/a.conf.j2": "server { listen {{ p }}; }\n",
      "/b.conf.erb": "server { listen <%= p %>; }\n",
    });
    expect(host.nginx?.texts.map(({ file }) => file.path)).toEqual([
      "/nginx.conf",
      "/sites/a.conf.j2",
      "/b.conf.erb",
    ]);
    expect(reasons(host)).toEqual([
      "{{ c }}/*.conf: which file it is will be known when the template is rendered",
    ]);
    expect(incompleteOf(host).some(({ fatal }) => fatal)).toBe(false);
  });

  test("an include of everything finds each file once", () => {
    const host = hostOf({
      "/nginx.conf": "events {}\nhttp { include sites/*; }\n",
      "/sites/a.conf.j2": "server {}\n",
    });
    expect(host.nginx?.texts).toHaveLength(2);
    expect(host.nginx?.root.children[1]?.children).toHaveLength(1);
    const [main] = host.nginx?.texts ?? [];
    expect(main?.file.path).toBe("/nginx.conf");
  });

  test("a plain file comes first, and on a whole host no template counts", () => {
    const files = { "/sites/a.conf": "server {}\n", "/sites/b.conf.j2": "server {}\n" };
    const main = { "/nginx.conf": "events {}\nhttp { include sites/*.conf; include c.conf; }\n" };
    const read = (host: Host) => host.nginx?.texts.map(({ file }) => file.path).slice(1);
    expect(read(hostOf({ ...main, ...files }))).toEqual(["/sites/a.conf"]);
    const accounts = { "/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/group": "root:x:0:\n" };
    expect(read(hostOf({ ...main, ...accounts, "/c.conf.j2": "server {}\n" }))).toEqual([]);
  });

  test("parts that were not read are listed, and nothing is a syntax error", () => {
    const host = hostOf({
      "/nginx.conf": `events {}\nhttp {\n{% if a %}\nserver {\n{% else %}\nserver {\n{% endif %}\n}\nserver { listen 1; }\n}\n`,
    });
    expect(reasons(host)).toEqual(["a part of the file was not read: template"]);
    expect(host.nginx?.faults).toEqual([]);
  });
});

function reasons(host: Host): readonly string[] {
  return incompleteOf(host).map(({ reason }: Incomplete) => reason);
}

const pieces = fc.constantFrom(
  ...`a b1 server location { } ; {{ }} {{{ }}} {% %} {# #} <% %> <%= -%> <? ?> {%if a%} {%else%} {%endif%} {{#a}} {{/a}} {{^a}} {{end}} {{if a}} \${A:-b} $ \${ " ' \\ # @A@ __A__ %ab% {name} _by_lua_block`.split(
    " ",
  ),
  " ",
  "\n",
);
const texts = fc.array(pieces, { maxLength: 50 }).map((all) => all.join(""));

describe("any text", () => {
  test("is read in its own length and lines, without an exception", () => {
    fc.assert(
      fc.property(texts, (text) => {
        const template = readTemplate(text);
        const { directives, fault } = parse(text);
        expect(directives.every(({ start, end }) => start < end && end <= text.length)).toBe(true);
        expect(fault === null || fault.span.end <= text.length).toBe(true);
        if (template === null) return;
        expect(template.text.length).toBe(text.length);
        for (let at = 0; at < text.length; at += 1) {
          const filled = template.placeholders.some(({ start, end }) => start <= at && at < end);
          if (!filled) expect(template.text.charAt(at) === "\n").toBe(text.charAt(at) === "\n");
        }
      }),
      { numRuns: runs(3000) },
    );
  });

  test("without marks is no template", () => {
    const plain = fc.array(
      fc.constantFrom(...`a b1 server { } ; " ' \\ # $x \${y} %R% @loc \n`.split(" "), " ", "\n"),
    );
    fc.assert(
      fc.property(plain, (all) => {
        const text = all.join(" ");
        expect(readMarks(text)).toEqual([]);
        expect(readTemplate(text)).toBeNull();
      }),
    );
  });

  test("is read in reasonable time, however many openings it has", { timeout: 600_000 }, () => {
    const started = process.cpuUsage();
    for (const opening of ["{{", "{%", "<%", "{#", "{{#a}}", "{% if a %}", `\${A:-`, "__A"]) {
      parse(opening.repeat(20_000));
    }
    parse(`a_by_lua_block ${"{{}}".repeat(40)};`);
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(40);
  });
});
