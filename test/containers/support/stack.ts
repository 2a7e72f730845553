import type { Host } from "../../../src/model/host.js";
import { readHosts } from "../../../src/read-hosts.js";

/** Files of small stacks, and what fpmlint reads of them. */

export const SITE = (pass: string, root = "/srv/app"): string =>
  `server {\n  listen 80;\n  root ${root};\n  location ~ \\.php$ {\n    include fastcgi_params;\n    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n    fastcgi_pass ${pass};\n  }\n}\n`;

export const POOL = (listen: string): string =>
  `[www]\nuser = www-data\nlisten = ${listen}\npm = static\npm.max_children = 2\n`;

export const WEB =
  "  web:\n    image: nginx:1.27.4\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf']\n";

/** The hosts of a tree. */
export function hostsIn(top: string): readonly Host[] {
  const read = readHosts({ paths: ["."], workingDirectory: top });
  return read.kind === "read" ? read.hosts.map(({ host }) => host) : [];
}

/** `php:9000 → www 9000` for each target of each location; `(guess)` where it is one. */
export function waysIn(top: string): readonly string[] {
  return hostsIn(top).flatMap(({ bindings }) =>
    bindings.flatMap(({ pass, targets }) =>
      targets.map(({ pools, assumed }) => {
        const to = pools.map(
          ({ name, settings }) => `${name} ${settings.findLast(({ key }) => key === "listen")?.value}`,
        );
        return `${pass.directive.args[0]?.text} → ${to.join(", ") || "nobody"}${assumed ? " (guess)" : ""}`;
      }),
    ),
  );
}
