import { describe, expect, test } from "vitest";
import { readObserved } from "../../../src/report/topology/observed.js";

const cause = {
  id: "slow",
  title: "a script waits",
  certain: true,
  requests: 3,
  when: "",
  hours: [{ at: "2026-11-28T10:00:00", requests: 3 }],
  evidence: ["one"],
  findings: [{ rule: "a/b", fingerprint: "1", more: true }],
  check: null,
  tell: null,
};
const whole = {
  version: 1,
  tool: { name: "fpmlint", version: "1.0.0" },
  lost: 3,
  requests: null,
  statuses: [{ status: 504, count: 3 }],
  first: null,
  last: null,
  pools: [
    {
      name: "www",
      maxChildren: null,
      full: 0,
      hours: [{ at: "1969-12-31T23:00:00", workers: null, full: 0 }],
    },
  ],
  causes: [cause],
};
const read = (document: unknown) => readObserved(JSON.stringify(document), "day.json");

describe("the JSON of diagnose", () => {
  test("is read, with keys that are new", () => {
    expect(read({ ...whole, later: 1 })).toMatchObject({
      kind: "diagnosis",
      file: "day.json",
      lost: 3,
      causes: [{ title: "a script waits", hours: [{ requests: 3 }], findings: [{ rule: "a/b" }] }],
      pools: [{ name: "www", maxChildren: null, hours: [{ at: -1 }] }],
    });
  });

  test.each<[string, unknown, string]>([
    ["a list", [], "is something else"],
    ["null", null, "is something else"],
    ["a finding's document", { version: 1, tool: { name: "fpmlint" }, findings: [] }, "is something else"],
    ["what another program wrote", { ...whole, tool: { name: "other" } }, "is something else"],
    ["what has no tool", { causes: [] }, "is something else"],
    ["another version", { ...whole, version: 2 }, "another version of the document than 1"],
    ["causes that are none", { ...whole, causes: {} }, "is not whole (causes)"],
    ["a cause that is none", { ...whole, causes: ["x"] }, "is not whole (causes)"],
    ["a number that is none", { ...whole, lost: "3" }, "is not whole (lost)"],
    ["a number below 0", { ...whole, lost: -3 }, "is not whole (lost)"],
    ["a part of a number", { ...whole, lost: 0.5 }, "is not whole (lost)"],
    ["a key that is missing", { ...whole, causes: [{ ...cause, hours: undefined }] }, "is not whole (hours)"],
    [
      "no hour",
      { ...whole, causes: [{ ...cause, hours: [{ at: "10:00", requests: 1 }] }] },
      "is not whole (at)",
    ],
    [
      "an hour that no day has",
      { ...whole, causes: [{ ...cause, hours: [{ at: "2026-13-01T10:00:00", requests: 1 }] }] },
      "is not whole (at)",
    ],
    [
      "evidence that is no text",
      { ...whole, causes: [{ ...cause, evidence: [1] }] },
      "is not whole (evidence)",
    ],
    ["a check that is none", { ...whole, causes: [{ ...cause, check: "ls" }] }, "is not whole (check)"],
    [
      "a pool without a name",
      { ...whole, pools: [{ ...whole.pools[0], name: null }] },
      "is not whole (name)",
    ],
  ])("%s is refused", (_name, document, wrong) => {
    expect(read(document)).toEqual({ wrong: expect.stringContaining(wrong) });
  });

  test.each(["", "{", "causes", "[1,]", "\u0000"])("%j is not JSON", (text) => {
    expect(readObserved(text, "x")).toEqual({ wrong: expect.stringContaining("is not JSON") });
  });
});

describe("the JSON of doctor", () => {
  const wrong = {
    kind: "wrong",
    severity: "error",
    said: "it does not run",
    evidence: ["one"],
    place: { file: "a.conf", line: 3, column: 1 },
    fix: null,
  };
  const check = { id: "basics/nginx", title: "it runs", status: "error", answers: [wrong] };
  const pool = { name: "www", master: "a.conf", maxChildren: 5, workers: 5, busy: null, full: null };
  const machine = {
    version: 1,
    tool: { name: "fpmlint", version: "1.0.0" },
    at: "2026-11-29T10:12:00.000Z",
    source: "live",
    root: true,
    container: null,
    checks: [check],
    pools: [pool],
    notRead: [],
  };
  const answering = (answer: unknown) => ({ ...machine, checks: [{ ...check, answers: [answer] }] });

  test("is told apart, and read with keys that are new", () => {
    const more = [{ kind: "fine", said: "fine" }, { kind: "unknown", why: "no /proc" }, wrong];
    const document = { ...machine, later: 1, checks: [{ ...check, answers: more }] };
    expect(read(document)).toEqual({
      kind: "machine",
      file: "day.json",
      at: Date.UTC(2026, 10, 29, 10, 12),
      source: "live",
      root: true,
      container: null,
      checks: [
        {
          id: "basics/nginx",
          status: "error",
          wrongs: [
            {
              severity: "error",
              said: "it does not run",
              evidence: ["one"],
              place: { file: "a.conf", line: 3 },
              fix: null,
            },
          ],
          whys: ["no /proc"],
        },
      ],
      pools: [pool],
      notRead: [],
    });
  });

  test.each<[string, unknown, string]>([
    ["what another program wrote", { ...machine, tool: { name: "other" } }, "is something else"],
    ["another version", { ...machine, version: 2 }, "another version of the document than 1"],
    ["a version that is text", { ...machine, version: "1" }, "another version of the document than 1"],
    ["checks that are none", { ...machine, checks: {} }, "is not whole (checks)"],
    ["a status that is none", { ...machine, checks: [{ ...check, status: "bad" }] }, "is not whole (status)"],
    ["an answer of no kind", answering({ kind: "constructor" }), "is not whole (kind)"],
    ["an unknown severity", answering({ ...wrong, severity: "info" }), "is not whole (severity)"],
    ["a place that is none", answering({ ...wrong, place: "a.conf:3" }), "is not whole (place)"],
    ["an answer without words", answering({ kind: "unknown" }), "is not whole (why)"],
    ["a pool without a master", { ...machine, pools: [{ ...pool, master: 1 }] }, "is not whole (master)"],
    ["less than no worker", { ...machine, pools: [{ ...pool, busy: -1 }] }, "is not whole (busy)"],
    ["no pools", { ...machine, pools: undefined }, "is not whole (pools)"],
    ["a time without a zone", { ...machine, at: "2026-11-29T10:12:00" }, "is not whole (at)"],
    ["a day that no year has", { ...machine, at: "2026-13-29T10:12:00.000Z" }, "is not whole (at)"],
    ["a source that is none", { ...machine, source: "cloud" }, "is not whole (source)"],
  ])("%s is refused", (_name, document, sentence) => {
    expect(read(document)).toEqual({ wrong: expect.stringContaining(sentence) });
  });
});
