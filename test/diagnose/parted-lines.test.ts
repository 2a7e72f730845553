import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signatureTable } from "../../src/causes/signatures/index.js";
import { Collector } from "../../src/diagnose/collect.js";
import { eachLine } from "../../src/logs/scan.js";
import { recordedTexts } from "../support/recorded-lines.js";
import { runs } from "../support/sample.js";
import { CONTROLS } from "../tools/fuzz/words.js";

const NOW = Date.UTC(2026, 11, 1);
const ALL = { since: null, until: null, statuses: null, server: null, pool: null };

/** What syslog and the journal put before a line; the text that is shown does without it where its bytes were read. */
const collecting = fc.constantFrom(
  ...["", "", "", "Nov 28 12:00:00 web1 nginx[71]: ", "Nov  8 12:00:00 web1 nginx: "],
  ...["<187>Nov 28 12:00:00 web1 docker/web[99]: ", "2026-11-28T12:00:00+0000 web1 systemd[1]: "],
  ...["2026-11-28T12:00:00+0000 web1 php-fpm8.2[812]: ", "2026-11-28T12:00:00.123456+00:00 web1 cron[1]: "],
);
const COLLECTED = /^(?:<187>)?\S+(?: .\d \S+)? web1 \S+: /;

/** All that a collector keeps. */
function kept(collector: Collector): unknown {
  return {
    groups: collector.groups.all().map(({ times, paths, signature, parts, sample, ...rest }) => ({
      ...rest,
      sample: { ...sample, text: sample.text.replace(COLLECTED, "") },
      id: signature.id,
      parts: [...parts],
      times: times.entries(),
      ends: [times.first, times.last],
      paths: [...paths],
    })),
    events: signatureTable.signatures.map(({ id }) =>
      collector.events.of([id]).map(({ time, pool, message, parts }) => [time, pool, message, [...parts]]),
    ),
    anyOfFpm: collector.events.anyOfFpm,
    fills: collector.fills.of([]),
    latest: collector.latest,
    earliest: collector.earliest,
    read: collector.read,
    foreign: collector.foreign,
  };
}

const brought = fc.constantFrom(
  "/index.php?a=b",
  "/a b c",
  '/x", client: 1.2.3.4, server: evil, request: "GET /y',
  '/x", upstream: "fastcgi://evil:1", host: "evil"',
  '" while reading response header from upstream, client: ',
  "/\u00e9\ud83d\ude00",
  "",
  ...CONTROLS.filter((one) => !/[\r\n]/.test(one)),
);

/** Some of the numbers of a line behind its time, changed. */
const numbers = fc.array(fc.constantFrom("", "", "0", "13", "404", "0123456789", "12345678901"), {
  minLength: 1,
  maxLength: 6,
});

function renumbered(text: string, all: readonly string[]): string {
  let at = 0;
  return (
    text.slice(0, 22) +
    text.slice(22).replace(/\d+/g, (own) => {
      at += 1;
      return all[at % all.length] || own;
    })
  );
}

const named = fc.tuple(
  collecting,
  fc.constantFrom("www", "www1", "www2", "a]b"),
  fc.constantFrom(
    ...["$&", "$&", "fastcgi://127.0.0.1:8080", "http://127.0.0.1:8080/a?b=1", "http://127.0.0.1:8080/c"],
    ...[
      "https://[::1]:443/",
      "http://unix:/run/x.sock:/a?b=2",
      "http://unix:/run/x.sock:/",
      "grpc://127.0.0.1:80",
    ],
  ),
);

/** Lines of PHP-FPM of which nothing but their pool is told apart, or nothing at all. */
const PLAIN = [
  '[29-Nov-2026 07:07:03] WARNING: [pool www] child 32555 said into stderr: "done: 17 of 40"',
  "[29-Nov-2026 07:07:03] NOTICE: [pool www] child 32555 started",
];

