/** Names of temporary files, and those that a killed run left. */
import { createHash, randomBytes } from "node:crypto";
import { lstatSync, readdirSync, readlinkSync, unlinkSync } from "node:fs";
import { readRegular } from "../../host/door.js";
import { joinPath } from "../../host/path.js";
import { codeOf, saidOf } from "../../host/system-error.js";
import { decodeBytes } from "../../source/bytes.js";
import type { HeldDirectory } from "./directory.js";

/** The process, when it started, and where its number counts; files of an older fpmlint lack these. */
const TEMPORARY = /^\.fpmlint-(?:(\d+)-(\d+)-([0-9a-f]{8})-)?[0-9a-f]{24}\.tmp$/;

/**
 * A name that no other run takes, and that matches no pattern of an `include`: PHP-FPM may read the
 * directory at this moment.
 */
export function temporaryName(): string {
  const random = randomBytes(12).toString("hex");
  return `.fpmlint-${process.pid}-${startOf(String(process.pid)) ?? 0}-${numbering()}-${random}.tmp`;
}

/**
 * Removes what killed runs left in a directory. A file that is not known to be left over, because its
 * process may run in another container or on another machine, stays, and so does one that cannot be
 * removed: one sentence for each. `owners`: of files that a run may have made. Never throws.
 */
export function removeLeftovers(directory: HeldDirectory, owners: ReadonlySet<number>): readonly string[] {
  return namesIn(directory).flatMap((name) => {
    const [matched, pid, start, where] = TEMPORARY.exec(name) ?? [];
    if (matched === undefined || !isOurs(directory, name, owners)) return [];
    const known = where !== undefined && where !== NOWHERE && where === numbering();
    if (known && isRunning(Number(pid), start)) return [];
    if (!known)
      return [
        `${joinPath(directory.path, name)}: left by a run of fpmlint that was killed or is still running elsewhere; if none is running, remove it`,
      ];
    const refusal = remove(directory, name);
    return refusal === null ? [] : [refusal];
  });
}

/** Removes a temporary file. `null`: done, or it is gone; else a sentence that names it. Never throws. */
export function remove(directory: HeldDirectory, name: string): string | null {
  try {
    unlinkSync(directory.at(name));
    return null;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    const said = saidOf(error, "it may not be");
    return `${joinPath(directory.path, name)}: could not be removed (${said}); no daemon reads it, and you can remove it by hand`;
  }
}

function namesIn(directory: HeldDirectory): readonly string[] {
  try {
    return readdirSync(directory.at("."), { encoding: "buffer" }).map(decodeBytes).sort();
  } catch {
    // It may be written and not be read.
    return [];
  }
}

function isOurs(directory: HeldDirectory, name: string, owners: ReadonlySet<number>): boolean {
  try {
    const stats = lstatSync(directory.at(name));
    return stats.isFile() && stats.nlink === 1 && owners.has(stats.uid);
  } catch {
    return false;
  }
}

const NOWHERE = "00000000";
let numbers: string | null = null;

/** Where process numbers mean the same as here: one boot of one machine, and one container of it. */
function numbering(): string {
  numbers ??= readNumbering();
  return numbers;
}

function readNumbering(): string {
  const boot = readRegular("/proc/sys/kernel/random/boot_id");
  if (boot.kind === "refused") return NOWHERE;
  try {
    const here = `${boot.bytes.toString("latin1")}${readlinkSync("/proc/self/ns/pid")}`;
    return createHash("sha256").update(here).digest("hex").slice(0, 8);
  } catch {
    return NOWHERE;
  }
}

/** Whether the process of this number is the one that started then, as far as this user may know. */
function isRunning(pid: number, start: string | undefined): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  // /proc may be mounted so that it hides what others run.
  const now = startOf(String(pid));
  return now === null || now === start;
}

/** When a process started, in the kernel's ticks since boot; `null`: it does not run, or is hidden. */
function startOf(pid: string): string | null {
  const opened = readRegular(`/proc/${pid}/stat`);
  if (opened.kind === "refused") return null;
  // The second word, in brackets, may hold spaces and brackets itself.
  const words = opened.bytes
    .toString("latin1")
    .replace(/^.*\) /s, "")
    .split(" ");
  return words[19] ?? null;
}
