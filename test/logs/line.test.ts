import { describe, expect, test } from "vitest";
import { recogniseLine } from "../../src/causes/recognise.js";
import { unwrapped } from "../../src/logs/docker.js";
import { readLine } from "../../src/logs/line.js";

const NOW = Date.UTC(2026, 11, 1);
const AT = Date.UTC(2026, 10, 28, 12);
const NGINX =
  "2026/11/28 12:00:00 [crit] 7#7: *1 connect() to unix:/run/a.sock failed (13: Permission denied) while connecting to upstream";
const FPM =
  "[28-Nov-2026 12:00:00] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it";
const PHP = "PHP Fatal error:  Uncaught Error: Call to undefined function nope() in /srv/a.php:3";

describe("a line is known with what others put before it", () => {
  test.each([
    [
      "syslog's priority, and a container as the program",
      `<187>Nov 28 12:00:00 web1 docker/web[99]: ${NGINX}`,
      "socket-denied",
    ],
    ["a unit of any name", `Nov 28 12:00:00 web1 shop-php[99]: ${FPM}`, "max-children"],
    ["docker logs -t", `2026-11-28T12:00:00.123456789Z ${NGINX}`, "socket-denied"],
    ["kubectl logs --prefix", `[pod/web-7d9/php] ${FPM}`, "max-children"],
    ["docker compose logs -t", `web-1  | 2026-11-28T12:00:00.123456789Z ${NGINX}`, "socket-denied"],
    [
      "dmesg -T",
      "[Sat Nov 28 12:00:00 2026] Out of memory: Killed process 77 (php-fpm8.2) total-vm:1kB",
      "oom",
    ],
    ["PHP's own log", `[28-Nov-2026 12:00:00 UTC] ${PHP}`, "fatal"],
    ["the same with a zone", `[28-Nov-2026 12:00:00 Europe/Berlin] ${PHP}`, "fatal"],
  ])("%s", (_, text, id) => {
    const line = readLine(unwrapped(text), NOW);
    expect(line?.time).toBe(AT);
    expect(line && recogniseLine(line)?.signature.id).toBe(id);
  });

  test.each([
    [`NOTICE: PHP message: ${PHP}`, "fatal"],
    ["ERROR: Unable to open primary script: /srv/a.php (Permission denied)", "script-denied"],
    [
      "NOTICE: Access to the script '/srv/a.txt' has been denied (see security.limit_extensions)",
      "extension-denied",
    ],
  ])("a worker's own line: %s", (text, id) => {
    const line = readLine(text, NOW);
    expect(line).toMatchObject({ by: "php-fpm", time: null });
    expect(line && recogniseLine(line)?.signature.id).toBe(id);
  });

  test.each([
    "ERROR: something of another program",
    "[Sat Nov 28 12:00:00 2026 UTC] x",
    "[28-Nov-2026 12:00:00 UTC] something of another program",
    "Nov 28 12:00:00 web1 cron[1]: (root) CMD (true)",
  ])("another program's line is none: %s", (text) => {
    expect(readLine(unwrapped(text), NOW)).toBeNull();
  });
});
