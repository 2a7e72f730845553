import { fpmCommand, nginxCommand } from "../../daemons/available.js";
import { type Copy, fpmCall, nginxCall } from "../../daemons/bench.js";
import { call } from "./call.js";

/**
 * What `-t` says of every main file that the host has: `accepted` is all of them. `not asked`: it has none,
 * as a template or a compose file.
 */
export type Answer = "accepted" | "refused" | "not asked";

export async function askDaemons(copy: Copy): Promise<Answer> {
  if (nginxCommand === null || fpmCommand === null) throw new Error("nginx or PHP-FPM is not installed");
  const { nginx, masters } = copy.hosts;
  const asked = [
    ...(nginx === null ? [] : [{ command: nginxCommand, ...nginxCall(copy, nginx) }]),
    ...masters.map((master) => ({ command: fpmCommand ?? "", ...fpmCall(copy, master) })),
  ];
  if (asked.length === 0) return "not asked";
  for (const { command, args, env } of asked) {
    const { status } = await call(command, ["-t", ...args], copy.dir, env);
    if (status !== 0) return "refused";
  }
  return "accepted";
}

/** A gixy that crashes on a host has at least not passed it. */
const NO_ANSWER: ReadonlySet<string> = new Set(["no-answer"]);

/** What gixy reports in each of these copies, by its plugins. One start of gixy reads all of them. */
export async function askGixy(
  command: string,
  copies: readonly Copy[],
  scratch: string,
): Promise<ReadonlyMap<Copy, ReadonlySet<string>>> {
  const mains = new Map(
    copies.flatMap((copy) =>
      copy.hosts.nginx === null ? [] : [[copy.root + copy.hosts.nginx, copy] as const],
    ),
  );
  if (mains.size === 0) return new Map();
  const { out, err } = await call(command, ["-f", "json", ...mains.keys()], scratch);
  const reported = pluginsByFile(out);
  if (reported === null) {
    if (copies.length === 1) {
      process.stderr.write(`gixy ended without an answer: ${err.trim().split("\n").at(-1)}\n`);
      return new Map(copies.map((copy) => [copy, NO_ANSWER]));
    }
    // One of them ends it for all.
    const half = Math.ceil(copies.length / 2);
    const first = await askGixy(command, copies.slice(0, half), scratch);
    return new Map([...first, ...(await askGixy(command, copies.slice(half), scratch))]);
  }
  return new Map([...mains].map(([main, copy]) => [copy, reported.get(main) ?? new Set<string>()]));
}

/** Of gixy's JSON: main file → the plugins that reported something. `null`: it is not gixy's JSON. */
export function pluginsByFile(json: string): ReadonlyMap<string, ReadonlySet<string>> | null {
  const byFile = new Map<string, Set<string>>();
  try {
    for (const { path, plugin } of JSON.parse(json) as readonly { path: string; plugin: string }[])
      byFile.set(path, (byFile.get(path) ?? new Set()).add(plugin));
    return byFile;
  } catch {
    return null;
  }
}
