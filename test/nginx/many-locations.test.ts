import fc from "fast-check";
import { expect, test } from "vitest";
import { arrives } from "../../src/model/request/arrival.js";
import { chosenLocation } from "../../src/nginx/location/passed.js";
import { matches, readPattern, startOf } from "../../src/nginx/location/pattern.js";
import { childrenNamed } from "../../src/nginx/tree/nodes.js";
import type { Node } from "../../src/nginx/types.js";
import { memoryHost } from "../build/hosts.js";
import { runs } from "../support/sample.js";

/** Of thousands of locations only those are tried that begin like the URI: the answer is that of trying all. */

const part = fc.constantFrom(
  "/",
  "a",
  "b",
  "app1",
  "app",
  "\\.php",
  "(a|b)",
  "[ab]",
  "a?",
  "b*",
  ".+",
  "\\d",
);
const expression = fc
  .tuple(fc.constantFrom("^", "^/", ""), fc.array(part, { maxLength: 4 }), fc.constantFrom("$", ""))
  .map(([start, parts, end]) => start + parts.join("") + end)
  .filter((text) => text !== "");
const uri = fc
  .array(fc.constantFrom("a", "b", "A", "app", "1", "/", ".php"), { maxLength: 5 })
  .map((parts) => `/${parts.join("")}`);
const located = fc.record({ expression, ignoresCase: fc.boolean() });

function serverOf(
  locations: readonly { readonly expression: string; readonly ignoresCase: boolean }[],
): Node {
  const lines = locations.map(
    (one) => `location ${one.ignoresCase ? "~*" : "~"} "${one.expression}" { fastcgi_pass 127.0.0.1:9000; }`,
  );
  const host = memoryHost({ "/etc/nginx/nginx.conf": `events {}\nhttp { server { ${lines.join("\n")} } }` });
  const [http] = host.nginx === null ? [] : childrenNamed(host.nginx.root, "http");
  const [server] = http === undefined ? [] : childrenNamed(http, "server");
  if (server === undefined) throw new Error("the host has no server");
  return server;
}

test("a URI goes to the first location whose expression matches it", () => {
  fc.assert(
    fc.property(fc.array(located, { minLength: 1, maxLength: 12 }), uri, (locations, asked) => {
      const server = serverOf(locations);
      const first = locations.findIndex((one) => {
        const pattern = readPattern(one.expression, one.ignoresCase);
        return pattern === null || matches(pattern, asked) !== false;
      });
      const expected = first === -1 ? null : childrenNamed(server, "location")[first];
      expect(chosenLocation(server, asked)).toBe(expected);
    }),
    { numRuns: runs(1000) },
  );
});

test("what a pattern matches begins with its start", () => {
  fc.assert(
    fc.property(located, uri, (one, asked) => {
      const pattern = readPattern(one.expression, one.ignoresCase);
      if (pattern !== null && matches(pattern, asked) === true)
        expect(asked.startsWith(startOf(pattern))).toBe(true);
    }),
    { numRuns: runs(3000) },
  );
  const starts = (["^/app17/.+\\.php$", "^/a?", "/app", "^(/a)", "^/[a]\\.b"] as const).map((text) => {
    const pattern = readPattern(text, false);
    return pattern === null ? null : startOf(pattern);
  });
  expect(starts).toEqual(["/app17/", "/", "", "", "/a.b"]);
});

test("no request arrives where an earlier location of the same level takes all of them", () => {
  const written = fc.record({
    expression: fc.constantFrom("a", "b", ".*", "^/$", "c"),
    ignoresCase: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(written, { minLength: 1, maxLength: 8 }), (locations) => {
      const found = childrenNamed(serverOf(locations), "location").map(arrives);
      const expected = locations.map((own, at) =>
        locations.slice(0, at).every((earlier) => {
          const same = earlier.expression === own.expression && (earlier.ignoresCase || !own.ignoresCase);
          return !same && earlier.expression !== ".*";
        }),
      );
      expect(found).toEqual(expected);
    }),
    { numRuns: runs(1000) },
  );
});
