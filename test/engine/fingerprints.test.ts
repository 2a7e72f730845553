import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import { fixture } from "../build/samples.js";

test("two hosts of a tree that share a pool: equal faults of it have fingerprints of their own", () => {
  const pools = "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n";
  const directory = fixture({
    "etc/passwd": "",
    "etc/group": "",
    "etc/nginx/nginx.conf": `fastcgi_param PHP_VALUE "memory_limit=32M";\nfastcgi_pass unix:/run/www.sock;\n`,
    "etc/php/8.2/fpm/php-fpm.conf": pools,
    "etc/php/8.2/fpm/php.ini": "memory_limit = 16M\n",
    "etc/php/8.2/fpm/pool.d/www.conf": "[www]\nlisten = /run/www.sock\npm.max_children = 4\n",
    "web/docker/a/php-fpm.conf": pools,
  });
  const config = { memory: "100M", workerSize: "4M" };
  const outcome = lintWith(rules, validators, { paths: ["."], workingDirectory: directory, config });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  const { findings } = outcome.result;
  // The sums differ, because only one of the hosts has that php.ini and nginx.
  expect(findings.filter(({ rule }) => rule === "pool/memory-limit-overcommit")).toHaveLength(2);
  expect(new Set(findings.map(({ fingerprint }) => fingerprint)).size).toBe(findings.length);
});
