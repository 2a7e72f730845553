import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { type DumpLine, parseDump } from "../fpm/support/dump.js";
import { fpmCommand } from "./available.js";
import { logs, type Running, walk } from "./bench.js";
import { ask, type Observation } from "./observation.js";
import { childrenOf, waitFor } from "./processes.js";

/** What the master logs when it restarts itself because of crashes. */
const RESTARTS = "failed processes threshold";

/** What PHP-FPM makes of its files, seen in `php-fpm -tt` of the copy. */

interface WrittenLine {
  readonly file: string;
  readonly key: string;
  readonly value: string;
  /** The header above it in its own file; `null` before the first. */
  readonly section: string | null;
  /** An `include` stands between that header and the line. */
  readonly behindInclude: boolean;
}

function mains(running: Running): readonly string[] {
  return running.copy.hosts.masters.map(({ main }) => running.copy.root + main);
}

/** The lines of the copy's PHP-FPM files, as a person reads them. */
function written(running: Running): readonly WrittenLine[] {
  const files = [...walk(running.copy.root)].filter((file) =>
    /php[^/]*\/.*\.conf$|php-fpm\.conf$/.test(file),
  );
  return files.flatMap((file) => {
    let section: string | null = null;
    let behindInclude = false;
    return fs
      .readFileSync(file, "utf8")
      .split("\n")
      .flatMap((line): WrittenLine[] => {
        const header = /^\[(.*?)\]/.exec(line)?.[1];
        if (header !== undefined) [section, behindInclude] = [header, false];
        const [, key, rest = ""] = /^\s*([^;[=\s][^=]*?)\s*=\s*(.*)$/.exec(line) ?? [];
        if (key === undefined) return [];
        if (key === "include") behindInclude = true;
        const value =
          /^"(.*)"|^'(.*)'|^([^;]*)/
            .exec(rest)
            ?.slice(1)
            .find((one) => one !== undefined) ?? "";
        return key === "include" ? [] : [{ file, key, value: value.trim(), section, behindInclude }];
      });
  });
}

function dumps(running: Running): ReadonlyMap<string, readonly DumpLine[]> {
  const all = new Map<string, readonly DumpLine[]>();
  for (const main of mains(running)) {
    const args = ["-tt", "-y", main, "-p", `${running.copy.root}/usr`];
    const answer = spawnSync(fpmCommand ?? "", args, { encoding: "utf8", env: { PHP_INI_SCAN_DIR: "" } });
    for (const [name, lines] of parseDump(answer.stderr)) all.set(name, lines);
  }
  return all;
}

const unprinted: ReadonlySet<string> = new Set(["syslog.facility", "process.priority", "ping.response"]);
const seconds: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86400 };

/** Every way in which the daemon may print what is written. */
function spellings(value: string): readonly string[] {
  const [, count, unit = ""] = /^(\d+) *([smhd]?)$/.exec(value) ?? [];
  const time =
    count === undefined ? [] : [Number(count) * (seconds[unit] ?? 1)].flatMap((n) => [`${n}`, `${n}s`]);
  const yes = /^(?:yes|on|true|1)$/i.test(value) ? ["yes", "1"] : [];
  const unlimited = value === "unlimited" ? ["-1"] : [];
  const no = /^(?:no|off|false|none|0|)$/i.test(value) ? ["no", "0", ""] : [];
  const mode = /^0?[0-7]{3}$/.test(value) ? [`0${Number(value)}`, String(Number(value))] : [];
  const plain = value.replace(/\\(.)/g, "$1");
  return [value, plain, ...time, ...yes, ...no, ...unlimited, ...mode].map((text) => text.toLowerCase());
}

function shown(lines: readonly WrittenLine[]): string {
  return lines.map(({ key, value }) => `${key} = ${value}`).join(", ") || "nothing";
}

export const fpmObservations: Readonly<Record<string, Observation>> = {
  /** A line whose value the daemon does not work with. */
  "value-read-otherwise": async (running) => {
    const dump = dumps(running);
    const odd = written(running).filter(({ file, key, value, section }) => {
      // Values of the running host, sums of numbers and constants, and what is printed in another form.
      if (value.includes("${") || /^[\dA-Z_()]+ *[|&^]/.test(value) || unprinted.has(key)) return false;
      const own = section ?? (mains(running).includes(file) ? "global" : null);
      const lines = own === null ? [...dump.values()].flat() : (dump.get(own) ?? []);
      const called = key.replace(/\["(.*)"\]$/, "[$1]");
      const printed = lines.filter(([name]) => name === called.toLowerCase() || name === called);
      const wanted = spellings(value.replaceAll("$pool", section ?? ""));
      return (
        (printed.length > 0 || /^env\[/i.test(key)) &&
        !printed.some(([, text]) => wanted.includes(text.toLowerCase()))
      );
    });
    return { seen: odd.length > 0, saw: `read otherwise: ${shown(odd)}` };
  },
  /** Of two lines for one php.ini setting the first is at work. */
  "first-value-counts": async (running, [wanted]) => {
    const limits = written(running).filter(({ key }) => key === "php_admin_value[memory_limit]");
    const { body } = await ask(running, wanted);
    const differ = new Set(limits.map(({ value }) => value)).size > 1;
    return {
      seen: differ && body.includes(`"memory_limit":"${limits[0]?.value}"`),
      saw: `${shown(limits)}; ${body}`,
    };
  },
  /** More workers crash than any threshold of the fixtures allows, and the master goes on as it was. */
  "no-restart-after-crashes": async (running) => {
    const halves = written(running).filter(({ key }) => key.startsWith("emergency_restart_"));
    // Without the settings, or with a 0, nobody asked for a restart.
    if (halves.length === 0 || halves.some(({ value }) => value === "0"))
      return { seen: false, saw: `asked for: ${shown(halves)}` };
    const master = running.daemons.find(({ name }) => name === "php-fpm");
    const read = () => {
      const text = logs(running).fpm;
      return { crashes: text.split("exited on signal 11").length - 1, restarts: text.includes(RESTARTS) };
    };
    for (let count = 1; master !== undefined && count <= 4 && !read().restarts; count += 1) {
      const [victim] = childrenOf(master.pid);
      if (victim !== undefined) process.kill(Number(victim), "SIGSEGV");
      await waitFor(() => read().crashes >= count || read().restarts, 10_000);
    }
    const { crashes, restarts } = read();
    return { seen: crashes >= 4 && !restarts, saw: `${crashes} crashes, ${restarts ? "a" : "no"} restart` };
  },
  /** A line without a header of its own is at work in a pool. */
  "setting-in-other-pool": async (running) => {
    const pools = [...dumps(running)].filter(([name]) => name !== "global");
    const loose = written(running).filter(
      ({ file, section, behindInclude }) => behindInclude || (section === null && file.includes("/pool.d/")),
    );
    const at = loose.filter(({ key, value, section }) =>
      pools
        .filter(([name]) => name !== section)
        .some(([, lines]) =>
          lines.some(([name, text]) => name === key && spellings(value).includes(text.toLowerCase())),
        ),
    );
    return { seen: at.length > 0, saw: `in a pool: ${shown(at)}` };
  },
  "nothing-included": async (running) => {
    const seen = logs(running).fpm.includes("Nothing matches the include pattern");
    return { seen, saw: seen ? "the warning" : "no warning" };
  },
};
