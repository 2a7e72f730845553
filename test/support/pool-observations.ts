import * as fs from "node:fs";
import { type Running, request } from "./bench.js";
import type { Observation } from "./observations.js";
import { childrenOf } from "./processes.js";

/** What the workers of pools are seen to do. */

/** The pools of which a worker runs, by the titles that PHP-FPM gives its processes. */
export function runningPools(running: Running): readonly string[] {
  const workers = running.daemons.flatMap(({ name, pid }) => (name === "php-fpm" ? childrenOf(pid) : []));
  const titles = workers.map((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, "utf8"));
  return [...new Set(titles.flatMap((title) => /pool ([^\0]+?) *\0*$/.exec(title)?.[1] ?? []))];
}

export const poolObservations: Readonly<Record<string, Observation>> = {
  /** No site of the host is answered by one of the pools. */
  "pool-without-requests": async (running) => {
    const answered = new Set<string>();
    for (const host of ["shop.example.com", "blog.example.com"]) {
      const { body } = await request(running, { path: "/index.php", host });
      answered.add(/"pool":"([^"]*)"/.exec(body)?.[1] ?? "");
    }
    const idle = runningPools(running).filter((pool) => !answered.has(pool));
    return { seen: idle.length > 0, saw: `answers came from ${[...answered].join(", ")}` };
  },
};
