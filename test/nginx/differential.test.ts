import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { nginxSyntax } from "../../rules/nginx/syntax.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import { parseNginx } from "../../src/nginx/syntax/parse.js";
import { readTree } from "../../src/nginx/tree/tree.js";
import { position, sourceFile } from "../../src/source/file.js";
import { isTemplate } from "../../src/source/template.js";
import { memoryHost } from "../build/hosts.js";
import { describeProofs } from "../daemons/available.js";
import { seed, size } from "../support/sample.js";
import { ADDRESS_DIRECTIVES, address, addressDifference } from "./support/addresses.js";
import { ask, bytes, judgeAll, shortest } from "./support/oracle.js";
import { mainFiles, word } from "./support/texts.js";
import { treeDifference, trees } from "./support/trees.js";

/**
 * Generated and broken texts, words, trees of includes and addresses through our reader and through
 * `nginx -t`. FPMLINT_SEED chooses others, FPMLINT_CASES more of them. What is found here belongs
 * into fixtures/syntax.
 */

const top = fileURLToPath(new URL("../..", import.meta.url));

/** Directives that name other files or what a machine may lack: not what is compared. */
const STRIPPED = /^[ \t]*(?:pid|error_log|access_log|user|include|load_module|listen|ssl_\w+)\s[^;]*;/gm;

const real = [
  ...["debian", "rhel", "docker", "example"].flatMap((name) =>
    mainsBelow(path.join(top, "fixtures/hosts", name)),
  ),
  ...mainsBelow("/etc/nginx"),
].map((file) => asMain(fs.readFileSync(file, "utf8").replace(STRIPPED, "")));

function mainsBelow(directory: string): readonly string[] {
  if (!fs.existsSync(directory)) return [];
  return fs
    .readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((name) => path.join(directory, name))
    .filter((file) => /\/nginx\/(?:nginx\.conf|conf\.d\/.*|sites-available\/.*)$/.test(file))
    .filter((file) => fs.statSync(file).isFile())
    .sort();
}

