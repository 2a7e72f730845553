import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** `--rule ID=LEVEL`. */

const { top, put } = tree();

const run = (...words: readonly string[]): Promise<Ran> =>
  runCommand([...words, "--quiet"], { rules, validators, workingDirectory: top() });

function plant(config?: object): void {
  put({
    "etc/nginx/nginx.conf":
      "events {}\nhttp {\n  server {\n    root /srv;\n    location ~ \\.php$ {\n      include fastcgi.conf;\n      try_files $uri =404;\n      fastcgi_read_timeout 0;\n      fastcgi_pass 127.0.0.1:9000;\n    }\n  }\n}\n",
    "etc/php/8.2/fpm/php-fpm.conf": "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n",
    ...(config === undefined ? {} : { "fpmlint.json": JSON.stringify(config) }),
  });
}

const RULE = "timeout/read-zero";
const level = (ran: Ran): string | undefined =>
  /: (error|warning|info): [^\n]*\[timeout\/read-zero\]/.exec(ran.out)?.[1];

test.each([
  [["--rule", `${RULE}=off`], undefined, 0],
  [["--rule", `${RULE}=info`], "info", 0],
  [["--rule", `${RULE}=warning`], "warning", 1],
  [["--rule", "timeout/*=info"], "info", 0],
  [["--rule", "timeout/*=off", "--rule", `${RULE}=warning`], "warning", 1],
  [["--rule", `${RULE}=warning`, "--rule", "timeout/*=off"], undefined, 0],
] as const)("%j", async (words, severity, status) => {
  plant();
  const ran = await run("etc", ...words);
  expect({ severity: level(ran), status: ran.status }).toEqual({ severity, status });
});

test("it wins over fpmlint.json", async () => {
  plant({ rules: { [RULE]: "off" } });
  expect(level(await run("etc"))).toBe(undefined);
  expect(level(await run("etc", "--rule", `${RULE}=error`))).toBe("error");
});

test("options of the file stay", async () => {
  const withOptions = rules.find(({ options }) => Object.keys(options.properties).length > 0);
  if (withOptions === undefined) throw new Error("no rule has options");
  const [name = ""] = Object.keys(withOptions.options.properties);
  plant({
    rules: { [withOptions.id]: ["warning", { [name]: withOptions.options.properties[name]?.default }] },
  });
  expect((await run("etc", "--rule", `${withOptions.id}=info`)).err).not.toContain("fpmlint:");
});

describe("a mistake is answered with what was meant", () => {
  test.each([
    ["timeout/read-sero=off", `did you mean ${RULE}?`],
    ["nothing/*=off", "there is no rule"],
    [`${RULE}=warn`, "did you mean timeout/read-zero=warning?"],
    [RULE, "is not ID=LEVEL"],
  ])("%s", async (word, said) => {
    plant();
    const ran = await run("etc", "--rule", word);
    expect(ran.status).toBe(2);
    expect(ran.err).toContain(said);
  });
});

test.each([
  [["--fail-on", "warn"], "did you mean warning?"],
  [["--fail-on", "errors"], "did you mean error?"],
  [["--fail-on", "nevr"], "did you mean never?"],
  [["--color", "alway"], "did you mean always?"],
  [["--fail-on", "zzz"], "Choices:"],
])("%j", async (words, said) => {
  plant();
  const ran = await run("etc", ...words);
  expect(ran.status).toBe(2);
  expect(ran.err).toContain(said);
});
