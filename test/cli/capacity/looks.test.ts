import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, expect } from "vitest";
import { workersIn } from "../../../src/capacity/at-work.js";
import { looked } from "../../../src/cli/capacity/looks.js";
import { askFpm } from "../../../src/cli/fastcgi.js";
import type { Pool } from "../../../src/fpm/types.js";
import { diskFilesystem } from "../../../src/host/disk.js";
import { buildHost } from "../../../src/model/build.js";
import type { Looked } from "../../../src/sizing/live-host.js";
import type { PoolLoad } from "../../../src/sizing/load.js";
import { describeProofs, fpmCommand } from "../../daemons/available.js";
import { type Child, startChild, waitFor, waitsForEvents } from "../../daemons/processes.js";

/** Two looks at a real pool under load. */

/** Of each pool: five idle ones have to be left that did not answer for the status page last. */
const WORKERS = 16;

const dir = mkdtempSync("/tmp/fpmlint-looks-");
let child: Child | null = null;
afterAll(async () => {
  await child?.stop();
  rmSync(dir, { recursive: true });
});

function hostOf(main: string) {
  const spec = { name: ".", root: "/", nginx: null, fragments: [], fpm: [main], pools: [] };
  return buildHost(spec, diskFilesystem({ root: "/", workingDirectory: "/" }), { phpVersion: "8.2" });
}

describeProofs("what the workers of a pool do", (proof) => {
  proof("is told by their processes and by the status page", async () => {
    const main = `${dir}/php-fpm.conf`;
    const pool = (name: string, more: string): string =>
      `[${name}]\nuser = www-data\nlisten = ${dir}/${name}.sock\nlisten.mode = 0600\npm = static\npm.max_children = ${WORKERS}\n${more}`;
    writeFileSync(
      main,
      `[global]\npid = ${dir}/pid\nerror_log = ${dir}/log\n${pool("busy", "pm.status_path = /status\n")}${pool("quiet", "")}`,
    );
    // Half of it is computing.
    writeFileSync(
      `${dir}/work.php`,
      "<?php $end = microtime(true) + 0.005; while (microtime(true) < $end); usleep(5000); echo getmypid();",
    );
    chmodSync(dir, 0o755);
    const started = startChild(fpmCommand ?? "", ["-n", "-F", "-y", main], `${dir}/out`, {
      PATH: process.env.PATH,
    });
    child = started;
    await waitFor(() => started.exited() || waitsForEvents(started.pid), 60_000);
    const params = [
      ["SCRIPT_FILENAME", `${dir}/work.php`],
      ["REQUEST_METHOD", "GET"],
      ["REQUEST_URI", "/work"],
    ] as const;
    let asking = true;
    const workers = new Set<string>();
    const client = async (goesOn: () => boolean): Promise<void> => {
      while (goesOn()) {
        const body = await askFpm({ path: `${dir}/busy.sock` }, params, 60_000);
        if (body !== null) workers.add(body);
      }
    };
    const clients = [client(() => asking), client(() => asking)];
    const host = hostOf(main);
    const [busyPool, quietPool] = host.pools;
    let [loads, seen]: [Looked["loads"], Looked["seen"]] = [new Map(), () => []];
    const told = (pool: Pool | undefined): PoolLoad | null => (pool && loads.get(pool)) ?? null;
    // On a busy machine an answer may come too late for a look.
    for (let tried = 0; tried < 20 && (told(busyPool)?.share ?? null) === null; tried += 1) {
      // The page tells how long the last request of an idle worker took, and two clients may always meet the same two.
      workers.clear();
      const all = (): boolean => workers.size === WORKERS;
      await Promise.all(Array.from({ length: WORKERS }, () => client(() => !all())));
      ({ loads, seen } = await looked(host));
    }
    asking = false;
    await Promise.all(clients);
    const [busy, quiet] = [told(busyPool), told(quietPool)];
    expect(busy?.cores).toBeGreaterThan(0);
    expect(busy?.rate).toBeGreaterThan(0);
    expect(busy?.mean).toBeGreaterThanOrEqual(0.01);
    expect(busy?.share).toBeGreaterThan(0.05);
    expect(busy?.share).toBeLessThanOrEqual(1);
    expect(quiet).toMatchObject({ rate: null, mean: null, share: null });
    // Their workers are small, and each was looked at twice.
    for (const pool of host.pools) {
      expect(seen(pool)).toHaveLength(2 * WORKERS);
      expect(workersIn(seen(pool))).toBe(WORKERS);
      expect(new Set(seen(pool).map(({ look }) => look))).toEqual(new Set([0, 1]));
    }
  });
});

describeProofs("who does not answer", (proof) => {
  proof("is not waited for", async () => {
    expect(await askFpm({ path: `${dir}/nobody.sock` }, [], 1000)).toBeNull();
  });
});
