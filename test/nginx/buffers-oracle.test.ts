import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { busySizeInvalid } from "../../rules/buffer/busy-size-invalid.js";
import { lintWith } from "../../src/lint.js";
import {
  acceptedBuffers,
  BUFFER_PREFIXES,
  type BufferPrefix,
  type BufferSizes,
  bufferLines,
  bufferRefusal,
  buffersWithHeader,
  sizeText,
} from "../../src/nginx/checks/buffers.js";
import { validators } from "../../src/validators.js";
import { describeProofs, nginxCommand } from "../daemons/available.js";
import { runs } from "../support/sample.js";

/** The arithmetic of src/nginx/checks/buffers.ts and the rule on it against what `nginx -t` says. */

interface Levels {
  /** `false`: the http block stands alone. */
  readonly sites?: boolean;
  readonly prefix: BufferPrefix;
  readonly http: readonly string[];
  readonly server: readonly string[];
  readonly location: readonly string[];
  readonly nested: readonly string[];
}

const none = { http: [], server: [], location: [], nested: [] };

function configuration(levels: Levels, directory: string): string {
  const { http, server, location, nested, sites = true } = levels;
  if (!sites)
    return `pid ${directory}/pid; error_log stderr; events {} http { ${http.join(" ")} upstream u { server 127.0.0.1:9; } }`;
  return [
    `pid ${directory}/pid; error_log stderr; events {}`,
    `http { access_log off; ${http.join(" ")}`,
    `server { listen unix:${directory}/sock; ${server.join(" ")}`,
    `location / { ${location.join(" ")} location /in { ${nested.join(" ")} } } } }`,
  ].join("\n");
}

interface Verdicts {
  /** What nginx prints after `[emerg]`, `null` when it accepts. */
  readonly nginx: string | null;
  /** The literal part that the rule expects of it, for each of its findings. */
  readonly rule: readonly (string | null)[];
}

