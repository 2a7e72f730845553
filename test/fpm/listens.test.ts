/** Which `listen` PHP-FPM refuses when it starts: our reading against the daemon's. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fpmAddress, showAddress } from "../../src/model/address/address.js";
import { listenFault, meantListen } from "../../src/model/address/refused-listen.js";
import { olderThan } from "../../src/source/version.js";
import { describeProofs, fpmCommand, phpBranch } from "../daemons/available.js";
import { startChild, waitFor, waitsForEvents } from "../daemons/processes.js";

interface Row {
  readonly listen: string;
  /** What PHP-FPM refuses and how; `null`: it listens. */
  readonly part: "port" | "service" | "host" | null;
  /** What the text shows that was meant, or the address that it listens on. */
  readonly meant: string | null;
}

const refused = (part: Row["part"], listen: string, meant: string | null): Row => ({ listen, part, meant });
const taken = (listen: string, meant: string): Row => ({ listen, part: null, meant });

/** What it says of each part. */
const says = {
  port: "invalid port value",
  service: "Servname not supported for ai_socktype",
  host: "Name or service not known",
};

const table: readonly Row[] = [
  refused("port", "99999999999", null),
  refused("port", "0", null),
  refused("port", "127.0.0.1:-1", null),
  refused("port", "127.0.0.1:http", null),
  refused("port", "127.0.0.1:", null),
  refused("port", "unix:/run/a.sock", "/run/a.sock"),
  refused("port", "/run/php/www.sock:", null),
  refused("service", "[::1]", null),
  refused("service", "127.0.0.1:29501/x", "127.0.0.1:29501"),
  refused("service", "127.0.0.1:29501abc", null),
  refused("host", "::1]:29501", "[::1]:29501"),
  refused("host", "[::1:29501", "[::1]:29501"),
  refused("host", "::1", null),
  refused("host", ":29501", "29501"),
  refused("host", "256.0.0.1:29501", null),
  refused("host", "127.0.0.1.:29501", null),
  refused("host", "tcp://127.0.0.1:29501", "127.0.0.1:29501"),
  refused("host", "127.0.0.1:29501:29502", null),
  refused("host", "127.0.0.1:29501,127.0.0.1:29502", "127.0.0.1:29501"),
  taken("00029501", "port 29501 on all addresses"),
  taken("127.0.0.1:4294996797", "127.0.0.1:29501"),
  taken("127.0.0.1: +29501", "127.0.0.1:29501"),
  taken("[127.0.0.1]:29501", "127.0.0.1:29501"),
  taken("127.1:29501", "127.0.0.1:29501"),
];

test.each(table)("we read $listen so", ({ listen, part, meant }) => {
  const fault = listenFault(listen);
  const address = fpmAddress(listen);
  expect(fault?.part ?? null).toBe(part);
  expect(address === null).toBe(part !== null);
  expect(address === null ? meantListen(listen) : showAddress(address)).toBe(meant);
});

test.each(["{{ host }}:9000", "$HOST:9000", "%h:9000", "php:9000", "fe80::1%eth0:9000", "10.0.0.7:9000"])(
  "what depends on more than the text is not refused: %s",
  (listen) => expect(listenFault(listen)).toBeNull(),
);

/** PHP 7 starts with numbers of ports that are beyond any number. */
const older =
  phpBranch !== null && olderThan(phpBranch, "8.0")
    ? `PHP ${phpBranch} starts with ports that are none`
    : null;

describeProofs("PHP-FPM reads the same", (proof) => {
  // One after the other: they share a port.
  proof(
    "every row",
    async () => {
      const directory = mkdtempSync(join(tmpdir(), "fpmlint-listen-"));
      try {
        for (const { listen, part } of table) {
          const main = join(directory, "m.conf");
          const pool = "user = nobody\npm = static\npm.max_children = 1\n";
          writeFileSync(main, `[global]\nerror_log = ${directory}/log\n[www]\n${pool}listen = "${listen}"\n`);
          writeFileSync(join(directory, "out"), "");
          const child = startChild(fpmCommand ?? "", ["-n", "-F", "-y", main], join(directory, "out"), {});
          await waitFor(() => child.exited() || waitsForEvents(child.pid), 30_000);
          const started = !child.exited();
          await child.stop();
          expect({ listen, started }).toEqual({ listen, started: part === null });
          if (part !== null) expect(readFileSync(join(directory, "out"), "utf8")).toContain(says[part]);
        }
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    },
    older,
  );
});
