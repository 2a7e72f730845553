import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { once } from "../../../../src/source/memo.js";
import { commandIn } from "../../../support/run-command.js";

/** Hosts to draw. */

const top = fileURLToPath(new URL("../../../..", import.meta.url));

const fixtures = join(top, "fixtures/hosts");
export const hostNames: readonly string[] = readdirSync(fixtures);

const known = new Map<string, Promise<string>>();

/** What `fpmlint report` prints of a host of `fixtures/hosts`, drawn once in a process. */
export function drawn(name: string, ...words: readonly string[]): Promise<string> {
  return once(known, [name, ...words].join("\0"), () => drawnAnew(name, ...words));
}

export async function drawnAnew(name: string, ...words: readonly string[]): Promise<string> {
  const { out, err, status } = await commandIn(join(fixtures, name), ["report", ...words, "."]);
  if (status !== 0) throw new Error(`${name}: ${status} ${err}`);
  return out;
}

/** Names that are markup, scripts, quotes and directions somewhere. */
const HOSTILE = '</script><img src=x onerror=document.title=1>&quot;"]];click`{x}`\u202e<b>##[error]';

/** As a word of nginx. */
const WORD = `"${HOSTILE.replaceAll('"', '\\"')}"`;

/** A host in which everything that has a name has a hostile one. */
export const HOSTILE_FILES: Readonly<Record<string, string>> = {
  "etc/nginx/nginx.conf": `user www-data;
events {}
http {
  upstream ${WORD} { server unix:/run/a.sock; }
  server {
    listen 80;
    server_name ${WORD};
    root "/srv/<script>alert(1)</script>";
    location ~ "\\.php<u>$" {
      fastcgi_read_timeout 10s;
      fastcgi_pass "unix:/run/<img src=x onerror=alert(2)>.sock";
    }
    location /x { fastcgi_param SCRIPT_FILENAME /x.php; fastcgi_pass ${WORD}; }
  }
}
`,
  "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
  "etc/php/8.2/fpm/pool.d/a.conf": `[a<u onload=alert(3)>"]
user = "<script>alert(4)</script>"
listen = /run/a.sock
pm = static
pm.max_children = 3
`,
};

/** So many sites, each with a pool, limits and findings of its own. */
export function unlikeSites(count: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = {
    "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n",
    "etc/group": "root:x:0:\nwww-data:x:33:\n",
    "etc/nginx/nginx.conf":
      "user www-data;\nevents {}\nhttp {\n  include /etc/nginx/sites-enabled/*.conf;\n}\n",
    "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
  };
  for (let i = 0; i < count; i++) {
    files[`etc/nginx/sites-enabled/s${i}.conf`] = `server {
  listen 80;
  server_name site${i}.example.com;
  root /srv/site${i};
  location / { try_files $uri /index.php?$args; }
  location ~ \\.php$ {
    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
    fastcgi_read_timeout ${20 + ((i * 7) % 200)}s;
    client_max_body_size ${1 + (i % 50)}m;
    fastcgi_pass unix:/run/php/s${i}.sock;
  }
}
`;
    files[`etc/php/8.2/fpm/pool.d/s${i}.conf`] = `[s${i}]
user = www-data
group = www-data
listen = /run/php/s${i}.sock
listen.owner = www-data
listen.group = www-data
pm = ondemand
pm.max_children = ${1 + (i % 9)}
request_terminate_timeout = ${10 + ((i * 3) % 90)}s
`;
  }
  return files;
}

/** So many sites that share one snippet and one pool. */
export function likeSites(count: number): Readonly<Record<string, string>> {
  const files: Record<string, string> = { ...unlikeSites(1) };
  files["etc/nginx/snippets/php.conf"] =
    "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\nfastcgi_pass unix:/run/php/s0.sock;\n";
  for (let i = 0; i < count; i++)
    files[`etc/nginx/sites-enabled/s${i}.conf`] = `server {
  server_name site${i}.example.com;
  root /srv/site${i};
  location ~ \\.php$ { include snippets/php.conf; }
}
`;
  return files;
}
