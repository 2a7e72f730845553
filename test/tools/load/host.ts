import * as fs from "node:fs";
import * as path from "node:path";

/** One pool of a size that does not change, at the location that bears its name. */
export interface Pool {
  readonly name: string;
  readonly workers: number;
}

/** Sleeps as long as it is told and says when it began and ended, on the clock that nobody sets. */
const SCRIPT = `<?php
$begun = hrtime(true);
usleep((int) $_GET['us']);
echo $begun, ' ', hrtime(true);
`;

/** Writes a host with these pools, for \`copyFixture\`. */
export function writeHost(to: string, pools: readonly Pool[]): void {
  const files = {
    "/etc/nginx/nginx.conf": nginx(pools),
    "/etc/php/fpm/php-fpm.conf":
      "[global]\nerror_log = /var/log/php-fpm.log\ninclude = /etc/php/fpm/pool.d/*.conf\n",
    "/etc/php/fpm/pool.d/load.conf": pools.map(pool).join("\n"),
    "/srv/load/wait.php": SCRIPT,
  };
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(to + name), { recursive: true });
    fs.writeFileSync(to + name, text);
  }
}

function pool({ name, workers }: Pool): string {
  return `[${name}]
user = www-data
group = www-data
listen = /run/php/${name}.sock
listen.owner = www-data
listen.group = www-data
listen.mode = 0660
listen.backlog = 4096
pm = static
pm.max_children = ${workers}
`;
}

function nginx(pools: readonly Pool[]): string {
  const locations = pools.map(
    ({ name }) => `    location = /${name} {
      fastcgi_pass unix:/run/php/${name}.sock;
      fastcgi_param SCRIPT_FILENAME /srv/load/wait.php;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param QUERY_STRING $query_string;
    }`,
  );
  return `user www-data;
worker_processes 2;
events {
  worker_connections 1000;
}
http {
  server {
    listen 127.0.0.1:8080;
${locations.join("\n")}
  }
}
`;
}
