import fc from "fast-check";
import { expect, test } from "vitest";
import { json } from "../../src/report/json.js";
import { place, sourceFile } from "../../src/source/file.js";
import { at, file, finding, inWords, result } from "../build/findings.js";

const meta = { version: "9.8.7" };

test("the document, key by key", () => {
  const main = file("nginx.conf", "include a;\n");
  const left = file("a", "x 1;\ny 2 {\n}\n");
  const right = file("b", "z = 3\r\n");
  const one = finding(place(left, 5, 12, [at(main, "include a;").span]), {
    symptom: { when: "always", status: 502, log: null },
    link: [{ place: at(left, "x"), message: "this end" }],
    related: [{ place: at(right, "3"), message: "that end" }],
    effect: "an effect",
    help: inWords("write 3"),
  });
  const incomplete = [{ file: "c", line: null, reason: "no such file", fatal: false }];
  expect(json(result([one], { incomplete }), meta)).toBe(`{
  "version": 1,
  "tool": {
    "name": "fpmlint",
    "version": "9.8.7"
  },
  "findings": [
    {
      "rule": "invented/rule",
      "case": "only",
      "severity": "warning",
      "message": "left says 1, right says 2",
      "symptom": {
        "when": "always",
        "status": 502,
        "log": null
      },
      "host": ".",
      "file": "a",
      "line": 2,
      "column": 1,
      "endLine": 3,
      "endColumn": 2,
      "label": null,
      "via": [
        {
          "file": "nginx.conf",
          "line": 1,
          "column": 1
        }
      ],
      "related": [
        {
          "file": "a",
          "line": 1,
          "column": 1,
          "endLine": 1,
          "endColumn": 2,
          "message": "this end",
          "role": "link"
        },
        {
          "file": "b",
          "line": 1,
          "column": 5,
          "endLine": 1,
          "endColumn": 6,
          "message": "that end",
          "role": "related"
        }
      ],
      "effect": "an effect",
      "help": "write 3",
      "ways": [],
      "notes": [
        "write 3"
      ],
      "fix": null,
      "certain": true,
      "settle": null,
      "fingerprint": "00"
    }
  ],
  "summary": {
    "errors": 0,
    "warnings": 1,
    "infos": 0,
    "suppressed": 0,
    "hosts": 1,
    "files": 7,
    "locations": 3,
    "pools": 2,
    "compared": 0,
    "notCompared": [],
    "notEnabled": 0,
    "incomplete": [
      {
        "file": "c",
        "line": null,
        "reason": "no such file",
        "fatal": false
      }
    ],
    "links": []
  }
}
`);
});

test("nothing found: every key is there all the same", () => {
  const document: unknown = JSON.parse(json(result([]), meta));
  expect(document).toMatchObject({ version: 1, findings: [], summary: { incomplete: [] } });
  const { findings } = JSON.parse(json(result([finding(place(file("a", ""), 0, 0))]), meta)) as {
    findings: unknown[];
  };
  expect(findings).toMatchObject([{ symptom: null, via: [], related: [], fix: null, line: 1, endColumn: 1 }]);
});

test("any words come back as they were, and nothing in the document drives a terminal", () => {
  const words = fc.string({ unit: "binary", maxLength: 60 });
  fc.assert(
    fc.property(words, words, fc.nat(80), fc.nat(80), (body, said, start, end) => {
      const source = sourceFile("/a", said, body);
      const written = json(result([finding(place(source, start, end), { message: said })]), meta);
      expect(written).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u);
      const { findings } = JSON.parse(written) as { findings: unknown[] };
      expect(findings).toMatchObject([{ message: said, file: said }]);
    }),
  );
});
