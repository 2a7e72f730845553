import { fpmFacts } from "../../../src/fpm/settings/facts.js";
import { DIRECTIVE_ROWS } from "../../../src/nginx/facts/facts.js";

/** Trees in which one word stands wherever a configuration may hold a word of its writer's choice. */

/** Names that every object answers to. */
export const PROTOTYPE_NAMES: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

/** Names that lists and functions answer to, and not every object. */
export const OTHER_NAMES: readonly string[] = [
  ...new Set([Array.prototype, Function.prototype].flatMap(names)),
].filter((name) => !PROTOTYPE_NAMES.includes(name));

function names(prototype: object): readonly string[] {
  return Object.getOwnPropertyNames(prototype);
}

/** A word of the same shape (length, capitals, underscores) that nothing knows and that is near to nothing known. */
export function ordinary(word: string): string {
  const letters = [...word].map((letter, index) => {
    const other = "qzxj"[index % 4] ?? "q";
    return /[a-z]/.test(letter) ? other : /[A-Z]/.test(letter) ? other.toUpperCase() : letter;
  });
  return letters.join("");
}

/** Texts by path. */
export type Tree = Readonly<Record<string, string>>;

/** A block around one directive, by the letter of facts.ts. */
const CONTEXTS: ReadonlyMap<string, (line: string) => string> = new Map([
  ["m", (line) => line],
  ["e", (line) => `events { ${line} }`],
  ["h", (line) => `http { ${line} }`],
  ["s", (line) => `http { server { ${line} } }`],
  ["l", (line) => `http { server { location / { ${line} } } }`],
  ["u", (line) => `http { upstream u { server unix:/u; ${line} } }`],
  ["i", (line) => `http { server { if ($x) { ${line} } } }`],
  ["I", (line) => `http { server { location / { if ($x) { ${line} } } } }`],
  ["x", (line) => `http { server { location / { limit_except GET { ${line} } } } }`],
  ["M", (line) => `mail { ${line} }`],
  ["N", (line) => `mail { server { ${line} } }`],
  ["S", (line) => `stream { ${line} }`],
  ["T", (line) => `stream { server { ${line} } }`],
  ["U", (line) => `stream { upstream u { server unix:/u; ${line} } }`],
]);

const rows = DIRECTIVE_ROWS.trim()
  .split("\n")
  .map((line) => line.split("|"));

/** Arguments to every directive, in every form that one takes them. */
function everyDirective(word: string): string {
  const lines = rows.flatMap(([name = "", contexts = "", counts = ""]) => {
    const ways = [word, `${word}=1`, `x ${word}`, `x ${word}=1`, `x y ${word}=${word}`, `$${word} ${word}`];
    const end = counts.startsWith("{") ? " {}" : ";";
    const around = CONTEXTS.get(contexts[0] ?? "") ?? ((line: string) => line);
    return [around(ways.map((way) => `${name} ${way}${end}`).join(" "))];
  });
  return `${lines.join("\n")}\n`;
}

/** A block and a directive of that name, everywhere. */
function everyContext(word: string): string {
  const line = `${word} { root /x; ${word}; } ${word}; ${word} a b=c; ${word} on { ${word} x {} }`;
  return `${[...CONTEXTS.values()].map((around) => around(line)).join("\n")}\n`;
}