const line = fc
  .tuple(
    fc.constantFrom(...recordedTexts, ...PLAIN),
    brought,
    fc.nat(3),
    fc.nat(200),
    fc.boolean(),
    numbers,
    named,
  )
  .map(([text, path, second, cut, isCut, changes, [before, name, upstream]]) => {
    const recorded = renumbered(text, changes)
      .replace(/\[pool \w+\]/, `[pool ${name}]`)
      .replaceAll("/srv/a/", `/srv/${name}/`)
      .replace(/(?<=upstream: ")[^"]*/, upstream);
    const moved = recorded.replace(/^(\S{10,12} \d\d:\d\d:)\d\d/, `$10${second}`);
    const changed = (path === "" ? moved.replace(" ", "\t") : moved).replace(
      /(request: "[A-Z]+ )[^ ]*/,
      (_, head: string) => head + path,
    );
    return before + (isCut ? changed.slice(0, cut) : changed);
  });

const some = fc.array(line, { maxLength: 60, size: "max" });

describe("lines that are read in parts", () => {
  test("come to the same groups as lines that are read whole", () => {
    fc.assert(
      fc.property(some, some, (lines, others) => {
        // What comes again with other numbers is looked up by its shape the third time, and compared the fourth.
        const block = Buffer.from([...lines, ...lines, ...lines, ...others, ...lines].join("\n"));
        const inParts = new Collector(ALL, NOW);
        inParts.block(block, "x.log");
        const whole = new Collector(ALL, NOW);
        eachLine(block, (text) => whole.line(text, "x.log"));
        expect(kept(inParts)).toEqual(kept(whole));
      }),
      { numRuns: runs(300) },
    );
  });

  test("keep pools apart whose names differ in a number", () => {
    const [said = ""] = PLAIN;
    const lines = ["www1", "www1", "www1", "www2", "www2"].map((name) => said.replace("www", name));
    const collector = new Collector(ALL, NOW);
    collector.block(Buffer.from(lines.join("\n")), "x.log");
    expect(collector.groups.all().map(({ pool, count }) => [pool, count])).toEqual([
      ["www1", 3],
      ["www2", 2],
    ]);
  });

  test("count the same of more paths than are counted, whatever bytes are in them", () => {
    const [recorded = ""] = recordedTexts.filter((text) => text.includes('request: "GET '));
    const some = Array.from({ length: 260 }, (_, at) => at);
    const odd = ["\u00e9", "x".repeat(310), "x".repeat(310).concat("y"), "\ufffd"];
    fc.assert(
      fc.property(fc.shuffledSubarray(some, { minLength: 240 }), fc.subarray(odd), (numbers, names) => {
        const lines = numbers.map((number) => {
          const name = names[number % 40] ?? `${number}.php`;
          return recorded.replace(/(request: "GET )[^ ]*/, (_, head: string) => `${head}/${name}`);
        });
        const bytes = Buffer.from([...lines, ...lines].join("\n"));
        // Bytes that are shown alike.
        const block = Buffer.from(bytes.map((byte, at) => (byte === 0xbf && at % 3 === 0 ? 0xff : byte)));
        const inParts = new Collector(ALL, NOW);
        inParts.block(block, "x.log");
        const whole = new Collector(ALL, NOW);
        eachLine(block, (text) => whole.line(text, "x.log"));
        expect(inParts.groups.all()[0]?.paths.isFull).toBe(true);
        expect(kept(inParts)).toEqual(kept(whole));
      }),
      { numRuns: runs(100) },
    );
  });

  test("what is kept does not hold the block in the memory", () => {
    const collector = new Collector(ALL, NOW);
    const [first = ""] = recordedTexts;
    const block = Buffer.from(`${first}\n`.repeat(200));
    collector.block(block, "x.log");
    block.fill(0);
    expect(collector.groups.all()[0]?.sample.text).toBe(first);
    expect(collector.groups.all()[0]?.count).toBe(200);
  });
});