function asMain(text: string): string {
  return /^\s*http\s*\{/m.test(text) ? text : `events {}\nhttp {\n${text}\n}\n`;
}

/** Refusals that come from reading alone; others need the meaning of a directive. */
function isReaders(message: string): boolean {
  return /^unexpected ["e]|^too long parameter|is not terminated by|has no opening/.test(message);
}

interface Ours {
  readonly line: number;
  readonly log: string;
}

function read(text: string): Ours | null {
  const host = memoryHost({ "/nginx.conf": text }, { nginx: "/nginx.conf" });
  const [report] = nginxSyntax.check(host, {});
  if (report === undefined) return null;
  const { at, related } = report;
  const stop = report.case === "next-line-swallowed" ? (related[0]?.place.span.end ?? 0) - 1 : at.span.start;
  const log = nginxSyntax.cases[report.case]?.symptom?.log ?? "";
  return { line: position(at.span.file, stop).line, log };
}

/** How our verdict differs from nginx's; `null` when it does not. */
async function difference(text: string, directory: string): Promise<string | null> {
  const main = path.join(directory, "nginx.conf");
  fs.writeFileSync(main, text);
  const theirs = await ask(main);
  const ours = read(text);
  const shown = `nginx: ${theirs.message || "accepts"} (line ${theirs.line}); ours: ${ours?.log ?? "accepts"} (line ${ours?.line})`;
  if (theirs.accepted) return ours === null ? null : shown;
  if (isReaders(theirs.message)) {
    return ours !== null && ours.line === theirs.line && theirs.message.includes(bytes(ours.log))
      ? null
      : shown;
  }
  // We mark the odd name, nginx says on which line the directive of that name ends.
  const name = "unknown directive";
  if (ours?.log === name && theirs.message.startsWith(name))
    return ours.line <= (theirs.line ?? 0) ? null : shown;
  // Another rule's matter, but nginx read everything up to there.
  return ours === null || ours.line >= (theirs.line ?? 0) ? null : shown;
}

/** `<x×4096>` for a run, as fixtures/syntax writes it. */
function packed(text: string): string {
  return text.replace(/(.)\1{9,}/gsu, (run, one: string) => `<${one}×${run.length / one.length}>`);
}

describeProofs("the daemon agrees", (proof) => {
  const texts = size(1500);
  proof(`on ${texts} texts`, async () => {
    const samples = fc.sample(mainFiles(real), { numRuns: texts, seed }).filter((text) => !isTemplate(text));
    const found = await judgeAll(samples, async (text, directory) => {
      if ((await difference(text, directory)) === null) return null;
      const least = await shortest(text, async (shorter) => {
        return !isTemplate(shorter) && (await difference(shorter, directory)) !== null;
      });
      return { text: packed(least), difference: await difference(least, directory) };
    });
    expect(found.filter((one) => one !== null)).toEqual([]);
  });

  const wordCount = size(400);
  proof(`on what ${wordCount} words are decoded to`, async () => {
    const samples = fc.sample(word, { numRuns: wordCount, seed });
    const found = await judgeAll(samples, async (raw, directory) => {
      const main = path.join(directory, "nginx.conf");
      fs.writeFileSync(main, `daemon ${raw} ;`);
      const { message } = await ask(main);
      const { directives, fault } = parseNginx(sourceFile("/nginx.conf", "nginx.conf", `daemon ${raw} ;`));
      const args = directives[0]?.args.map(({ text }) => text);
      const ours =
        args === undefined
          ? (fault?.log ?? "")
          : args.length !== 1
            ? 'invalid number of arguments in "daemon"'
            : `invalid value "${args[0]}" in "daemon" directive`;
      // nginx cuts its own lines.
      return message.startsWith(bytes(ours).slice(0, 900))
        ? null
        : { raw: packed(raw), message: packed(message), ours: packed(ours) };
    });
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});

describeProofs("the daemon agrees on includes", (proof) => {
  const count = size(700);
  proof(`of ${count} trees`, async () => {
    const samples = fc.sample(trees, { numRuns: count, seed });
    const found = await judgeAll(samples, async (tree, lane) => {
      const difference = await treeDifference(tree, lane);
      return difference === null ? null : { tree, difference };
    });
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});

describeProofs("the daemon agrees on addresses", (proof) => {
  const count = size(700);
  proof(`on ${count} of them`, async () => {
    const samples = fc.sample(fc.tuple(fc.constantFrom(...Object.keys(ADDRESS_DIRECTIVES)), address), {
      numRuns: count,
      seed,
    });
    const found = await judgeAll(samples, ([directive, text], lane) =>
      addressDifference(directive, text, lane),
    );
    expect(found.filter((one) => one !== null)).toEqual([]);
  });
});

test("a snippet is read once, however often it is included", () => {
  const names = ["a", "b", "c", "d"].map((name) => `/etc/nginx/${name}.conf`);
  const include = fc
    .constantFrom(...names, "/etc/nginx/*.conf", "/etc/nginx/[ab].conf")
    .map((name) => `include ${name};`);
  const text = fc
    .array(fc.oneof(include, fc.constant("gzip on;")), { maxLength: 5 })
    .map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(fc.array(text, { minLength: 4, maxLength: 4 }), text, (texts, server) => {
      const files = Object.fromEntries(names.map((name, index) => [name, texts[index] ?? ""]));
      const main = `events {}\nhttp {\n${`server {\n${server}\n}\n`.repeat(3)}}\n`;
      const { fs: counting, reads } = countingFilesystem({ ...files, "/etc/nginx/nginx.conf": main });
      readTree({ fs: counting, whole: true }, "/etc/nginx/nginx.conf");
      expect([...reads.values()].filter((count) => count !== 1)).toEqual([]);
    }),
    { seed, numRuns: size(200) },
  );
});

/** A host in memory that counts how often each file's text is asked for. */
function countingFilesystem(files: Readonly<Record<string, string>>) {
  const inner = memoryFilesystem(files);
  const reads = new Map<string, number>();
  const counting: HostFilesystem = {
    ...inner,
    entry(wanted) {
      const entry = inner.entry(wanted);
      if (entry.kind !== "file") return entry;
      const read = () => {
        reads.set(entry.path, (reads.get(entry.path) ?? 0) + 1);
        return entry.read();
      };
      return { ...entry, read };
    },
  };
  return { fs: counting, reads };
}

afterAll(() => process.stdout.write(`nginx's reader compared with FPMLINT_SEED=${seed}\n`));
