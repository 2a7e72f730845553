import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const top = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Expects the part of a page between `<!-- begin:name -->` and `<!-- end:name -->` to be as it is made
 * now; FPMLINT_UPDATE=1 writes it anew. `file`: from the top.
 */
export function checkSection(file: string, name: string, wanted: string): void {
  const path = join(top, file);
  const page = readFileSync(path, "utf8");
  const part = new RegExp(`<!-- begin:${name} -->\\n([\\s\\S]*?)<!-- end:${name} -->`);
  if (process.env.FPMLINT_UPDATE === "1")
    writeFileSync(
      path,
      page.replace(part, () => `<!-- begin:${name} -->\n${wanted}<!-- end:${name} -->`),
    );
  expect(part.exec(readFileSync(path, "utf8"))?.[1] ?? "(no section)").toBe(wanted);
}
