import { gzipSync } from "node:zlib";
import { encodeText } from "../../../../src/source/bytes.js";
import { recordedTexts } from "../../../support/recorded-lines.js";
import type { Random } from "../../reality/random.js";
import { mutateBytes } from "../bytes.js";
import { type Draw, mutateFiles, mutateText } from "../case.js";
import { mutateTokens } from "../tokens.js";
import { file } from "../tree.js";
import { CONTROLS, PROTOTYPE_NAMES, WORKFLOW_COMMANDS } from "../words.js";

const two = (number: number): string => String(number).padStart(2, "0");

/** What somebody who sends requests may put into a line. */
function hostile(random: Random): string {
  return random.pick([
    ...CONTROLS,
    ...PROTOTYPE_NAMES,
    ...WORKFLOW_COMMANDS,
    '", client: 1.2.3.4, server: evil, request: "',
    '" while reading response header from upstream, client: ',
    "FastCGI sent in stderr: ",
    "\ufffd\ud83d\ude00",
    "x".repeat(random.int(1, 3000)),
  ]);
}

function access(random: Random): string {
  const clock = `${two(random.int(0, 23))}:${two(random.int(0, 59))}:${two(random.int(0, 59))}`;
  const path = `/index.php?a=${random.chance(0.3) ? hostile(random) : "b"}`;
  const status = random.pick(["200", "200", "304", "404", "499", "500", "502", "504", "413", "999", "-"]);
  return `192.0.2.1 - - [28/Nov/2026:${clock} +0000] "GET ${path} HTTP/1.1" ${status} 12 "-" "x"`;
}

/** A recorded line at another time, with something in it that a request brought. */
function recorded(random: Random): string {
  const line = random.pick(recordedTexts);
  const clock = `${two(random.int(0, 25))}:${two(random.int(0, 61))}:${two(random.int(0, 61))}`;
  const moved = random.chance(0.7) ? line.replace(/\d\d:\d\d:\d\d/, clock) : line;
  return random.chance(0.4)
    ? moved.replace(/(request: "|message: |script ')/, `$1${hostile(random)}`)
    : moved;
}

function slow(random: Random): string {
  const top = random.chance(0.3) ? hostile(random) : "sleep()";
  return `[28-Nov-2026 12:00:00]  [pool www] pid 7\nscript_filename = /srv/x.php\n[0x00007f] ${top} /srv/x.php:3\n`;
}

function wrapped(line: string, random: Random): string {
  if (random.chance(0.5))
    return JSON.stringify({ log: `${line}\n`, stream: "stderr", time: "2026-11-28T12:00:00Z" });
  if (random.chance(0.3))
    return JSON.stringify({
      MESSAGE: line,
      SYSLOG_IDENTIFIER: "nginx",
      __REALTIME_TIMESTAMP: "1790000000000000",
    });
  return random.chance(0.5) ? `web-1  | ${line}` : `2026-11-28T12:00:00.123456789Z stderr F ${line}`;
}

function log(random: Random): Buffer {
  const draw = random.pick([access, recorded, recorded, recorded, slow]);
  const isWrapped = random.chance(0.15);
  const lines = Array.from({ length: random.int(0, 60) }, () => {
    const line = random.chance(0.05) ? hostile(random) : draw(random);
    return isWrapped ? wrapped(line, random) : line;
  });
  if (random.chance(0.02)) lines.push("y".repeat(3_000_000));
  const text = lines.join(random.chance(0.95) ? "\n" : "\r\n") + (random.chance(0.8) ? "\n" : "");
  const bytes = encodeText(random.chance(0.2) ? mutateTokens(text, random) : text);
  const changed = random.chance(0.3) ? mutateBytes(bytes, bytes, random) : bytes;
  return random.chance(0.05) ? Buffer.concat([changed, Buffer.alloc(random.int(1, 4096))]) : changed;
}

function packed(bytes: Buffer, random: Random): Buffer {
  const whole = gzipSync(bytes);
  if (random.chance(0.5)) return whole;
  return random.chance(0.5)
    ? whole.subarray(0, random.int(0, whole.length))
    : Buffer.from(mutateBytes(whole, whole, random));
}

function words(random: Random): readonly string[] {
  const some = (chance: number, ...given: readonly string[]): readonly string[] =>
    random.chance(chance) ? given : [];
  return [
    ...some(0.3, "--since", random.pick(["2026-11-28", "2026-11-28 12:00", "1h", "2d"])),
    ...some(0.2, "--until", random.pick(["2026-11-28 13:00", "2026-11-29"])),
    ...some(0.2, "--status", random.pick(["502", "5xx", "499,504"])),
    ...some(0.1, "--server", random.pick(["shop.example", ...PROTOTYPE_NAMES])),
    ...some(0.1, "--pool", random.pick(["www", ...PROTOTYPE_NAMES])),
  ];
}

/** `fpmlint diagnose` of logs with anything in them, alone or next to a tree. */
export const logs: Draw = (random, { fixtures }) => {
  const tree = random.chance(0.4) ? fixtures.pick(random) : new Map();
  if (random.chance(0.3)) mutateFiles(tree, random, mutateText);
  const names = ["fuzz-error.log", "fuzz-access.log", "fuzz-fpm.log", "fuzz-slow.log"].slice(
    0,
    random.int(1, 4),
  );
  const given = names.map((name) => {
    const bytes = log(random);
    const path = random.chance(0.2) ? `${name}.1.gz` : name;
    tree.set(path, file(path.endsWith(".gz") ? packed(bytes, random) : bytes));
    return path;
  });
  const paths = tree.has("etc/nginx/nginx.conf") && random.chance(0.7) ? ["etc"] : [];
  return { tree, run: { kind: "diagnose", words: [...words(random), ...given, ...paths] }, stdin: "" };
};
