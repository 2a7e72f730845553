import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { AccessFormat, COMBINED, isLost } from "../../src/logs/access.js";
import { digitsOf, eachHit } from "../../src/logs/scan.js";
import { runs } from "../support/sample.js";

const COMBINED_FORMAT = new AccessFormat(COMBINED);
const FORMATS = [
  COMBINED_FORMAT,
  new AccessFormat('{"status":"$status","uri":"$request_uri"}'),
  new AccessFormat("$status $request_uri"),
];

const status = fc.constantFrom(200, 301, 404, 400, 413, 414, 499, 490, 500, 502, 504, 599);
const path = fc.constantFrom("/", '/" 502 x', "/5", '/" 4', "/413", "/\u00e9");
const line = fc.record({ status, path });

function written(at: number, of: { readonly status: number; readonly path: string }): string {
  if (at === 0)
    return `192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET ${of.path} HTTP/1.1" ${of.status} 1 "-" "x"`;
  return at === 1 ? `{"status":"${of.status}","uri":"${of.path}"}` : `${of.status} ${of.path}`;
}

describe("hits in a block of an access log", () => {
  const ERRORS = ["2026/11/28 12:00:00 [error] 7#7: *1 x", "[28-Nov-2026 12:00:00] WARNING: [pool www] x"];

  test("are the lines whose status is wanted, in order, with the line before the first", () => {
    const any = fc.oneof({ weight: 4, arbitrary: line }, fc.constantFrom(...ERRORS));
    const wanted = fc.constantFrom(null, new Set([502]), new Set([404, 413, 500]));
    fc.assert(
      fc.property(fc.nat(2), fc.array(any, { maxLength: 30 }), wanted, (which, all, statuses) => {
        const format = FORMATS[which] ?? COMBINED_FORMAT;
        const lines = all.flatMap((one) => (typeof one === "string" ? [] : [written(which, one)]));
        const errors = all.filter((one) => typeof one === "string");
        const block = all.map((one) => (typeof one === "string" ? one : written(which, one)));
        const found: string[] = [];
        const hits: string[] = [];
        const before: string[] = [];
        const count = eachHit(Buffer.from(`${block.join("\n")}\n`), format, digitsOf(statuses), {
          take: (text) => hits.push(text),
          before: (text) => before.push(text),
          error: (bytes) => found.push(bytes.toString().trimEnd()),
        });
        expect(found).toEqual(format.beforeStatus === "" ? [] : errors);
        const isWanted = (text: string): boolean => {
          const read = format.read(text);
          return read !== null && (statuses === null ? isLost(read.status) : statuses.has(read.status));
        };
        expect(hits.filter(isWanted)).toEqual(lines.filter(isWanted));
        if (lines.length > 0) expect(count).toBe(format.beforeStatus === "" ? all.length : lines.length);
        const first = hits[0] === undefined ? -1 : block.indexOf(hits[0]);
        if (format.beforeStatus !== "") expect(before).toEqual(first > 0 ? [block[first - 1]] : []);
      }),
      { numRuns: runs(2000) },
    );
  });
});
