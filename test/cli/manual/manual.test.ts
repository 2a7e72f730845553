import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import { COMMANDS } from "../../../src/cli/commands.js";
import { manualPage } from "../../../src/cli/manual/manual.js";
import { COMMON_OPTIONS, type OptionRow } from "../../../src/cli/options.js";

const there =
  process.env.FPMLINT_REQUIRE_DAEMONS === "1" || spawnSync("groff", ["--version"]).error === undefined;

/** As a terminal shows it, in one line. */
function shown(): { readonly text: string; readonly warnings: string } {
  const { stdout, stderr } = spawnSync("groff", ["-man", "-ww", "-Tutf8", "-P-cbou"], {
    input: manualPage(),
    encoding: "utf8",
  });
  return { text: flat(stdout), warnings: stderr };
}

function flat(text: string): string {
  return text.replaceAll("\u2212", "-").replace(/\s+/g, " ");
}

test.runIf(there)("the manual page says what the help says", () => {
  const { text, warnings } = shown();
  expect(warnings).toBe("");
  const rows = [...COMMANDS.map(({ options }) => options), COMMON_OPTIONS].flatMap((table) =>
    Object.entries<OptionRow>(table),
  );
  for (const [name] of rows) expect(text).toContain(`--${name} `);
  for (const [, { describe = "" }] of rows) expect(text).toContain(flat(describe));
  for (const { name, words } of COMMANDS) expect(text).toContain(flat(`fpmlint ${name} ${words} [options]`));
  for (const line of COMMANDS.flatMap(({ epilogue }) => epilogue.split("\n")))
    expect(text).toContain(flat(line.replace(/^(?:Examples|Exit status):/, "")).trim());
});

test("no line of the page begins with what troff would obey", () => {
  const known = /^\.(?:TH|SH|SS|PP|TP|B|BR|I|br|nf|fi|nh|ad)\b/;
  const lines = manualPage().split("\n");
  expect(lines.filter((line) => /^[.']/.test(line) && !known.test(line))).toEqual([]);
});
