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
  if (reported === null) throw new Error(`gixy printed no JSON:\n${err}`);
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
