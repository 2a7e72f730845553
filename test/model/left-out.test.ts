import { expect, test } from "vitest";
import { tree } from "../support/tree.js";

/** Files that lie beside what a wildcard reads. */

const { put, lint } = tree();

const pool = (name: string) =>
  `[${name}]\nuser = www-data\nlisten = /run/php/${name}.sock\npm = static\npm.max_children = 2\n`;

const found = () =>
  lint(["."])
    .findings.filter(({ rule }) => rule.endsWith("/left-out-file"))
    .map(({ rule, at: { span } }) => `${rule} ${span.file.text.slice(span.start, span.end)}`)
    .sort();

test("a file that is named before the wildcard of its directory changes nothing for the others", () => {
  put({
    "etc/php/8.2/fpm/php-fpm.conf":
      "[global]\ninclude = /etc/php/8.2/fpm/pool.d/first.conf\ninclude = /etc/php/8.2/fpm/pool.d/[a-z]*.conf\n",
    "etc/php/8.2/fpm/pool.d/first.conf": pool("first"),
    "etc/php/8.2/fpm/pool.d/www.conf": pool("www"),
    "etc/php/8.2/fpm/pool.d/shop": pool("shop"),
    "etc/nginx/nginx.conf":
      "events {}\nhttp {\n  include sites-enabled/first.conf;\n  include sites-enabled/*.conf;\n}\n",
    "etc/nginx/sites-enabled/first.conf": "server {\n  listen 80;\n}\n",
    "etc/nginx/sites-enabled/www.conf": "server {\n  listen 81;\n}\n",
    "etc/nginx/sites-enabled/shop": "server {\n  listen 82;\n}\n",
  });
  expect(found()).toEqual([
    "fpm/left-out-file /etc/php/8.2/fpm/pool.d/[a-z]*.conf",
    "nginx/left-out-file sites-enabled/*.conf",
  ]);
});
