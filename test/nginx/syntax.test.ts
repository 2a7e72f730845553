import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { nginxSyntax } from "../../rules/nginx/syntax.js";
import type { Report } from "../../src/engine/rule.js";
import type { MemoryNode } from "../../src/host/memory.js";
import { position } from "../../src/source/file.js";
import { memoryHost } from "../build/hosts.js";
import { nginxCommand } from "../daemons/available.js";

/** The reader's verdicts against those of `nginx -t`: same accept or refuse, same line, same words in the log. */

interface Row {
  readonly name: string;
  /** A whole nginx.conf; `<x×5000>` stands for 5000 times x. */
  readonly text: string;
  /** What `nginx -t` says; a message without a line is not the reader's. */
  readonly refused: { readonly message: string; readonly line: number | null } | null;
}

const table = fileURLToPath(new URL("../../fixtures/syntax/nginx-reader.json", import.meta.url));
const rows: readonly Row[] = JSON.parse(readFileSync(table, "utf8"));

function expand(text: string): string {
  return text.replace(/<([^<>]+?)×(\d+)>/gs, (_, piece: string, count: string) =>
    piece.repeat(Number(count)),
  );
}

/** Refusals that come from reading alone; others need the meaning of a directive and are other rules'. */
function isReaders(message: string): boolean {
  return (
    /^unexpected |^too long parameter|is not terminated by|has no opening/.test(message) ||
    /^unknown directive "(?:\uFEFFevents|[^"]*[{}][^"]*)"/.test(message)
  );
}

function lint(files: Readonly<Record<string, MemoryNode>>): Report | null {
  const host = memoryHost(files);
  return [...nginxSyntax.check(host, {})][0] ?? null;
}

/** The line at which nginx would stop. */
function lineOf({ case: name, at, related }: Report): number {
  const stop = name === "next-line-swallowed" ? (related[0]?.place.span.end ?? 0) - 1 : at.span.start;
  return position(at.span.file, stop).line;
}

function compare(report: Report | null, refused: Row["refused"], must: boolean): void {
  if (refused === null) expect(report?.message ?? null).toBe(null);
  if (refused === null) return;
  if (must) expect(report).not.toBe(null);
  if (report === null) return;
  // A byte order mark is shown where it is; nginx names the line on which the directive behind it ends.
  if (!refused.message.includes("\uFEFF")) expect(lineOf(report)).toBe(refused.line);
  const log = nginxSyntax.cases[report.case]?.symptom?.log;
  expect(refused.message).toContain(log);
}

describe("the table", () => {
  test("has no name twice", () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThanOrEqual(60);
  });

  test.each(rows)("$name", ({ name, text, refused }) => {
    const must = refused !== null && (isReaders(refused.message) || name.startsWith("no semicolon"));
    compare(lint({ "/etc/nginx/nginx.conf": expand(text) }), refused, must);
  });
});

describe("the daemon agrees with the table", () => {
  const required = process.env.FPMLINT_REQUIRE_DAEMONS === "1";
  const directory = mkdtempSync(join(tmpdir(), "fpmlint-nginx-"));
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  test.skipIf(nginxCommand === null && !required).each(rows)("$name", ({ text, refused }) => {
    const file = join(directory, "nginx.conf");
    writeFileSync(file, expand(text));
    const args = ["-t", "-c", file, "-p", directory, "-e", "stderr", "-g", `pid ${directory}/pid;`];
    const run = spawnSync(nginxCommand ?? "nginx", args, { encoding: "utf8" });
    const said = /\[emerg\] (?:\d+#\d+: )?(.*)/s.exec(run.stderr)?.[1] ?? "";
    if (refused === null) expect([run.status, said]).toEqual([0, ""]);
    else expect(said).toContain(refused.line === null ? refused.message : `nginx.conf:${refused.line}\n`);
    if (refused !== null) expect(said.startsWith(refused.message)).toBe(true);
  });
});

/** Collected from the daemon by others; FPMLINT_SYNTAX_CASES names the file. */
interface Collected {
  readonly name: string;
  readonly category: string;
  readonly main: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly accept: boolean;
  readonly message: string;
}

const given = process.env.FPMLINT_SYNTAX_CASES ?? "";
const collected: readonly Collected[] = existsSync(given) ? JSON.parse(readFileSync(given, "utf8")) : [];

describe.skipIf(collected.length === 0)("collected cases", () => {
  const cases = collected.filter(({ category }) => category === "lexer");
  test.each(cases)("$name", ({ main, files = {}, accept, message }) => {
    const texts = Object.entries(files).map(([name, text]): [string, MemoryNode] => [
      `/etc/nginx/${name}`,
      text.startsWith("->") ? { link: text.slice(2) } : text,
    ]);
    const report = lint({ ...Object.fromEntries(texts), "/etc/nginx/nginx.conf": main });
    const said = /^\[emerg\] (.*?)(?: in \$DIR\/[^\n]*:(\d+))?(?:\n|$)/s.exec(message);
    const refused = { message: said?.[1] ?? message, line: said?.[2] === undefined ? null : Number(said[2]) };
    compare(report, accept ? null : refused, isReaders(refused.message));
  });
});