/** Names and parameters where they mean something. */
function nginx(word: string): string {
  return `user ${word} ${word};
worker_processes 1;
thread_pool ${word} threads=1 ${word}=1;
env ${word}=1;
load_module modules/${word}.so;
events { use ${word}; }
http {
  log_format ${word} escape=${word} "$${word}";
  map $${word} $a { ${word} ${word}; default ${word}; include ${word}; hostnames; }
  map $b $${word} { ${word} 1; }
  geo $${word} $g { ${word} 1; 10.0.0.0/8 ${word}; ranges; proxy ${word}; }
  split_clients $${word} $s { 10% ${word}; ${word} a; * b; }
  types { ${word} ${word}; text/${word} ${word}; }
  charset_map ${word} ${word} { ${word} ${word}; }
  limit_req_zone $${word} zone=${word}:1m rate=1r/s ${word}=1;
  limit_conn_zone $${word} zone=conn_${word}:1m ${word}=1;
  fastcgi_cache_path /c/${word} keys_zone=cache_${word}:1m ${word}=1 levels=${word};
  proxy_cache_path /p/${word} keys_zone=${word}:1m ${word};
  open_file_cache ${word}=1;
  open_log_file_cache max=1 ${word};
  upstream ${word} { zone ${word} 64k; server unix:/run/${word}.sock ${word}=1; server ${word}:9000 ${word}; hash $${word} ${word}; keepalive 1 ${word}; ${word} a; }
  resolver 127.0.0.1 ${word}=1;
  server {
    listen 80 ${word}=1;
    listen 81 ${word};
    listen ${word};
    listen unix:/${word} so_keepalive=${word};
    server_name ${word} ~^(?<${word}>.*)$;
    access_log /var/log/${word} ${word} ${word}=1 buffer=${word};
    error_log /var/log/${word} ${word};
    set $${word} $${word}${word};
    root /srv/$${word}/${word};
    error_page 502 @${word};
    rewrite ${word} ${word} ${word};
    include ${word};
    include ${word}/*.conf;
    include conf/[[:${word}:]]*;
    if ($${word} = ${word}) { return 302 ${word}; }
    if (${word} ${word}) { return 200; }
    location ${word} /modifier {}
    location ${word} {}
    location = ${word} {}
    location @${word} { fastcgi_pass ${word}; }
    location ~ "[[:${word}:]]" { fastcgi_pass unix:/run/${word}.sock; fastcgi_param ${word} $${word}; fastcgi_param PHP_VALUE "${word}=1"; }
    location /a { fastcgi_pass ${word}:9000; limit_req zone=${word} ${word}=1; limit_conn ${word} 1; fastcgi_cache ${word}; fastcgi_cache_use_stale ${word}; try_files ${word} @${word}; }
    location /b { proxy_pass ${word}://x; proxy_cache_valid ${word} 1m; proxy_cookie_flags ${word} ${word}; }
    location /c { proxy_pass http://${word}; client_max_body_size 1${word}; fastcgi_read_timeout 1${word}; }
    location /d { uwsgi_pass ${word}://${word}; limit_except ${word} { ${word} all; } }
    location ~ \\.php$ { fastcgi_pass unix:/run/php.sock; include fastcgi_params; }
  }
}
`;
}

function fpm(word: string): string {
  const pool = fpmFacts.map(({ name, type }) =>
    type === "array" ? `${name}[${word}] = ${word}` : `${name} = ${word}`,
  );
  return `[global]
${word} = 1
${word}[${word}] = 1
${pool.join("\n")}
include = ${word}/*.conf
[${word}]
listen = /run/${word}.sock
user = ${word}
group = ${word}
pm = static
pm.max_children = 5
request_terminate_timeout = 1${word}
php_value[${word}] = ${word}
php_admin_value[memory_limit] = ${word}
php_admin_flag[${word}] = ${word}
env[${word}] = $${word}
env[PATH] = \${${word}}
${word} = 1
${word}[] = 1
access.log = /${word}
access.format = "%{${word}}e %{${word}}d %{${word}}M %${word}"
[www]
listen = ${word}
user = www-data
pm = ${word}
pm.max_children = ${word}
${pool.join("\n")}
[${word}]
pm.max_children = 6
`;
}

function ini(word: string): string {
  return `${word} = 1
memory_limit = ${word}
post_max_size = 1${word}
error_reporting = E_ALL & ~${word}
upload_max_filesize = \${${word}}
[${word}]
extension = ${word}
[PATH=/${word}]
${word}[${word}] = ${word}
max_execution_time = 1 | ${word}
`;
}

