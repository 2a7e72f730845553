import { expect, test } from "vitest";
import { requestValues } from "../../../src/model/request/php-settings.js";
import { known } from "../../../src/source/effective.js";
import { memoryHost } from "../../build/hosts.js";

/** What PHP_VALUE and PHP_ADMIN_VALUE leave known of the settings that they do not name. */

function settingFor(passed: string, name: string): string | null | undefined {
  const host = memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp {\n  server {\n    set $own "memory_limit=1G";\n    location ~ \\.php$ {\n      fastcgi_param PHP_ADMIN_VALUE "${passed}";\n      fastcgi_pass 127.0.0.1:9000;\n    }\n  }\n}\n`,
    "/etc/php/8.2/fpm/php-fpm.conf":
      "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = ondemand\npm.max_children = 2\nphp_admin_value[memory_limit] = 64M\n",
  });
  const [binding, pool] = [host.bindings[0], host.pools[0]];
  if (binding === undefined || pool === undefined) throw new Error("the host has no location or no pool");
  return known(requestValues(host, name)(binding, pool));
}

test.each([
  ["open_basedir=/srv:/tmp", "64M"],
  ["open_basedir=$document_root:/tmp", "64M"],
  [String.raw`open_basedir=${"$"}{document_root}/:/tmp\n memory_limit=32M`, "32M"],
  // Nobody knows what a variable of the site's own brings, also further lines.
  ["open_basedir=$own", undefined],
  ["$own", undefined],
  ["memory_limit=$host", undefined],
])("memory_limit beside %s", (passed, value) => {
  expect(settingFor(passed, "memory_limit")).toBe(value);
});

test("a value with a variable is not known by itself", () => {
  expect(settingFor("open_basedir=$document_root:/tmp", "open_basedir")).toBeUndefined();
});
