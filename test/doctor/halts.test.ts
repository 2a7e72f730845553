import { describe, expect, test } from "vitest";
import { memoryFilesystem } from "../../src/host/memory.js";
import { haltIn, hasHalts, withLater } from "../../src/live/halts.js";
import { factsWith, fpmOf, nginxOf, processOf } from "./support/facts.js";

const status = (state: string, switches = 9, tracer = 0): string =>
  `Name:\tnginx\nState:\t${state}\nTracerPid:\t${tracer}\nvoluntary_ctxt_switches:\t${switches}\nnonvoluntary_ctxt_switches:\t1\n`;

describe("processes that are stopped", () => {
  test.each([
    ["S (sleeping)", null],
    ["R (running)", null],
    ["D (disk sleep)", null],
    ["Z (zombie)", null],
    ["T (stopped)", { tracer: null, switches: 10, lasts: null }],
  ])("%s", (state, halt) => expect(haltIn(status(state))).toEqual(halt));

  test("a debugger is named", () => {
    expect(haltIn(status("t (tracing stop)", 9, 77))?.tracer).toBe(77);
  });

  test("a kernel that does not count, and no text", () => {
    expect([haltIn("State:\tT (stopped)\n"), haltIn("")]).toEqual([null, null]);
  });

  test.each([
    ["still, and not continued", status("T (stopped)"), true],
    ["continued and stopped again", status("T (stopped)", 11), false],
    ["continued", status("S (sleeping)"), false],
    ["gone", null, false],
  ])("a second later it is %s", (_, text, lasts) => {
    const halted = processOf({ pid: 9, halt: haltIn(status("T (stopped)")) });
    const later = memoryFilesystem(text === null ? {} : { "/proc/9/status": text });
    const facts = factsWith({ nginx: [nginxOf({ workers: [halted] })], fpm: [fpmOf({ master: halted })] });
    expect(hasHalts(facts)).toBe(true);
    const { nginx, fpm } = withLater(facts, later);
    expect(nginx[0]?.workers[0]?.halt?.lasts).toBe(lasts);
    expect(fpm[0]?.master.halt?.lasts).toBe(lasts);
    expect(nginx[0]?.master.halt).toBe(null);
  });

  test("a sound machine is looked at once", () => expect(hasHalts(factsWith())).toBe(false));
});
