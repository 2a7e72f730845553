import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** A host with so many sites that share one snippet and one pool; nothing in it is wrong. */
export function writeHost(root: string, sites: number): void {
  const etc = join(root, "etc");
  write(join(etc, "nginx/nginx.conf"), main("/etc/nginx", "", "user www-data;\n"));
  writeFpm(etc);
  writeSites(join(etc, "nginx"), "/etc/nginx", sites);
}

/** PHP-FPM with one pool, and the accounts of both daemons. */
function writeFpm(etc: string): void {
  write(join(etc, "php/8.2/fpm/php-fpm.conf"), "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n");
  write(join(etc, "php/8.2/fpm/pool.d/www.conf"), pool);
  write(join(etc, "passwd"), "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/usr/sbin/nologin\n");
  write(join(etc, "group"), "root:x:0:\nwww-data:x:33:\n");
}

/**
 * A repository of so many hosts, each with both daemons and one site. What the sites include of
 * `/etc/nginx` stands once beside the hosts; nothing in it is wrong.
 */
export function writeHosts(root: string, hosts: number): void {
  write(join(root, "common/nginx/snippets/php.conf"), parameters + script);
  for (let i = 0; i < hosts; i++) {
    const number = String(i).padStart(5, "0");
    const etc = join(root, `hosts/host${number}/etc`);
    write(join(etc, "nginx/nginx.conf"), main("/etc/nginx", "", "user www-data;\n"));
    write(join(etc, "nginx/sites-enabled/site.conf"), siteOfHost(number));
    writeFpm(etc);
  }
}

/** The same for `nginx -t` as anybody: the paths are real, and so are the few it wants to write to. */
export function writeNginx(root: string, sites: number): string {
  const temporary = ["client_body", "fastcgi", "proxy", "uwsgi", "scgi"]
    .map((name) => `  ${name}_temp_path ${root}/tmp-${name};\n`)
    .join("");
  write(join(root, "nginx.conf"), main(root, temporary, `pid ${root}/nginx.pid;\n`));
  writeSites(root, root, sites);
  return join(root, "nginx.conf");
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

function main(folder: string, extra: string, top: string): string {
  return `${top}worker_processes auto;
events {
  worker_connections 1024;
}
http {
  access_log off;
  server_names_hash_max_size 65536;
  server_names_hash_bucket_size 128;
${extra}  include ${folder}/sites-enabled/*.conf;
}
`;
}

function writeSites(to: string, folder: string, count: number): void {
  write(join(to, "fastcgi_params"), parameters);
  write(join(to, "snippets/php.conf"), snippet(folder));
  for (let i = 0; i < count; i++) {
    const number = String(i).padStart(5, "0");
    write(join(to, `sites-enabled/site${number}.conf`), site(number, folder));
  }
}

function site(number: string, folder: string): string {
  return `server {
  listen 8080;
  server_name site${number}.example.com www.site${number}.example.com;
  root /srv/site${number}/public;
  index index.php;
  client_max_body_size 8m;

  location / {
    try_files $uri $uri/ /index.php?$args;
  }

  include ${folder}/snippets/php.conf;
}
`;
}

function siteOfHost(number: string): string {
  return `server {
  listen 8080;
  server_name host${number}.example.com;
  root /srv/www/public;
  index index.php;

  location ~ \\.php$ {
    try_files $uri =404;
    include /etc/nginx/snippets/php.conf;
  }
}
`;
}

function snippet(folder: string): string {
  return `location ~ \\.php$ {
  try_files $uri =404;
  include ${folder}/fastcgi_params;
${script}}
`;
}

const script = `  fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
  fastcgi_index index.php;
  fastcgi_read_timeout 60s;
  fastcgi_pass unix:/run/php/www.sock;
`;

const parameters = [
  ["QUERY_STRING", "$query_string"],
  ["REQUEST_METHOD", "$request_method"],
  ["CONTENT_TYPE", "$content_type"],
  ["CONTENT_LENGTH", "$content_length"],
  ["SCRIPT_NAME", "$fastcgi_script_name"],
  ["REQUEST_URI", "$request_uri"],
  ["DOCUMENT_URI", "$document_uri"],
  ["DOCUMENT_ROOT", "$document_root"],
  ["SERVER_PROTOCOL", "$server_protocol"],
  ["REQUEST_SCHEME", "$scheme"],
  ["HTTPS", "$https if_not_empty"],
  ["GATEWAY_INTERFACE", "CGI/1.1"],
  ["SERVER_SOFTWARE", "nginx"],
  ["REMOTE_ADDR", "$remote_addr"],
  ["REMOTE_PORT", "$remote_port"],
  ["SERVER_ADDR", "$server_addr"],
  ["SERVER_PORT", "$server_port"],
  ["SERVER_NAME", "$server_name"],
  ["REDIRECT_STATUS", "200"],
]
  .map(([name, value]) => `fastcgi_param ${name} ${value};\n`)
  .join("");

const pool = `[www]
user = www-data
group = www-data
listen = /run/php/www.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
pm = dynamic
pm.max_children = 20
pm.start_servers = 4
pm.min_spare_servers = 2
pm.max_spare_servers = 6
pm.max_requests = 1000
request_terminate_timeout = 80s
`;
