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

export const nginxCommand: string | null = newest(/^nginx$/);
export const fpmCommand: string | null = newest(/^php-fpm\d*(\.\d+)?$/);

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
  const directories = [...(process.env.PATH ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];
  const found = directories.filter(Boolean).flatMap((directory) => {
    const names = fs.existsSync(directory) ? fs.readdirSync(directory) : [];
    return names.filter((entry) => name.test(entry)).map((entry) => path.join(directory, entry));
  });
  const byVersion = (a: string, b: string): number =>
    path.basename(b).localeCompare(path.basename(a), "en", { numeric: true });
  return found.sort(byVersion)[0] ?? null;
}

/** Registers one proof inside `describeProofs`. */
export type RegisterProof = (name: string, prove: () => Promise<void>) => void;

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
    register((title, prove) => {
      if (reason === null) test.concurrent(title, () => limited(prove), TIMEOUT_MS);
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
