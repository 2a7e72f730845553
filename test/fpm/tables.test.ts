import { expect } from "vitest";
import { fpmFacts } from "../../src/fpm/settings/facts.js";
import { olderThan } from "../../src/source/version.js";
import { describeProofs, fpmCommand, programOf, versions } from "../daemons/available.js";
import { Image } from "../support/elf.js";

/** The facts against the two tables of settings in PHP-FPM's program. */

interface Row {
  readonly key: string;
  /** Where the function is that reads the value. */
  readonly parser: bigint;
}

/** Rows `{ key, parser, offset }` around the one with that key, up to the empty one. */
function tableWith(image: Image, key: string, end: string): readonly Row[] {
  const rowAt = (at: number): Row | null => {
    const name = image.cText(Number(image.wordOrZero(at)));
    const parser = image.wordOrZero(at + 8);
    return name !== null && /^[a-z][a-z_.]*$/.test(name) && image.isCode(Number(parser))
      ? { key: name, parser }
      : null;
  };
  for (const at of image.words()) {
    if (rowAt(at)?.key !== key) continue;
    const rows: Row[] = [];
    let start = at;
    while (rowAt(start - 24) !== null) start -= 24;
    for (let row = rowAt(start); row !== null; row = rowAt(start)) {
      rows.push(row);
      start += 24;
    }
    if (rows.some((row) => row.key === end)) return rows;
  }
  return [];
}

/** On this version, and on this system: some settings are for others. */
function known(section: "global" | "pool"): typeof fpmFacts {
  return fpmFacts.filter(
    (fact) =>
      (fact.section === section || fact.section === "both") &&
      fact.name !== "include" &&
      // Those have functions of their own.
      fact.type !== "array" &&
      fact.onlyOn === undefined &&
      !olderThan(versions.php ?? "", fact.since),
  );
}

describeProofs("the tables in PHP-FPM's program", (proof) => {
  for (const [section, first, other] of [
    ["global", "emergency_restart_threshold", "daemonize"],
    ["pool", "pm.max_children", "request_terminate_timeout"],
  ] as const) {
    proof(`have the settings of ${section}, and read those of one type alike`, async () => {
      const rows = tableWith(new Image(programOf(fpmCommand ?? "")), first, other);
      expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(known(section).map(({ name }) => name)));
      for (const type of ["integer", "time", "boolean"] as const) {
        const parsers = known(section)
          .filter((fact) => fact.type === type)
          .map(({ name }) => rows.find(({ key }) => key === name)?.parser);
        expect(new Set(parsers).size, type).toBe(1);
      }
    });
  }
});
