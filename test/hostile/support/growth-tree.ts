import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { encodeText } from "../../../src/source/bytes.js";
import type { Shape } from "./growth-shapes.js";

const FILES: Readonly<Record<string, string>> = {
  "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n",
  "etc/group": "root:x:0:\nwww-data:x:33:\n",
  "etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n",
  "etc/php/8.2/fpm/php-fpm.conf":
    "[global]\nerror_log = /var/log/fpm.log\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n",
  "etc/php/8.2/fpm/pool.d/www.conf":
    "[www]\nuser = www-data\nlisten = /run/php/www.sock\npm = static\npm.max_children = 5\n",
  "etc/php/8.2/fpm/php.ini": "memory_limit = 128M\n",
};

/** A small host below `top` in which one file has the shape. */
export function growthTree(top: string, shape: Shape, size: number): void {
  for (const [path, text] of Object.entries({ ...FILES, [shape.path]: shape.text(size) })) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), encodeText(text));
  }
}

/** The words of the command that reads it. */
export function wordsFor(top: string, shape: Shape): readonly string[] {
  if (shape.path === "nginx.dump") return [join(top, shape.path)];
  if (shape.path === "samples")
    return ["capacity", join(top, "etc"), "--ram", "4G", "--samples", join(top, shape.path)];
  return [shape.path.startsWith("etc/") ? join(top, "etc") : top];
}
