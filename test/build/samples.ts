import * as fs from "node:fs";
import * as path from "node:path";
import { onExit } from "../support/exit.js";

/** Files of a small host by path: `etc/nginx/nginx.conf` → text. */
export type Files = Readonly<Record<string, string>>;

export const NGINX = "etc/nginx/nginx.conf";
export const POOL = "etc/php/8.2/fpm/pool.d/www.conf";

export interface SampleOptions {
  readonly pass?: string;
  readonly listen?: string;
  /** Further lines of the PHP location. */
  readonly location?: string;
  /** Further lines of the pool. */
  readonly pool?: string;
}

/** A pair that works, with the named differences. */
export function sample(options: SampleOptions = {}): Files {
  const { pass = "unix:/run/php/www.sock", listen = "/run/php/www.sock", location = "", pool = "" } = options;
  return {
    [NGINX]: `user www-data;
worker_processes 1;
error_log /var/log/nginx/error.log;
events { worker_connections 64; }
http {
  include mime.types;
  server {
    listen 80;
    root /var/www/html;
    location ~ \\.php$ {
      include fastcgi_params;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_pass ${pass};
      ${location}
    }
  }
}
`,
    "etc/php/8.2/fpm/php-fpm.conf": `[global]
error_log = /var/log/php8.2-fpm.log
include = /etc/php/8.2/fpm/pool.d/*.conf
`,
    [POOL]: `[www]
user = www-data
listen = ${listen}
listen.owner = www-data
listen.group = www-data
pm = static
pm.max_children = 2
${pool}
`,
  };
}

let home: string | null = null;
let count = 0;

/** A new directory with these files, there until the process ends. */
export function fixture(files: Files): string {
  if (home === null) {
    const made = fs.mkdtempSync("/tmp/fixtures-");
    onExit(() => fs.rmSync(made, { recursive: true, force: true }));
    home = made;
  }
  count += 1;
  return writeFiles(path.join(home, String(count)), files);
}

function writeFiles(directory: string, files: Files): string {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(directory, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, text);
  }
  return directory;
}
