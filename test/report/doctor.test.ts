import { describe, expect, test } from "vitest";
import { examinedOf } from "../../src/cli/doctor/examined.js";
import type { MachineFacts } from "../../src/live/facts.js";
import { doctorJson } from "../../src/report/doctor/json.js";
import { doctorPrometheus } from "../../src/report/doctor/prometheus.js";
import { doctorText, verdict, whyIncomplete } from "../../src/report/doctor/text.js";
import { factsWith, fpmOf, hostWith, NOW, processOf } from "../doctor/support/facts.js";
import { jsonPage, keysIn, namedIn } from "../support/json-page.js";

/** What `fpmlint doctor` prints, in each of its formats. */

const plain = { color: false, unicode: true, width: 90, quiet: false };

function examined(facts: Partial<MachineFacts> = {}, pool = "") {
  return examinedOf(hostWith({ pool }), factsWith(facts), [], []);
}

const down = { fpm: [], listeners: factsWith().listeners.slice(1) };

describe("text", () => {
  test("a sound machine is counts and one sentence", () => {
    const text = doctorText(examined(), plain);
    expect(text).not.toContain("✗");
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^nothing wrong that this machine shows: \d+ checks/);
    expect(text).not.toMatch(/\b1 do\b/);
  });

  test("one check that does not apply is one", () => {
    const [first, ...others] = examined().checked.filter(({ check }) => check.id.startsWith("reality/"));
    if (first === undefined) throw new Error("there are such checks");
    const checked = [
      { ...first, status: "skipped" as const },
      ...others.map((one) => ({ ...one, status: "ok" as const })),
    ];
    expect(doctorText({ ...examined(), checked }, plain)).toContain("fine, 1 does not apply");
  });

  test("why nothing wrong proves little", () => {
    const unread = [{ file: "etc/nginx/nginx.conf", line: null, reason: "Permission denied", fatal: true }];
    expect(whyIncomplete({ ...examined({ root: false }), unread }).split("\n")).toEqual([
      "fpmlint: not root: what other users' processes have open was not seen",
      "fpmlint: not read: etc/nginx/nginx.conf: Permission denied",
      expect.stringMatching(/^fpmlint: nothing wrong that this machine shows: /),
      "",
    ]);
  });

  test("what is wrong is shown whole, and the last line counts it", () => {
    const text = doctorText(examined(down), plain);
    expect(text).toContain("✗ basics: ");
    expect(text).toContain("error[basics/php-fpm]: PHP-FPM does not run with");
    expect(text).toContain("    do: systemctl start php8.2-fpm");
    expect(text.trimEnd().split("\n").at(-1)).toMatch(/^2 of \d+ need you/);
  });

  test("what cannot be told is named with its reason", () => {
    const text = doctorText(examined({ units: [], proc: false, nginx: [], fpm: [] }), plain);
    expect(text).toContain("cannot tell:\n  basics/nginx: no /proc shows");
    expect(text).toContain("  basics/unit: systemd is not here");
  });

  test("who ran it and what ran is said", () => {
    const programs = [
      { command: "ss -xlH", problem: null },
      { command: "nginx -V", problem: "--no-exec" },
    ];
    const text = doctorText(examined({ programs, root: false, container: true }), plain);
    expect(text).toContain("ran: ss -xlH\nnot run: nginx (--no-exec)\nnot root: ");
    expect(text).toContain("this is a container: ");
  });

  test("quiet is a line for each thing that is wrong, and nothing else", () => {
    const text = doctorText(examined(down), { ...plain, quiet: true });
    expect(text.split("\n").filter((line) => line !== "")).toEqual([
      expect.stringMatching(/^error\[basics\/php-fpm\]: /),
      expect.stringMatching(/^error\[reality\/listens\]: nobody listens on /),
    ]);
    expect(doctorText(examined(), { ...plain, quiet: true })).toBe("");
  });

  test("names from the machine drive no terminal", () => {
    const master = processOf({ libraries: ["/usr/lib/\u001b[2Jx.so"] });
    const text = doctorText(examined({ fpm: [fpmOf({ master })] }), plain);
    expect(text).toContain("\\x1b[2Jx.so");
    expect(text).not.toContain("\u001b");
  });
});

