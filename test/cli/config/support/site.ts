import type { Ran } from "../../../support/run-command.js";

/** A host with one error of nginx's half, one warning between the halves, and an info of each pool. */
export const RULE = "timeout/read-zero";

/** Texts of a host by path, below a directory that ends with a slash or is empty. */
export function site(at = ""): Readonly<Record<string, string>> {
  return {
    [`${at}etc/nginx/nginx.conf`]: "events {}\nhttp {\n  include sites/*;\n}\n",
    [`${at}etc/nginx/sites/a`]: server("a"),
    [`${at}etc/nginx/sites/b`]: server("b"),
    [`${at}etc/php/8.2/fpm/php-fpm.conf`]: "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n",
    [`${at}etc/php/8.2/fpm/pool.d/www.conf`]:
      "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n",
  };
}

function server(name: string): string {
  return [
    "server {",
    `  server_name ${name};`,
    "  root /srv;",
    "  location ~ \\.php$ {",
    "    include fastcgi.conf;",
    "    try_files $uri =404;",
    "    fastcgi_read_timeout 0;",
    "    fastcgi_pass 127.0.0.1:9000;",
    "  }",
    "}",
    "",
  ].join("\n");
}

/** The findings of a rule in the output of `--quiet`: `a: error`, by the file's last name. */
export function found(ran: Ran, rule = RULE): readonly string[] {
  return ran.out
    .split("\n")
    .filter((line) => line.endsWith(`[${rule}]`))
    .map((line) => {
      const [, file = "", severity = ""] = /^([^:]*):\d+:\d+: (\w+):/.exec(line) ?? [];
      return `${file.split("/").at(-1)}: ${severity}`;
    });
}
