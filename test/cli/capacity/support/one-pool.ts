import { beforeEach } from "vitest";
import { type Tree, tree } from "../../../support/tree.js";

/** A master with one pool, `www`, of ten workers; each test has its own. To be called once in a test file. */
export function onePool(): Tree {
  const own = tree();
  beforeEach(() => {
    own.put({
      "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n",
      "etc/php/8.2/fpm/pool.d/www.conf": poolText("www", 10),
    });
  });
  return own;
}

export const poolText = (name: string, max: number): string =>
  `[${name}]\nuser = www-data\nlisten = /run/${name}.sock\npm = static\npm.max_children = ${max}\n`;
