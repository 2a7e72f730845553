import { expect, test, vi } from "vitest";
import { pairs } from "../../src/evidence/pairs.js";
import { runsNoScripts } from "../../src/evidence/timeouts.js";
import type { Host } from "../../src/model/host.js";
import * as patterns from "../../src/nginx/location/pattern.js";
import { memoryHost } from "../build/hosts.js";

vi.mock("../../src/nginx/location/pattern.js", { spy: true });

function hostOf(locations: string): Host {
  return memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp {\nserver {\n listen 80;\n${locations}\n}\n}\n`,
    "/etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
    "/etc/php/8.2/fpm/pool.d/www.conf":
      "[www]\nuser = www-data\nlisten = /run/php/www.sock\npm = static\npm.max_children = 4\npm.status_path = /fpm-status\n",
  });
}

const passed = (head: string): string => `location ${head} { fastcgi_pass unix:/run/php/www.sock; }`;

test.each([
  ["= /fpm-status", true],
  ["~ ^/fpm-status$", true],
  ["~^/fpm-status$", true],
  ["~*^/FPM-status$", true],
  ["~ ^/", false],
  ["~\\.php$", false],
  ["/app/", false],
])("location %s only serves the status page: %s", (head, isPage) => {
  const found = pairs(hostOf(passed(head)));
  expect(found.map(runsNoScripts)).toEqual([isPage]);
});

test("rules ask thousands of locations, and each pattern is read once", () => {
  const heads = Array.from({ length: 1000 }, (_, at) => `~ ^/app${at}/.+\\.php$`);
  const host = hostOf(heads.map(passed).join("\n"));
  const read = vi.mocked(patterns.readPattern);
  read.mockClear();
  for (let round = 0; round < 3; round += 1) pairs(host).forEach(runsNoScripts);
  expect(pairs(host)).toHaveLength(1000);
  expect(read.mock.calls.length).toBeLessThanOrEqual(1000);
});
