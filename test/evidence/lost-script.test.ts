import { expect, test } from "vitest";
import { scriptFilename } from "../../rules/fastcgi/script-filename/rule.js";
import { run } from "../../src/engine/run.js";
import { memoryHost } from "../build/hosts.js";

/** What is said of a script that is not there, by what PHP does with the path: the proofs show that PHP says so. */

const pool = (name: string, more: string): string =>
  `[${name}]\nuser = www-data\nlisten = /run/php/${name}.sock\nlisten.owner = www-data\npm = ondemand\npm.max_children = 2\n${more}\n`;

const OFF = "php_admin_flag[cgi.fix_pathinfo] = off";

/** Two locations, each with a pool, whose SCRIPT_FILENAME is the path of the URI alone. */
function said(first: string, second: string): readonly string[] {
  const location = (name: string): string =>
    `location ~ ^/${name}/.*\\.php$ { include params; fastcgi_pass unix:/run/php/${name}.sock; }`;
  const host = memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp {\nserver { listen 80; root /srv/shop; ${location("a")} ${location("b")} }\n}\n`,
    "/etc/nginx/params": "include fastcgi_params; fastcgi_param SCRIPT_FILENAME $fastcgi_script_name;",
    "/etc/nginx/fastcgi_params": "fastcgi_param REQUEST_METHOD $request_method;",
    "/etc/php/8.2/fpm/php-fpm.conf": `[global]\n${pool("a", first)}${pool("b", second)}`,
  });
  return run([scriptFilename], host, () => ({ level: null, options: {} })).findings.map(
    ({ effect, symptom }) => `${effect}; ${symptom?.status} ${symptom?.log}`,
  );
}

const USUAL = "every request to this location ends as 404 File not found; 404 Primary script unknown";
const AS_SENT =
  "every request to this location ends as 404 No input file specified; 404 Unable to open primary script: ";

test("PHP looks for a script on the way back, as a rule", () => {
  expect(said("", "")).toEqual([USUAL]);
});

test("with cgi.fix_pathinfo = 0 it opens what it is sent", () => {
  expect(said(OFF, OFF)).toEqual([AS_SENT]);
});

test("where one of the pools does the one and another the other, what most hosts see is said", () => {
  expect(said(OFF, "")).toEqual([USUAL]);
});