test("JSON has a row for each check, with what was seen, and the facts", () => {
  const one = examined(down);
  const document = JSON.parse(doctorJson(one, hostWith(), { version: "1", facts: true }));
  expect(document.verdict).toBe(verdict(one.checked));
  expect(document.need).toBe(2);
  expect(document.checks.length).toBe(one.checked.length);
  const row = document.checks.find((check: { id: string }) => check.id === "reality/listens");
  expect(row.status).toBe("error");
  expect(row.answers[0]).toMatchObject({ kind: "wrong", place: { file: "etc/nginx/nginx.conf" } });
  expect(document.facts.version).toBe(1);
  expect(document.pools).toEqual([
    {
      name: "shop",
      master: "etc/php/8.2/fpm/php-fpm.conf",
      maxChildren: 2,
      workers: null,
      busy: null,
      full: null,
    },
  ]);
});

test("JSON says of each pool how many workers are busy", () => {
  const poolsOf = (facts: Partial<MachineFacts>, pool = ""): unknown =>
    JSON.parse(doctorJson(examined(facts, pool), hostWith({ pool }), { version: "1", facts: false }))
      .pools[0];
  const status = {
    accepted: 9,
    active: 2,
    total: 2,
    waiting: 0,
    full: 4,
    started: NOW - 60,
    durations: [],
  };
  const page = { pool: 0, key: "pm.status_path", path: "/status", state: "answered", status } as const;
  const ping = { ...page, key: "ping.path", status: null } as const;
  // The worker that answered for the page is not busy with anything else.
  expect(poolsOf({ pages: [page, ping] }, "pm.status_path = /status")).toMatchObject({ busy: 1, full: 4 });
  expect(poolsOf({ pages: [page] }, "pm.status_path = /status\npm.status_listen = 9001")).toMatchObject({
    busy: 2,
  });
  expect(poolsOf({})).toMatchObject({ workers: 2, busy: null, full: null });
  const workers = [{ ...processOf(), pool: "shop" }];
  const answers = factsWith().answers.map((one) => ({ ...one, values: "silent" as const }));
  expect(poolsOf({ answers })).toMatchObject({ workers: 2, busy: 2 });
  expect(poolsOf({ answers, fpm: [fpmOf({ workers })] })).toMatchObject({ workers: 1, busy: null });
});

test("every key of the JSON has a name in docs/json.md", () => {
  const programs = [{ command: "ss -xlH", problem: null }];
  const unread = [{ file: "a.conf", line: null, reason: "no", fatal: true }];
  const host = hostWith();
  const facts = factsWith({ ...down, programs, units: [] });
  const document = JSON.parse(
    doctorJson(examinedOf(host, facts, [], unread), host, { version: "1", facts: true }),
  );
  const keys = new Set(keysIn(document, ["facts"]));
  expect(keys.size).toBeGreaterThan(30);
  const named = namedIn(jsonPage("## What a machine needs", "## How many workers"));
  // What a place is is said above.
  const known = ["line", "column", "endLine", "endColumn"];
  expect([...keys].filter((key) => !named.has(key) && !known.includes(key))).toEqual([]);
});

test("metrics have numbers for what monitoring asks, and no series for what is not known", () => {
  const status = {
    accepted: 9,
    active: 2,
    total: 2,
    waiting: 0,
    full: 4,
    started: NOW - 60,
    durations: [],
  };
  const pages = [{ pool: 0, key: "pm.status_path", path: "/status", state: "answered", status } as const];
  const one = examined({ ...down, pages });
  const text = doctorPrometheus(one, hostWith());
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  expect(lines).toContain(`fpmlint_doctor_last_run_timestamp_seconds ${NOW}`);
  expect(lines).toContain('fpmlint_doctor_check_needs_you{check="basics/php-fpm",severity="error"} 1');
  expect(lines).toContain('fpmlint_doctor_pool_max_children{pool="shop"} 2');
  expect(lines).toContain('fpmlint_doctor_pool_active_workers{pool="shop"} 2');
  expect(lines).toContain('fpmlint_doctor_pool_max_children_reached{pool="shop"} 4');
  expect(lines).toContain('fpmlint_doctor_reload_pending{daemon="nginx"} 0');
  expect(lines).toContain("fpmlint_doctor_oom_kills 0");
  expect(text).not.toContain("listen_queue");
  expect(doctorPrometheus(examined({ pages }), hostWith())).toContain(
    'fpmlint_doctor_listen_queue{address="/run/php/shop.sock"} 0',
  );
});