/** A whole host with the word in it. */
export function hostTree(word: string): Tree {
  const www = `[x]\nlisten = /run/php.sock\nuser = www-data\npm = static\npm.max_children = 4\nenv[${word}] = 1\n`;
  return {
    "etc/passwd": `root:x:0:0:::\nwww-data:x:33:33:::\n${word}:x:${word}:7:::\n`,
    "etc/group": `root:x:0:\n${word}:x:7:${word}\n`,
    "etc/nginx/nginx.conf": nginx(word),
    [`etc/nginx/${word}`]: `${word} ${word};\n`,
    [`etc/nginx/${word}.conf`]: `${word} ${word};\n`,
    [`etc/nginx/conf/${word}`]: `${word};\n`,
    "etc/php/8.2/fpm/php-fpm.conf": fpm(word),
    [`etc/php/8.2/fpm/${word}/${word}.conf`]: www,
    "etc/php/8.2/fpm/php.ini": ini(word),
    [`etc/php/8.2/fpm/conf.d/${word}.ini`]: `${word} = ${word}\n`,
    [`etc/systemd/system/${word}.service`]: `[${word}]\n${word}=1\n[Service]\n${word}=${word}\nEnvironment=${word}=1\nExecStart=/usr/sbin/php-fpm --fpm-config /opt/${word}/php-fpm.conf --${word}\n`,
    [`opt/${word}/php-fpm.conf`]: `[${word}]\nlisten = 9000\nuser = www-data\npm = static\npm.max_children = 3\n`,
    "etc/systemd/system/php8.2-fpm.service.d/a.conf": `[Service]\n${word}=1\nLimitNOFILE=${word}\nMemoryMax=1${word}\n`,
    "etc/sysctl.d/a.conf": `${word} = 1\nnet.core.somaxconn = ${word}\nnet.${word} = ${word}\n`,
    "docker-compose.yml": `services:\n  ${word}:\n    image: ${word}\n    environment:\n      ${word}: ${word}\n`,
  };
}

/** A tree whose nginx.conf is that text, and no more. */
function nginxOnly(text: string): Tree {
  return { "etc/nginx/nginx.conf": text };
}

/** Templates of all languages, deployed elsewhere. */
function templateTree(word: string): Tree {
  const marks = [
    `{{ ${word} }}`,
    `\${${word}}`,
    `{${word}}`,
    `<%= ${word} %>`,
    `@${word}@`,
    `__${word}__`,
    `%${word}%`,
  ];
  const sites = marks.map((mark, i): [path: string, text: string] => [
    `${word}/${i}/nginx.conf.template`,
    `http { server { listen 80; server_name ${mark}; location ~ \\.php$ { fastcgi_pass ${mark}; } } }\n`,
  ]);
  return {
    [`templates/${word}.conf.j2`]: `{% if ${word} %}\nserver { root {{ ${word} | ${word} }}; ${word} {{ ${word} }}; }\n{% endif %}\n{% for ${word} in ${word} %}\nserver { ${word} on; }\n{% endfor %}\n`,
    [`${word}/nginx/sites/${word}.conf.erb`]: `<% if ${word} %>\nserver { root <%= ${word} %>; }\n<% end %>\n`,
    [`${word}/site.conf.tmpl`]: `{{ range .${word} }}\nserver { root {{ .${word} }}; }\n{{ end }}\n{{ template "${word}" . }}\n`,
    ...Object.fromEntries(sites),
    [`${word}/php/www.conf.j2`]: `[{{ ${word} }}]\nlisten = {{ ${word} }}\npm = {{ ${word} }}\n{{ ${word} }} = 1\n[${word}]\nlisten = \${${word}}\n`,
  };
}

/** By what they are; each has the word in all the places of its kind. */
export const TREES: ReadonlyMap<string, (word: string) => Tree> = new Map([
  ["a host", hostTree],
  ["blocks and directives of that name", (word) => nginxOnly(everyContext(word))],
  ["arguments of every directive", (word) => nginxOnly(everyDirective(word))],
  ["templates", templateTree],
]);

/** The output of `nginx -T` with the word in it. */
export function dumpOf(word: string): string {
  const files = [
    ["/etc/nginx/nginx.conf", `http { include ${word}; include ${word}/*; }`],
    [`/etc/nginx/${word}`, `server { listen 80 ${word}=1; ${word} { ${word}; } }`],
    [`/etc/nginx/${word}/${word}`, `${word} ${word};`],
  ];
  return files.map(([path, text]) => `# configuration file ${path}:\n${text}\n`).join("\n");
}
