import { spawnSync } from "node:child_process";
import { lstatSync, realpathSync, statSync } from "node:fs";
import { recognise } from "../../causes/recognise.js";
import { directoryOf } from "../../host/path.js";
import type { UnitFacts } from "../../live/facts.js";
import type { Told } from "../../live/read-facts.js";
import type { Host } from "../../model/host.js";
import { fpmUnits, nginxUnits } from "../../model/machine/systemd.js";
import { decodeBytes } from "../../source/bytes.js";

/** The programs that `fpmlint doctor` runs, and no others: each only asks. */

/** Where a program of the system is; it is never looked for elsewhere. */
const DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

const ANSWER = 16 * 1024 * 1024;
const PATIENCE = 5000;

/** Fixed words; `UNITS` are the services of nginx and of the PHP-FPM of the host. */
export const PROGRAMS = [
  ["ss", "-xlH"],
  ["systemctl", "show", "--property=Id,LoadState,ActiveState,Result,NRestarts", "UNITS"],
  ["journalctl", "--dmesg", "--since=-1d", "--no-pager", "--quiet", "--output=short-iso"],
  ["nginx", "-V"],
] as const;

/** Asks the programs about a machine; `run`: whether any is started. `now`: as `logs/time.ts` counts. */
export function askPrograms(host: Host, run: boolean, now: number): Told {
  const units = [
    ...(host.nginx === null ? [] : nginxUnits),
    ...new Set(host.masters.flatMap((master) => fpmUnits(master))),
  ];
  const asked = PROGRAMS.map(([name, ...words]) => {
    const argv = words.flatMap((word): readonly string[] => (word === "UNITS" ? units : [word]));
    const command = [name, ...argv].join(" ");
    if (!run) return { name, command, problem: "--no-exec", text: null };
    return { name, command, ...answerOf(name, argv) };
  });
  const text = (name: string): string | null => asked.find((one) => one.name === name)?.text ?? null;
  return { ...readAll(text, now), programs: asked.map(({ command, problem }) => ({ command, problem })) };
}

/** The same of what they printed elsewhere, by the words with which they were called. */
export function toldBy(outputs: ReadonlyMap<string, string>, now: number): Told {
  const text = (name: string): string | null =>
    [...outputs].find(([command]) => command.startsWith(`${name} `))?.[1] ?? null;
  return {
    ...readAll(text, now),
    programs: [...outputs.keys()].map((command) => ({ command, problem: null })),
  };
}

function readAll(text: (name: string) => string | null, now: number): Omit<Told, "programs"> {
  const kernel = text("journalctl");
  const built = text("nginx");
  return {
    queues: readQueues(text("ss") ?? ""),
    units: readUnits(text("systemctl") ?? ""),
    kernelLines: kernel === null ? null : readKernel(kernel, now),
    built: built === null ? null : readBuilt(built),
  };
}

function answerOf(
  name: string,
  words: readonly string[],
): { readonly problem: string | null; readonly text: string | null } {
  const program = DIRECTORIES.map((directory) => `${directory}/${name}`).find(
    (path) => lstatSync(path, { throwIfNoEntry: false }) !== undefined,
  );
  if (program === undefined) return { problem: "it is not here", text: null };
  if (!isOfSystem(program)) return { problem: `${program} may be changed by others than root`, text: null };
  const ran = spawnSync(program, words, {
    env: { LC_ALL: "C", SYSTEMD_COLORS: "0", SYSTEMD_PAGER: "" },
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
    maxBuffer: ANSWER,
    timeout: PATIENCE,
  });
  if (ran.error !== undefined || ran.status !== 0) return { problem: "it gave no answer", text: null };
  // nginx writes what it was built with to standard error.
  return { problem: null, text: decodeBytes(name === "nginx" ? ran.stderr : ran.stdout) };
}

/** Whether it belongs to root, with its directory, and nobody else may write to either. */
function isOfSystem(program: string): boolean {
  try {
    const real = realpathSync(program);
    return (
      DIRECTORIES.includes(directoryOf(real)) &&
      [real, directoryOf(real)].every((path) => {
        const { uid, mode } = statSync(path);
        return uid === 0 && (mode & 0o022) === 0;
      })
    );
  } catch {
    return false;
  }
}

/** `u_str LISTEN 0 4096 /run/php/www.sock 12345 * 0`. */
export function readQueues(text: string): Told["queues"] {
  return new Map(
    text.split("\n").flatMap((line) => {
      const [kind, state, waiting = "", most = "", path = ""] = line.trim().split(/\s+/);
      if (kind !== "u_str" || state !== "LISTEN" || !path.startsWith("/")) return [];
      return [[path, { waiting: Number(waiting), most: Number(most) }] as const];
    }),
  );
}

/** Blocks of `Key=value` lines, one a service; those that are not loaded are left out. */
export function readUnits(text: string): readonly UnitFacts[] {
  return text.split(/\n\n+/).flatMap((block) => {
    const values = new Map(
      block.split("\n").map((line): [string, string] => {
        const at = line.indexOf("=");
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
    if (values.get("LoadState") !== "loaded") return [];
    const restarts = values.get("NRestarts") ?? "";
    return [
      {
        name: values.get("Id") ?? "",
        state: values.get("ActiveState") ?? "",
        result: values.get("Result") ?? "",
        restarts: /^\d+$/.test(restarts) ? Number(restarts) : null,
      },
    ];
  });
}

/** The kernel's lines about a process of nginx or PHP-FPM. */
export function readKernel(text: string, now: number): readonly string[] {
  return text.split("\n").filter((line) => {
    if (!/php-fpm|nginx/.test(line)) return false;
    const match = recognise(line, now)?.match;
    return match?.signature.by === "kernel" && /php-fpm|nginx/.test(match.parts.get("program") ?? "");
  });
}

/** `configure arguments: --prefix=/usr/share/nginx --http-client-body-temp-path=/var/lib/nginx/body …`. */
export function readBuilt(text: string): NonNullable<Told["built"]> {
  return [...text.matchAll(/(?:^|\s)(--[a-z-]+-path|--prefix)=(\S+)/g)].map(
    ([, option = "", value = ""]) => [option, value] as const,
  );
}
