import { describe, expect, test } from "vitest";
import { emptyVariables, isCovered } from "../../../src/model/request/empty-variables.js";
import { writtenRoot } from "../../../src/model/request/root.js";
import { possibleValues } from "../../../src/model/request/variables.js";
import { everywhere, headPlace } from "../../../src/nginx/tree/nodes.js";
import type { Node } from "../../../src/nginx/types.js";
import { memoryHost } from "../../build/hosts.js";

/** What nginx 1.22.1 was seen to make of tables, names of variables and roots. */

function locationIn(http: string): Node {
  const { nginx } = memoryHost({ "/etc/nginx/nginx.conf": `events {}\nhttp {\n${http}\n}\n` });
  const last = nginx === null ? undefined : everywhere(nginx.root, "location").at(-1);
  if (last === undefined) throw new Error("no location");
  return last;
}

function values(http: string, text: string): readonly string[] | null {
  const location = locationIn(http);
  return possibleValues(location, text, headPlace(location))?.map((value) => value.text) ?? null;
}

const server = "server { server_name shop.example.com; location / { root /srv; } }";

describe("tables", () => {
  test("of two for one variable the last counts", () => {
    const http = `map $arg_a $x { default first; 1 one; }\nmap $arg_b $x { default second; }\n${server}`;
    expect(values(http, "$x")).toEqual(["second"]);
  });

  test("names of variables are the same in capitals", () => {
    expect(values(`map $arg_a $POOL { default a; }\n${server}`, "$pool")).toEqual(["a"]);
  });

  test("two with one source and keys alone are combined key by key", () => {
    const http = `map $host $a { x 1; default 0; }\nmap $host $b { x 2; default 9; }\n${server}`;
    expect(values(http, "$a-$b")?.toSorted()).toEqual(["0-9", "1-2"]);
  });

  test.each([
    ["~^www\\. w;", false],
    ["~^shop\\. w;", true],
    ["shop.example.com w;", true],
    ["hostnames; *.example.com w;", true],
  ])("whether %s has a row for the name of the server: %s", (rows, covered) => {
    const location = locationIn(`map $host $x { ${rows} }\n${server}`);
    const [empty] = emptyVariables(location, "$x");
    if (empty === undefined) throw new Error("it always has a value");
    expect(isCovered(empty, location)).toBe(covered);
  });
});

test("a variable that set defines has one name, in capitals or not", () => {
  expect(values("server { location / { set $Where a; return 204; } }", "$where")).toEqual(null);
  expect(values("server { location / { set $Where a; } }", "$where")).toEqual(["a"]);
});

test("a root further in replaces an alias around it", () => {
  const location = locationIn("server { location /a/ { alias /srv/a/; location /a/b/ { root /srv/b; } } }");
  expect(writtenRoot(location)).toBe("/srv/b");
});

test("a variable in capitals that is set before the rewriting ends, and again after it, is not empty", () => {
  const empty = (lines: string) =>
    emptyVariables(locationIn(`server { location / { ${lines} } }`), "$Pool").map(({ kind }) => kind);
  expect(empty("set $Pool a; break; set $Pool b;")).toEqual([]);
  expect(empty("set $pool a; break; set $POOL b;")).toEqual([]);
  expect(empty("break; set $pool b;")).toEqual(["set"]);
});
