import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { rules } from "../../../../rules/index.js";
import { validators } from "../../../../src/validators.js";
import { fpmCommand } from "../../../daemons/available.js";
import { runCommand } from "../../../support/run-command.js";
import type { CapacityHost } from "./hosts.js";

/** Generated hosts on disk: `fpmlint capacity --write` and `php-fpm -tt` of them. */

export interface Document {
  readonly memory: { readonly budget: number; readonly used: number };
  readonly pools: readonly {
    readonly name: string;
    readonly file: string;
    readonly weight: { readonly source: string };
    readonly current: Readonly<Record<string, string | number>>;
    readonly recommended: Readonly<Record<string, string | number>>;
    readonly byMemory: number;
    readonly worker: { readonly guess: string | null };
  }[];
  readonly processMax: readonly { readonly file: string; readonly recommended: number }[];
}

export interface Answer {
  readonly accepted: boolean;
  readonly output: string;
}

/** A host on disk. Its paths begin with its directory, and mean the same below it. */
export function build({ files }: CapacityHost): string {
  const top = mkdtempSync(join(tmpdir(), "fpmlint-accepted-"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text.replaceAll("@D@", top));
  }
  mkdirSync(join(top, dirname(top)), { recursive: true });
  const up = dirname(top)
    .split("/")
    .slice(1)
    .map(() => "..");
  symlinkSync(up.join("/"), join(top, top));
  return top;
}

/** What PHP-FPM says of a master, with its values. */
export function judge(top: string, main: string): Promise<Answer> {
  return new Promise((resolve) => {
    execFile(fpmCommand ?? "", ["-n", "-tt", "-y", join(top, main)], (error, stdout, stderr) =>
      resolve({ accepted: error === null, output: stderr + stdout }),
    );
  });
}

/** `fpmlint capacity --write`; what it said besides the document. */
export async function write(
  top: string,
  { words, input }: CapacityHost,
): Promise<{ found: Document; said: string }> {
  const { status, out, err } = await runCommand(
    ["capacity", "etc", ...words, "--write", "--accept-guess", "--format", "json"],
    {
      rules,
      validators,
      workingDirectory: top,
      standardInput: () => input,
    },
  );
  expect(status, err).toBe(0);
  return { found: JSON.parse(out) as Document, said: err };
}

/** The files as they are now. */
export const texts = (top: string, { files }: CapacityHost): readonly string[] =>
  Object.keys(files).map((path) => readFileSync(join(top, path), "utf8"));
