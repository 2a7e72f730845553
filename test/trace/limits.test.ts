import { describe, expect, test } from "vitest";
import { serversOf } from "../../src/evidence/meetings.js";
import { requestTo, treeFiles } from "../../src/model/request/resolve/ask.js";
import type { TracedLimit } from "../../src/trace/limits.js";
import { traced } from "../../src/trace/trace.js";
import { memoryHost } from "../build/hosts.js";

/** The limits of a request, as both halves set them. */

interface Lines {
  readonly http?: string;
  readonly server?: string;
  readonly location?: string;
  readonly pool?: string;
  /** `null`: there is no php.ini. */
  readonly ini?: string | null;
  readonly accounts?: boolean;
}

function limitsOf(lines: Lines, method = "POST") {
  const host = memoryHost(
    {
      ...(lines.accounts === false
        ? {}
        : { "/etc/passwd": "root:x:0:0::/root:/bin/sh\n", "/etc/group": "root:x:0:\n" }),
      "/etc/nginx/nginx.conf": `events {}
http {
  ${lines.http ?? ""}
  server {
    ${lines.server ?? ""}
    root /srv;
    location ~ \\.php$ {
      ${lines.location ?? ""}
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_pass unix:/run/a.sock;
    }
  }
}
`,
      "/etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n",
      "/etc/php/8.2/fpm/pool.d/a.conf": `[a]\nuser = root\nlisten = /run/a.sock\npm = static\npm.max_children = 2\n${lines.pool ?? ""}\n`,
      ...(lines.ini === null ? {} : { "/etc/php/8.2/fpm/php.ini": `${lines.ini ?? ""}\n` }),
      "/srv/index.php": "<?php\n",
    },
    { root: lines.accounts === false ? "/host" : "/" },
  );
  const [one] = serversOf(host);
  if (one === undefined) throw new Error("no server");
  const request = requestTo(one.server, "/index.php", { method, bodyLength: 10 });
  if (request === null) throw new Error("no request");
  const files = treeFiles(host.fs, () => true);
  const { ways } = traced({ host, http: one.http, request, named: true, files, supposed: false });
  const limits = ways[0]?.pools[0]?.limits;
  if (limits === undefined) throw new Error("PHP does not answer");
  return limits;
}

const shownOf = (limits: readonly TracedLimit[], name: string) => {
  const found = limits.find(({ setting }) => setting === name);
  return [found?.value, found?.isDefault];
};

describe("values", () => {
  test.each([
    ["client_max_body_size", {}, "1m", true],
    ["client_max_body_size", { http: "client_max_body_size 9m;" }, "9m", false],
    [
      "client_max_body_size",
      { http: "client_max_body_size 9m;", location: "client_max_body_size 0;" },
      "none",
      false,
    ],
    ["fastcgi_read_timeout", {}, "60s", true],
    ["fastcgi_read_timeout", { location: "fastcgi_read_timeout 500ms;" }, "0.5s", false],
    ["large_client_header_buffers", { server: "large_client_header_buffers 4 16k;" }, "16k", false],
    ["post_max_size", {}, "8m", true],
    ["post_max_size", { ini: "post_max_size = 20M" }, "20m", false],
    [
      "post_max_size",
      { ini: "post_max_size = 20M", pool: "php_admin_value[post_max_size] = 5M" },
      "5m",
      false,
    ],
    ["post_max_size", { ini: "post_max_size = 0" }, "none", false],
    ["memory_limit", { pool: "php_value[memory_limit] = -1" }, "none", false],
    ["max_execution_time", {}, "30s", true],
    ["max_execution_time", { ini: "max_execution_time = 0" }, "none", false],
    ["request_terminate_timeout", {}, "none", true],
    ["request_terminate_timeout", { pool: "request_terminate_timeout = 2m" }, "120s", false],
  ] satisfies [string, Lines, string, boolean][])("%s with %j is %s", (name, lines, value, byDefault) => {
    expect(shownOf(limitsOf(lines).limits, name)).toEqual([value, byDefault]);
  });

  test("a variable is unknown, with its reason", () => {
    const { limits, open } = limitsOf({ pool: `php_value[max_execution_time] = ${"$"}{SECONDS}` });
    const found = limits.find(({ setting }) => setting === "max_execution_time");
    expect(found?.value).toBeNull();
    expect(found?.reason).not.toBe("");
    expect(open).toBe(true);
  });

  test("without a php.ini in a tree that is not a whole host its settings are unknown", () => {
    expect(shownOf(limitsOf({ ini: null, accounts: false }).limits, "post_max_size")).toEqual([null, false]);
    expect(shownOf(limitsOf({ ini: null }).limits, "post_max_size")).toEqual(["8m", true]);
  });

  test("they are in the order in which the request meets them", () => {
    expect(limitsOf({}).limits.map(({ setting }) => setting)).toEqual([
      "large_client_header_buffers",
      "client_max_body_size",
      "client_body_timeout",
      "fastcgi_connect_timeout",
      "fastcgi_send_timeout",
      "post_max_size",
      "upload_max_filesize",
      "memory_limit",
      "max_execution_time",
      "request_terminate_timeout",
      "fastcgi_read_timeout",
      "fastcgi_buffer_size",
    ]);
  });
});

describe("who gives up first", () => {
  const who = (lines: Lines) => {
    const { waiting, computing } = limitsOf(lines);
    const shown = (gives: typeof waiting) => gives && `${gives.limit.setting} ${gives.after}`;
    return [shown(waiting), shown(computing)];
  };

  test.each([
    [{}, "fastcgi_read_timeout 60", "max_execution_time 30"],
    [
      { pool: "request_terminate_timeout = 20" },
      "request_terminate_timeout 20",
      "request_terminate_timeout 20",
    ],
    [{ ini: "max_execution_time = 300" }, "fastcgi_read_timeout 60", "fastcgi_read_timeout 60"],
    [
      { location: "fastcgi_read_timeout 10s;", pool: "request_terminate_timeout = 10" },
      "request_terminate_timeout 10",
      "request_terminate_timeout 10",
    ],
  ] satisfies [Lines, string, string][])("%j", (lines, waiting, computing) => {
    expect(who(lines)).toEqual([waiting, computing]);
  });
});
