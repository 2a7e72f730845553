import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { TREE } from "../../src/host/find/given.js";
import { lintHosts } from "../../src/lint.js";
import { validators } from "../../src/validators.js";

/** A relative include of PHP-FPM that is there from another prefix than the one it was built with. */

function severity(main: string, pools: string): string | undefined {
  const outcome = lintHosts(rules, validators, {
    files: {
      [main]: "[global]\ninclude = pools/*.conf\n[www]\nlisten = 9000\npm = static\npm.max_children = 2\n",
      [pools]: "[shop]\nlisten = 9001\npm = static\npm.max_children = 2\n",
      "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
      "etc/group": "root:x:0:\n",
    },
    workingDirectory: TREE,
    config: { hosts: [{ name: "own", root: ".", fpm: [`/${main}`] }] },
    configDirectory: TREE,
    phpVersion: "8.2",
  });
  if (outcome.kind !== "linted") throw new Error(outcome.refusal.message);
  return outcome.result.findings.find(({ rule }) => rule === "fpm/missing-include")?.severity;
}

test.each([
  ["srv/app/conf/fpm.conf", "srv/app/pools/shop.conf", "warning"],
  ["srv/app/fpm.conf", "srv/app/pools/shop.conf", "warning"],
  ["srv/app/conf/fpm.conf", "srv/other/pools/shop.conf", "error"],
  // A package starts it without one.
  ["etc/php/8.2/fpm/php-fpm.conf", "etc/php/8.2/fpm/pools/shop.conf", "error"],
])("%s and %s: %s", (main, pools, expected) => expect(severity(main, pools)).toBe(expected));
