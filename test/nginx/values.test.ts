import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { busySizeInvalid } from "../../rules/buffer/busy-size-invalid.js";
import { rules } from "../../rules/index.js";
import type { Report } from "../../src/engine/rule.js";
import type { MemoryNode } from "../../src/host/memory.js";
import { position } from "../../src/source/file.js";
import { memoryHost } from "../build/hosts.js";
import { describeProofs, nginxCommand, versions } from "../daemons/available.js";
import { placed } from "./support/samples.js";

/** What nginx 1.22.1 takes and refuses of values, contexts and doubles, against the rules on single directives. */

interface Row {
  /** The context, by its letter in facts.ts. */
  readonly in: string;
  readonly text: string;
  /** What `nginx -t` says of it; a line that it does not name is `null`. */
  readonly refused: { readonly message: string; readonly line: number | null } | null;
}

const VERSION = "1.22.1";
const table = fileURLToPath(new URL("../../fixtures/syntax/nginx-values.json", import.meta.url));
const rows: readonly Row[] = JSON.parse(readFileSync(table, "utf8"));
const judging = [...rules.filter(({ id }) => id.startsWith("nginx/")), busySizeInvalid];

interface Verdict {
  readonly report: Report;
  readonly log: string | null;
}

/** `version`: `null` when it is not known. */
function judge(files: Readonly<Record<string, MemoryNode>>, version: string | null): readonly Verdict[] {
  const host = memoryHost(files, {}, { nginxVersion: version });
  return judging.flatMap((rule) =>
    [...rule.check(host, {} as never)].map((report) => ({
      report,
      log: rule.cases[report.case]?.symptom?.log ?? null,
    })),
  );
}

/** Reports point at the line to change, which for what is checked at the end is not the one that nginx names. */
function linesOf({ report }: Verdict): readonly number[] {
  const { file, start, end } = report.at.span;
  const related = report.related.map(({ place }) => position(place.span.file, place.span.end - 1).line);
  return [position(file, start).line, position(file, Math.max(start, end - 1)).line, ...related];
}

const LATE = /^"\w+" zone|^no "ssl_certificate" is defined|_buffers? ?"|_size" must be/;

const filesOf = (row: Row): Readonly<Record<string, MemoryNode>> => ({
  "/etc/nginx/nginx.conf": placed(row.in, row.text),
});

/** What rests on how nginx was built. */
const OTHER_BUILD = /^unknown directive|unsupported on this platform/;

describe("the table", () => {
  test("has every text once", () => {
    expect(new Set(rows.map((row) => `${row.in} ${row.text}`)).size).toBe(rows.length);
    expect(rows.length).toBeGreaterThan(1000);
  });

  test.each(rows)("$in: $text", (row) => {
    const files = filesOf(row);
    const found = judge(files, VERSION);
    if (row.refused === null) {
      expect(found.map(({ report }) => report.message)).toEqual([]);
      expect(judge(files, null)).toEqual([]);
      return;
    }
    const { message, line } = row.refused;
    expect(found.some(({ log }) => log === "[emerg]" || (log !== null && message.includes(log)))).toBe(true);
    if (line !== null && !LATE.test(message)) expect(found.flatMap(linesOf)).toContain(line);
  });
});

describe("values of which versions differ", () => {
  test.each<[string, string, readonly (string | null)[], readonly string[]]>([
    ["h", "proxy_bind [::1];", [null, "1.27.3", "1.30.6"], ["1.18.0", "1.26.3", "1.27.2"]],
    ["h", "charset_map utf-8 b {}", [null, "1.26.3", "1.30.4", "1.31.2"], ["1.30.6", "1.31.3"]],
    ["h", "charset_map b utf-8 {}", [null, "1.26.3", "1.30.6", "1.31.3"], []],
    ["s", "listen 127.0.0.1:18997 spdy;", ["1.18.0", "1.19.6"], ["1.19.7", "1.22.1"]],
    ["s", "proxy_redirect off; proxy_redirect a b;", ["1.18.0", "1.19.2"], ["1.19.3", "1.22.1"]],
    ["s", "proxy_redirect off; proxy_redirect default;", ["1.18.0"], ["1.19.3"]],
    ["s", "mirror off; mirror /a;", [], ["1.18.0", "1.22.1"]],
    ["h", "proxy_ssl_certificate $;", ["1.18.0", "1.20.2"], ["1.21.0", "1.22.1"]],
    ["h", "proxy_ssl_name $;", [], ["1.18.0", "1.22.1"]],
    ["h", "upstream u { server 127.0.0.1 service=a; }", [], ["1.22.1", "1.27.3", "1.30.6"]],
    ["h", "upstream u { zone z 64k; server a.b service=c resolve; }", [null, "1.30.6"], ["1.26.3"]],
  ])("%s: %s", (context, text, taken, refused) => {
    const files = { "/etc/nginx/nginx.conf": placed(context, text) };
    const isRefused = (version: string | null): boolean => judge(files, version).length > 0;
    expect(taken.filter(isRefused)).toEqual([]);
    expect(refused.filter((version) => !isRefused(version))).toEqual([]);
  });
});

