import { expect, test } from "vitest";
import { documentRoots } from "../../src/live/places.js";
import { memoryHost } from "../build/hosts.js";

/** Where pools look for scripts, by the location and its SCRIPT_FILENAME. */

const URI = "$fastcgi_script_name";
const PHP = "~ [.]php$";

test.each([
  ["below the root", PHP, `$document_root${URI}`, "/srv/shop served"],
  ["below the real root", PHP, `$realpath_root${URI}`, "/srv/shop served"],
  ["one script of the root", "/", "$document_root/index.php", "/srv/shop served"],
  ["not sent", PHP, null, "/srv/shop served"],
  ["below another directory", PHP, `/srv/app/public${URI}`, "/srv/app/public"],
  ["one script elsewhere", "/", "/srv/app/public/index.php", ""],
  ["below what a variable names", PHP, `$app/public${URI}`, ""],
  ["a status page", "= /fpm-status", `$document_root${URI}`, ""],
  ["ping and status", "~ ^/(ping|status)$", `$document_root${URI}`, ""],
])("%s", (_, location, script, expected) => {
  const sent = script === null ? "" : `fastcgi_param SCRIPT_FILENAME ${script};`;
  const host = memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp { server { root /srv/shop; location ${location} { ${sent} fastcgi_pass unix:/run/shop.sock; } } }`,
    "/etc/php/8.2/fpm/php-fpm.conf": "[shop]\nlisten = /run/shop.sock\npm = static\npm.max_children = 2\n",
  });
  const found = documentRoots(host).map(({ path, served }) => `${path}${served ? " served" : ""}`);
  expect(found.join()).toBe(expected);
});
