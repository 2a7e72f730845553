import { describe, expect, test } from "vitest";
import { allowedClients } from "../../rules/connect/allowed-clients.js";
import { docRoot } from "../../rules/fastcgi/doc-root.js";
import { scriptFilename } from "../../rules/fastcgi/script-filename/rule.js";
import type { Rule } from "../../src/engine/rule.js";
import { memoryHost } from "../build/hosts.js";

/** What clients see of a location that `auth_request` asks, alone or beside one that they ask themselves. */

const POOL = "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = ondemand\npm.max_children = 2\n";

interface Wrong {
  readonly rule: Rule;
  readonly script: string;
  readonly pool: string;
}

const passTo = (script: string): string =>
  `include fastcgi_params; fastcgi_param SCRIPT_FILENAME ${script}; fastcgi_pass 127.0.0.1:9000;`;

function effects(
  { rule, script, pool }: Wrong,
  beside: string,
  guard = "",
): readonly (readonly [boolean, string])[] {
  const server = `server { listen 80; root /srv/shop;
    location / { ${guard} auth_request /auth.php; }
    location = /auth.php { internal; include params; }
    ${beside}
  }`;
  const host = memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp {\n${server}\n}\n`,
    "/etc/nginx/params": passTo(script),
    "/etc/php/8.2/fpm/php-fpm.conf": `[global]\n${POOL}${pool}\n`,
    "/srv/shop/auth.php": "<?php\n",
    "/srv/shop/index.php": "<?php\n",
  });
  return [...rule.check(host, {})].map(({ asked, effect }) => [asked === true, effect]);
}

const USUAL = "$document_root$fastcgi_script_name";

const WRONG: readonly Wrong[] = [
  { rule: allowedClients, script: USUAL, pool: "listen.allowed_clients = 10.0.0.1" },
  { rule: docRoot, script: USUAL, pool: "php_admin_value[doc_root] = /srv/elsewhere" },
  { rule: scriptFilename, script: '""', pool: "" },
];

describe.each(WRONG)("$rule.id", (wrong) => {
  test("says what auth_request makes of it, where nobody else asks", () => {
    const found = effects(wrong, "");
    expect(found.map(([asked]) => asked)).toEqual([true]);
  });

  test("does not, where a client may get it as well", () => {
    const found = effects(wrong, String.raw`location ~ \.php$ { include params; }`);
    expect(found.map(([asked]) => asked)).toEqual([false]);
    expect(found[0]?.[1]).not.toContain("auth_request");
  });
});

test.each(WRONG.slice(0, 2))("$rule.id says whom it does not ask below satisfy any", (wrong) => {
  const said = (guard: string): string => effects(wrong, "", guard)[0]?.[1] ?? "";
  const spared = /unless satisfy any lets the request in/;
  expect(said("satisfy any; allow 10.0.0.0/8; deny all;")).toMatch(spared);
  expect(said("satisfy all; allow 10.0.0.0/8; deny all;")).not.toMatch(spared);
  // Nobody is let in by anything else.
  expect(said("satisfy any;")).not.toMatch(spared);
});
