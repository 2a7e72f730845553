import { describe, expect, test } from "vitest";
import { at, file, finding } from "../build/findings.js";
import { type Files, fixture, NGINX, sample } from "../build/samples.js";
import type { LintHost } from "../support/lint.js";
import { describeProofs } from "./available.js";
import { fixturesOf, type Provable, proveFixture } from "./prove.js";

const missing: Provable = {
  id: "sample/missing",
  cases: {
    "no-socket": {
      severity: "error",
      symptom: { when: "always", status: 502, log: "(2: No such file or directory)" },
      summary: "nobody listens there",
    },
  },
  proof: { kind: "daemons" },
};

/** Says about a host what the test wants to be said. */
function saying(cases: readonly string[], rule: Provable = missing): LintHost {
  const main = at(file("etc/nginx/nginx.conf", "events { }"), "events");
  return () =>
    cases.map((name) =>
      finding(main, { rule: rule.id, case: name, symptom: rule.cases[name]?.symptom ?? null }),
    );
}

function proved(files: Files, kind: "bad" | "ok", lint: LintHost, rule: Provable = missing): Promise<void> {
  return proveFixture(
    rule,
    { name: `${kind}-x`, dir: fixture(files), kind, unproved: null, versions: null },
    lint,
  );
}

describe("what is a fixture", () => {
  test("bad-* and ok-* are; a note says why one cannot be proved", () => {
    const dir = fixture({ "a/b/bad-x/f": "", "a/b/ok-y/no-proof.txt": "elsewhere\n", "a/b/other/f": "" });
    const found = fixturesOf("a/b", dir).map(({ name, kind, unproved }) => [name, kind, unproved]);
    expect(found).toEqual([
      ["bad-x", "bad", null],
      ["ok-y", "ok", "elsewhere"],
    ]);
  });
});

describeProofs("a proof", (proof) => {
  const broken = sample({ pass: "unix:/run/php/other.sock" });
  const observed = (name: string): Provable => ({
    ...missing,
    proof: { kind: "daemons", observe: { "no-socket": name } },
  });
  const starts = (log: string): Provable => ({
    ...missing,
    cases: { "no-socket": { severity: "error", symptom: { when: "start", status: null, log }, summary: "" } },
  });

  proof("holds when the daemons show the symptom", () => proved(broken, "bad", saying(["no-socket"])));
  proof("holds for a healthy twin", () => proved(sample(), "ok", saying([])));
  proof("fails when the rule is silent about a fault", async () => {
    await expect(proved(broken, "bad", saying([]))).rejects.toThrow("reports nothing");
  });
  proof("fails when the fault cannot be provoked, and says what was seen", async () => {
    await expect(proved(sample(), "bad", saying(["no-socket"]))).rejects.toThrow(
      /wanted status 502, got status 200.*fpm-fcgi/s,
    );
  });
  proof("fails when a twin is not healthy, and shows the log", async () => {
    await expect(proved(broken, "ok", saying([]))).rejects.toThrow(
      /wanted status 200, got status 502.*other\.sock failed/s,
    );
  });
  proof("fails when the rule says something else about the copy", async () => {
    const lint: LintHost = (root, hosts) =>
      saying(root.startsWith("/tmp/fl-") ? [] : ["no-socket"])(root, hosts);
    await expect(proved(broken, "bad", lint)).rejects.toThrow("in its copy nothing");
  });
  proof("of a refusal needs the message", async () => {
    const files = { ...sample(), [NGINX]: "events { }\nhttp { serve; }\n" };
    await proved(
      files,
      "bad",
      saying(["no-socket"], starts("unknown directive")),
      starts("unknown directive"),
    );
    await expect(
      proved(files, "bad", saying(["no-socket"], starts("no such text")), starts("no such text")),
    ).rejects.toThrow("did not say");
    await expect(proved(sample(), "bad", saying(["no-socket"], starts("x")), starts("x"))).rejects.toThrow(
      "the daemons started",
    );
  });
  proof("may rest on an observation", async () => {
    const rule = observed("socket-mode-others-write");
    const open = sample({ pool: "listen.mode = 0666" });
    await proved(open, "bad", saying(["no-socket"], rule), rule);
    await proved(sample(), "ok", saying([]), rule);
    await expect(proved(sample(), "bad", saying(["no-socket"], rule), rule)).rejects.toThrow(
      "socket modes 0660",
    );
    await expect(proved(open, "ok", saying([]), rule)).rejects.toThrow("is seen although nothing is wrong");
  });
  proof("that would hold for a healthy host is refused", async () => {
    const symptom = { when: "always", status: 200, log: null } as const;
    const rule: Provable = {
      ...missing,
      cases: { "no-socket": { severity: "error", symptom, summary: "" } },
    };
    await expect(proved(sample(), "bad", saying(["no-socket"], rule), rule)).rejects.toThrow(
      "must name an observation",
    );
  });
  proof("of files that no daemon reads is refused", async () => {
    const files = { "etc/nginx/conf.d/site.conf": "" };
    await expect(proved(files, "ok", saying([]))).rejects.toThrow("no-proof.txt");
  });
});
