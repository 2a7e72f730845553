import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { describe, test } from "vitest";

export interface Availability {
  readonly nginx: boolean;
  readonly fpm: boolean;
  readonly root: boolean;
  /** Why nothing can be proved here; `null` when everything is there. */
  readonly reason: string | null;
}

/** A directory of `npm run daemons`: its daemons are used instead of the installed ones, and no others. They start in /. */
const instead =
  process.env.FPMLINT_DAEMONS === undefined ? undefined : path.resolve(process.env.FPMLINT_DAEMONS);

/** Whether PHP-FPM comes back from a reload: it starts its program again, and without its own libraries that ends. */
export const reloads: boolean = instead === undefined;

export const nginxCommand: string | null = newest(/^nginx$/);
export const fpmCommand: string | null = newest(/^php-fpm\d*(\.\d+)?$/);
/** PHP's command line of the same version as the daemon; `null`: it is not there. */
export const phpCommand: string | null = beside(fpmCommand);

/** What the daemons are: `1.22.1` and `8.2.31`; `null`: not there. */
export const versions: { readonly nginx: string | null; readonly php: string | null } = {
  nginx: versionOf(nginxCommand, /nginx\/(\d+\.\d+\.\d+)/),
  php: versionOf(fpmCommand, /^PHP (\d+\.\d+\.\d+)/m),
};

/** PHP's version as directories have it: `8.2`. */
export const phpBranch: string | null = versions.php?.replace(/\.\d+$/, "") ?? null;

/** The program that a command starts: the commands of FPMLINT_DAEMONS are scripts. */
export function programOf(command: string): string {
  const program = path.join(path.dirname(command), "../binaries", path.basename(command));
  return instead !== undefined && fs.existsSync(program) ? fs.realpathSync(program) : command;
}

function versionOf(command: string | null, pattern: RegExp): string | null {
  if (command === null) return null;
  const { stdout, stderr } = spawnSync(command, ["-v"], { encoding: "utf8" });
  return pattern.exec(stdout + stderr)?.[1] ?? null;
}

function beside(fpm: string | null): string | null {
  if (fpm === null) return null;
  const name = path.basename(fpm).replace("-fpm", "");
  return newest(new RegExp(`^${name.replaceAll(".", "\\.")}$`));
}

export function daemonsAvailable(): Availability {
  const nginx = nginxCommand !== null;
  const fpm = fpmCommand !== null;
  const root = process.getuid?.() === 0;
  const missing = [
    ...(nginx ? [] : ["nginx is not installed"]),
    ...(fpm ? [] : ["php-fpm is not installed"]),
  ];
  // Without root no daemon can change its user, and what is proved is who may open what.
  if (!root) missing.push("not running as root");
  return { nginx, fpm, root, reason: missing.length === 0 ? null : missing.join(", ") };
}

/** Packages put daemons where an ordinary user's PATH does not look. */
function newest(name: RegExp): string | null {
  const installed = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  const directories = instead === undefined ? installed : [path.join(instead, "bin")];
  const found = directories.filter(Boolean).flatMap((directory) => {
    const names = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    return names.filter((entry) => name.test(entry)).map((entry) => path.join(directory, entry));
  });
  const byVersion = (a: string, b: string): number =>
    path.basename(b).localeCompare(path.basename(a), "en", { numeric: true });
  return found.sort(byVersion)[0] ?? null;
}

/** Registers one proof inside `describeProofs`. */
export type RegisterProof = (
  name: string,
  prove: () => Promise<void>,
  /** Why these daemons cannot show it; absent or `null`: they can. */
  otherVersion?: string | null,
) => void;

/** Long enough for a slow machine: no proof says anything about speed. */
const TIMEOUT_MS = 600_000;

/**
 * A block of tests that need the daemons. Without them the proofs are skipped, and at the end of the
 * run one line says how many and why, unless FPMLINT_REQUIRE_DAEMONS=1: then each of them fails with
 * that reason.
 */
export function describeProofs(
  name: string,
  register: (proof: RegisterProof) => void,
  available: Availability = daemonsAvailable(),
): void {
  const required = process.env.FPMLINT_REQUIRE_DAEMONS === "1";
  const reason = available.reason;
  describe(name, () => {
    register((title, prove, otherVersion = null) => {
      if (reason === null && otherVersion !== null)
        test(title, ({ skip }) => skip(`proof of ${title}: ${otherVersion}`));
      else if (reason === null) test.concurrent(title, () => limited(prove), TIMEOUT_MS);
      else if (required) test(title, () => refuse(reason));
      else test(title, ({ skip }) => skip(`proof: ${reason}`));
    });
  });
}

function refuse(reason: string): void {
  throw new Error(`FPMLINT_REQUIRE_DAEMONS is set, but ${reason}`);
}

const LIMIT = 4;
let active = 0;
const waiting: (() => void)[] = [];

/** Runs at most four at a time: each is two daemons with their workers. */
export async function limited<T>(work: () => Promise<T>): Promise<T> {
  if (active < LIMIT) active += 1;
  else await new Promise<void>((resolve) => waiting.push(resolve));
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) active -= 1;
    else next();
  }
}