describeProofs("the daemon agrees with the table", (proof) => {
  proof("of values", async () => {
    const home = mkdtempSync("/tmp/fl-values-");
    try {
      const wrong: string[] = [];
      let next = 0;
      const worker = async (number: number): Promise<void> => {
        mkdirSync(`${home}/${number}`);
        for (let row = rows[next++]; row !== undefined; row = rows[next++]) {
          const said = await ask(`${home}/${number}`, placed(row.in, row.text));
          const ours = versions.nginx === VERSION ? null : judge(filesOf(row), versions.nginx);
          // The table has the words of one version; of another one only the verdict is compared.
          const same =
            ours !== null
              ? (said === null) === (ours.length === 0) || (said !== null && OTHER_BUILD.test(said))
              : row.refused === null
                ? said === null
                : said?.includes(row.refused.message) &&
                  (row.refused.line === null || said.endsWith(`nginx.conf:${row.refused.line}`));
          if (!same) wrong.push(`${row.in}: ${row.text}: ${said}`);
        }
      };
      await Promise.all(Array.from({ length: availableParallelism() }, (_, number) => worker(number)));
      expect(wrong).toEqual([]);
    } finally {
      rmSync(home, { recursive: true, force: true });
    }
  });
});

function ask(directory: string, text: string): Promise<string | null> {
  writeFileSync(`${directory}/nginx.conf`, text);
  const args = ["-t", "-c", `${directory}/nginx.conf`, "-p", directory, "-e", "stderr"];
  mkdirSync(`${directory}/logs`, { recursive: true });
  return new Promise((resolve) => {
    const globals = ["-g", `pid ${directory}/pid;`];
    execFile(nginxCommand ?? "nginx", [...args, ...globals], { encoding: "utf8" }, (error, _, stderr) => {
      const said = /\[(?:emerg|crit|alert)\] (?:\d+#\d+: )?(.*)/.exec(stderr)?.[1];
      resolve(error === null ? null : (said ?? stderr));
    });
  });
}

/** Collected from the daemon by others; FPMLINT_NGINX_CASES names the files, with colons between them. */
interface Collected {
  readonly name: string;
  readonly main: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly accept: boolean;
  readonly message: string;
}

const given = (process.env.FPMLINT_NGINX_CASES ?? "").split(":").filter((path) => existsSync(path));
const collected = given.flatMap((path): readonly Collected[] => JSON.parse(readFileSync(path, "utf8")));

/** What no file can show: names to look up, files outside of the tree, modules that are not installed. */
const OUTSIDE = /host not found|dlopen\(\)|nodir|_by_lua|fastcgi_params" failed/;

describe.skipIf(collected.length === 0)("collected cases", () => {
  test.each(collected)("$name", ({ main, files = {}, accept, message }) => {
    const texts = Object.entries(files).map(([name, text]): [string, MemoryNode] => [
      `/etc/nginx/${name}`,
      text.startsWith("->") ? { link: text.slice(2) } : text,
    ]);
    const accounts = { "/etc/passwd": PASSWD, "/etc/group": GROUP };
    const found = judge(
      { ...Object.fromEntries(texts), ...accounts, "/etc/nginx/nginx.conf": main },
      VERSION,
    );
    if (accept) expect(found.map(({ report }) => report.message)).toEqual([]);
    else if (!OUTSIDE.test(message)) expect(found.length).toBeGreaterThan(0);
    const line = /^\[emerg\] (.*?) in \$DIR\/[^\n]*:(\d+)(?:\n|$)/s.exec(message);
    if (line === null || accept || found.length === 0 || LATE.test(line[1] ?? "")) return;
    if (!message.includes("\uFEFF")) expect(found.flatMap(linesOf)).toContain(Number(line[2]));
  });
});

const PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n";
const GROUP = "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n";