function verdicts(levels: Levels): Verdicts {
  const directory = mkdtempSync("/tmp/fl-buffers-");
  try {
    const file = join(directory, "nginx.conf");
    writeFileSync(file, configuration(levels, directory));
    return { nginx: ask(file, directory), rule: reported(file, directory) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function ask(file: string, directory: string): string | null {
  const run = spawnSync(nginxCommand ?? "nginx", ["-t", "-c", file, "-p", directory, "-e", "stderr"], {
    encoding: "utf8",
  });
  if (run.status === 0) return null;
  return /\[emerg\] (?:\d+#\d+: )?(.*) in \/tmp/.exec(run.stderr)?.[1] ?? run.stderr;
}

function reported(file: string, directory: string): readonly (string | null)[] {
  const outcome = lintWith([busySizeInvalid], validators, {
    paths: [file],
    workingDirectory: directory,
    config: { hosts: [{ name: "host", root: directory, nginx: "/nginx.conf", fpm: [] }] },
  });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result.findings.map((finding) => finding.symptom?.log ?? null);
}

function agree(levels: Levels): void {
  const { nginx, rule } = verdicts(levels);
  if (nginx === null) expect(rule).toEqual([]);
  // nginx names the first fault it meets, the rule all of them.
  else expect(rule.filter((log) => log !== null && nginx.includes(log))).not.toEqual([]);
}

const TABLE: readonly (readonly [name: string, levels: Partial<Levels>])[] = [
  ["defaults", {}],
  ["a larger header alone", { location: ["fastcgi_buffer_size 16k;"] }],
  ["the largest header beside the default buffers", { location: ["fastcgi_buffer_size 14k;"] }],
  ["one byte more", { location: ["fastcgi_buffer_size 14337;"] }],
  ["two large buffers", { server: ["fastcgi_buffers 2 8k;"] }],
  ["three buffers", { server: ["fastcgi_buffers 3 4k;"] }],
  ["a single buffer", { server: ["fastcgi_buffers 1 4k;"] }],
  ["16 of 16k beside 128k", { http: ["fastcgi_buffer_size 128k;", "fastcgi_buffers 16 16k;"] }],
  ["17 of 16k beside 128k", { http: ["fastcgi_buffer_size 128k;", "fastcgi_buffers 17 16k;"] }],
  ["repaired by the server", { http: ["fastcgi_buffer_size 16k;"], server: ["fastcgi_buffers 8 16k;"] }],
  ["repaired too late", { http: ["fastcgi_buffer_size 16k;"], location: ["fastcgi_buffers 8 16k;"] }],
  ["broken inside", { server: ["fastcgi_buffer_size 8k;"], nested: ["fastcgi_buffers 4 4k;"] }],
  ["busy at the edge", { location: ["fastcgi_busy_buffers_size 28k;"] }],
  ["busy over it", { location: ["fastcgi_busy_buffers_size 28673;"] }],
  ["busy 0", { location: ["fastcgi_busy_buffers_size 0;"] }],
  ["header 0", { location: ["fastcgi_buffer_size 0;"] }],
  ["no temporary file", { location: ["fastcgi_max_temp_file_size 0;"] }],
  ["a tiny temporary file", { location: ["fastcgi_max_temp_file_size 4095;"] }],
  ["a temporary file of one buffer", { location: ["fastcgi_max_temp_file_size 4k;"] }],
  ["tiny writes", { nested: ["fastcgi_temp_file_write_size 1k;"] }],
  ["inherited writes", { http: ["fastcgi_temp_file_write_size 8k;"], nested: ["fastcgi_buffers 8 16k;"] }],
];

const size = fc.constantFrom("0", "1k", "4k", "4096", "4097", "8K", "12k", "16k", "28k", "32k", "64k", "1m");
const count = fc.constantFrom(1, 2, 3, 4, 5, 8, 9, 16, 17);
const directives = (prefix: string): fc.Arbitrary<readonly string[]> => {
  const line = (name: string) => size.map((bytes) => `${prefix}_${name} ${bytes};`);
  const buffers = fc
    .tuple(count, size)
    .filter(([, bytes]) => bytes !== "0")
    .map(([number, bytes]) => `${prefix}_buffers ${number} ${bytes};`);
  const rarely = (line: fc.Arbitrary<string>) => fc.option(line, { freq: 3, nil: "" });
  return fc
    .tuple(
      rarely(line("buffer_size")),
      rarely(buffers),
      rarely(line("busy_buffers_size")),
      rarely(line("temp_file_write_size")),
      rarely(line("max_temp_file_size")),
    )
    .map((lines) => lines.filter((one) => one !== ""));
};
const anyLevels: fc.Arbitrary<Levels> = fc.constantFrom(...BUFFER_PREFIXES).chain((prefix) => {
  const sometimes = fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, directives(prefix));
  return fc.record({
    prefix: fc.constant(prefix),
    http: sometimes,
    server: sometimes,
    location: sometimes,
    nested: sometimes,
  });
});

const bytes = fc.integer({ min: 1, max: 64 }).map((kilobytes) => kilobytes * 1024);
const anySizes: fc.Arbitrary<BufferSizes> = fc.record({
  bufferSize: bytes,
  count: fc.integer({ min: 1, max: 20 }),
  size: bytes,
  busy: fc.option(bytes),
  writeSize: fc.option(bytes),
  maxFile: fc.oneof(fc.constant(0), bytes, fc.constant(1024 ** 3)),
});

const asLines = (sizes: BufferSizes): readonly string[] => [
  `fastcgi_buffer_size ${sizeText(sizes.bufferSize)};`,
  `fastcgi_buffers ${sizes.count} ${sizeText(sizes.size)};`,
  ...(sizes.busy === null ? [] : [`fastcgi_busy_buffers_size ${sizeText(sizes.busy)};`]),
  ...(sizes.writeSize === null ? [] : [`fastcgi_temp_file_write_size ${sizeText(sizes.writeSize)};`]),
  `fastcgi_max_temp_file_size ${sizeText(sizes.maxFile)};`,
];

test("what is recommended is accepted by the same arithmetic, and no line is written for nothing", () => {
  fc.assert(
    fc.property(anySizes, bytes, (sizes, wanted) => {
      const accepted = acceptedBuffers(sizes);
      expect(bufferRefusal(accepted)).toBeNull();
      expect(accepted.bufferSize).toBe(sizes.bufferSize);
      expect(bufferLines("fastcgi", sizes, accepted).length === 0).toBe(bufferRefusal(sizes) === null);
      expect(bufferRefusal(buffersWithHeader(sizes, wanted))).toBeNull();
    }),
    { numRuns: runs(2000) },
  );
});

test("a size that is not known finds nothing and is set with the rest", () => {
  const unknown = { bufferSize: 16384, count: Number.NaN, size: Number.NaN, busy: null, writeSize: null };
  const sizes: BufferSizes = { ...unknown, maxFile: Number.NaN };
  expect(bufferRefusal(sizes)).toBeNull();
  expect(bufferLines("proxy", sizes, buffersWithHeader(sizes, 16384))).toEqual(["proxy_buffers 8 16k;"]);
});

describeProofs("nginx -t agrees about buffers", (proof) => {
  for (const [name, levels] of TABLE) {
    for (const prefix of BUFFER_PREFIXES) {
      const renamed = (lines: readonly string[] = []): readonly string[] =>
        lines.map((line) => line.replace("fastcgi_", `${prefix}_`));
      const { http, server, location, nested } = levels;
      const all: Levels = {
        prefix,
        http: renamed(http),
        server: renamed(server),
        location: renamed(location),
        nested: renamed(nested),
      };
      proof(`${prefix}: ${name}`, async () => agree(all));
    }
  }

  proof("a bad pair that no server takes over", async () => {
    const http = ["fastcgi_buffer_size 128k;", "fastcgi_buffers 16 16k;"];
    expect(verdicts({ ...none, prefix: "fastcgi", http, sites: false })).toEqual({ nginx: null, rule: [] });
    expect(verdicts({ ...none, prefix: "fastcgi", http }).nginx).toMatch(/must be less than/);
  });

  proof("any sizes on any levels", async () => {
    fc.assert(fc.property(anyLevels, agree), { numRuns: 300 });
  });

  proof("what is recommended", async () => {
    fc.assert(
      fc.property(anySizes, bytes, (sizes, wanted) => {
        for (const repaired of [acceptedBuffers(sizes), buffersWithHeader(sizes, wanted)]) {
          const levels: Levels = { ...none, prefix: "fastcgi", location: asLines(repaired) };
          expect(verdicts(levels).nginx).toBeNull();
        }
      }),
      { numRuns: 60 },
    );
  });
});
