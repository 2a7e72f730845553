import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { recordedTexts } from "../support/recorded-lines.js";
import { commandIn } from "../support/run-command.js";
import { runs } from "../support/sample.js";
import { unsafe } from "../tools/fuzz/oracles.js";
import { CONTROLS, WORKFLOW_COMMANDS } from "../tools/fuzz/words.js";

const ACCESS = '192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET /a HTTP/1.1" 502 12 "-" "x"';

const odd = fc.constantFrom(...CONTROLS, ...WORKFLOW_COMMANDS.map((command) => `\n${command}`), "\ud83d");

/** A line with something odd at any place of it. */
const line = fc
  .tuple(fc.constantFrom(...recordedTexts, ACCESS), odd, fc.nat(1000))
  .map(([text, word, at]) => {
    const place = at % (text.length + 1);
    return text.slice(0, place) + word + text.slice(place);
  });

describe("logs with anything in them", () => {
  test("drive no terminal and no CI service, in no format, and --show-requests changes nothing about that", async () => {
    const root = mkdtempSync(join(tmpdir(), "fpmlint-hostile-logs-"));
    const shown = async (...words: readonly string[]) => {
      const { out, err, status } = await commandIn(root, ["diagnose", "e.log", "e.log.gz", ...words]);
      // 3: no line of it is of a log any more.
      expect([0, 1, 3]).toContain(status);
      return [unsafe("standard output", out), unsafe("standard error", err)];
    };
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(line, { minLength: 1, maxLength: 60 }), async (lines) => {
          const bytes = Buffer.from(lines.join("\n"));
          writeFileSync(join(root, "e.log"), bytes);
          writeFileSync(join(root, "e.log.gz"), gzipSync(bytes));
          for (const words of [[], ["--show-requests"], ["--format", "json"], ["--format", "sarif"]])
            expect(await shown(...words)).toEqual([null, null]);
        }),
        { numRuns: runs(60, 4) },
      );
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
