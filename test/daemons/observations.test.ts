import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { ProofRequest } from "../../src/engine/rule.js";
import { type Files, fixture, NGINX, POOL, sample } from "../build/samples.js";
import { describeProofs } from "./available.js";
import { copyFixture, start } from "./bench.js";
import { observations } from "./observations.js";

interface Row {
  readonly faulty: Files;
  readonly healthy: Files;
  readonly requests?: readonly ProofRequest[];
}

const PARAMS = "include fastcgi_params;";
const FPM = "etc/php/8.2/fpm/php-fpm.conf";
const tcp = sample({ listen: "127.0.0.1:9000", pass: "127.0.0.1:9000" });

function changed(files: Files, name: string, from: string, to: string): Files {
  return { ...files, [name]: (files[name] ?? "").replace(from, to) };
}

function secondPool(listen: string): Files {
  return { "etc/php/8.2/fpm/pool.d/x.conf": changed(sample({ listen }), POOL, "[www]", "[x]")[POOL] ?? "" };
}

/** A second location that passes a limit of its own to the only worker. */
function special(everywhere: string): Files {
  const pass = `include fastcgi_params; fastcgi_pass unix:/run/php/www.sock;
    fastcgi_param SCRIPT_FILENAME /var/www/html/index.php;`;
  const one = sample({ pool: "pm.max_children = 1", location: everywhere });
  const limit = 'fastcgi_param PHP_VALUE "memory_limit=300M";';
  return changed(one, NGINX, "location ~", `location = /special.php { ${pass} ${limit} }\n    location ~`);
}

const rows: Readonly<Record<string, Row>> = {
  "socket-mode-others-write": { faulty: sample({ pool: "listen.mode = 0666" }), healthy: sample() },
  "socket-mode-zero": { faulty: sample({ pool: "listen.mode = rw-rw----" }), healthy: sample() },
  "two-pools-one-address": {
    faulty: { ...tcp, ...secondPool("localhost:9000") },
    healthy: { ...tcp, ...secondPool("localhost:9001") },
  },
  "body-dropped": {
    faulty: {
      ...sample({ location: "client_max_body_size 20m;" }),
      "etc/php/8.2/fpm/php.ini": "post_max_size = 1M\n",
    },
    healthy: sample({ location: "client_max_body_size 20m;" }),
  },
  "query-lost": {
    faulty: changed(sample(), NGINX, PARAMS, "fastcgi_param REQUEST_METHOD $request_method;"),
    healthy: sample(),
  },
  "blank-page": { faulty: changed(sample(), NGINX, PARAMS, ""), healthy: sample() },
  "source-shown": { faulty: changed(sample(), NGINX, "fastcgi_pass", "#"), healthy: sample() },
  "script-ran": { faulty: sample(), healthy: sample({ location: "deny all;" }) },
  "status-page-open": {
    faulty: sample({ pool: "pm.status_path = /status.php" }),
    healthy: sample(),
    requests: [{ path: "/status.php" }],
  },
  "value-sticks": {
    faulty: special(""),
    healthy: special('fastcgi_param PHP_VALUE "memory_limit=128M";'),
    requests: [{}, { path: "/special.php" }],
  },
  "memory-limit-not-applied": {
    faulty: sample({ pool: "php_admin_value[memory_limit] = 256MB" }),
    healthy: sample({ pool: "php_admin_value[memory_limit] = 256M" }),
  },
  "value-read-otherwise": {
    faulty: sample({ pool: "request_terminate_timeout = 500ms" }),
    healthy: sample({ pool: "request_terminate_timeout = 500s" }),
  },
  "first-value-counts": {
    faulty: sample({ pool: "php_admin_value[memory_limit] = 256M\nphp_admin_value[memory_limit] = 64M" }),
    healthy: sample({ pool: "php_admin_value[memory_limit] = 256M" }),
  },
  "setting-in-other-pool": {
    faulty: { ...sample(), "etc/php/8.2/fpm/pool.d/z.conf": "pm.max_requests = 77\n" },
    healthy: sample({ pool: "pm.max_requests = 77" }),
  },
  "nothing-included": {
    faulty: changed(sample(), FPM, "include", "include = /etc/php/8.2/fpm/pool.d/*.off\ninclude"),
    healthy: sample(),
  },
  "reload-drops-request": {
    faulty: sample(),
    healthy: changed(sample(), FPM, "[global]", "[global]\nprocess_control_timeout = 30s"),
  },
};

async function observe(name: string, files: Files, requests: readonly ProofRequest[] = []): Promise<boolean> {
  const running = await start(await copyFixture(fixture(files)));
  try {
    expect(running.started, running.output).toBe(true);
    return (await observations[name]?.(running, requests))?.seen ?? false;
  } finally {
    await running.stop();
  }
}

/** Seen in the `bad-*` and not in the `ok-*` of a rule, which the proofs of rules run anyway. */
const provedByRules = new Set(
  rules.flatMap(({ proof }) => (proof.kind === "daemons" ? Object.values(proof.observe ?? {}) : [])),
);

test("every observation has hosts of its own here, or is a rule's", () => {
  const names = Object.keys(observations).filter((name) => !provedByRules.has(name));
  expect(names.filter((name) => rows[name] === undefined)).toEqual([]);
});

describeProofs("an observation sees its fault, and only that", (proof) => {
  for (const [name, row] of Object.entries(rows)) {
    proof(name, async () => {
      expect(await observe(name, row.faulty, row.requests)).toBe(true);
      expect(await observe(name, row.healthy, row.requests)).toBe(false);
    });
  }
});
