import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { commandIn } from "../../../support/run-command.js";
import { drawnAnew } from "../../topology/support/hosts.js";

/** A day on the host `example`: lines as nginx and PHP-FPM write them, and what `fpmlint diagnose` makes of them. */

const two = (number: number): string => String(number).padStart(2, "0");
const client = (server: string, address: string): string =>
  `, client: 203.0.113.77, server: ${server}, request: "GET /a.php HTTP/1.1", upstream: "fastcgi://unix:${address}:", host: "${server}"`;

/** So many requests that waited too long in an hour, and that all workers were busy then. */
function crowd(hour: number, requests: number): string {
  const lost = Array.from(
    { length: requests },
    (_, index) =>
      `2026/11/28 ${two(hour)}:10:${two(index % 60)} [error] 7#7: *${index} upstream timed out (110: Connection timed out) while reading response header from upstream${client("shop.example.com", "/run/php/shop.sock")}\n`,
  );
  const full = `[28-Nov-2026 ${two(hour)}:05:00] WARNING: [pool shop] server reached pm.max_children setting (20), consider raising it\n`;
  return `${full}${lost.join("")}`;
}

const MISSING = `2026/11/28 09:00:00 [crit] 7#7: *1 connect() to unix:/run/php/php7.4-fpm.sock failed (2: No such file or directory) while connecting to upstream${client("blog.example.com", "/run/php/php7.4-fpm.sock")}\n`;
const BUSY =
  "[28-Nov-2026 08:00:00] WARNING: [pool shop] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning 8 children, there are 0 idle, and 12 total children\n";

export const LOG = `${BUSY}${MISSING.repeat(3)}${crowd(10, 12)}${crowd(13, 40)}`;

const NOW = { now: () => Date.UTC(2026, 10, 28, 23) };
const top = fileURLToPath(new URL("../../../../fixtures/hosts/example", import.meta.url));

/** What `fpmlint diagnose --format json` prints for the lines. */
export function diagnosisOf(log: string): Promise<string> {
  return inFile(log, async (file) => {
    const { out, status } = await commandIn(top, ["diagnose", "--format", "json", ".", file], NOW);
    if (status !== 1) throw new Error(`${status}`);
    return out;
  });
}

/** The page of the example with such a document. */
export function pageWith(document: string, ...words: readonly string[]): Promise<string> {
  return inFile(document, (file) => drawnAnew("example", "--format", "html", ...words, "--with", file));
}

/** Calls it with the name of a file of that text. */
export async function inFile<T>(text: string, work: (file: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "fpmlint-day-"));
  try {
    const file = join(directory, "day");
    writeFileSync(file, text);
    return await work(file);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
