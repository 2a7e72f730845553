/** What not every machine allows, and incidents need. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lazily } from "../../../src/source/memo.js";
import { makeGroup } from "../measure/group.js";

/**
 * `mount`: small file systems; `memory`: control groups that bound it; `kernel`: these, and the kernel's lines; `swap`:
 * these, and a file to swap to; `acl`: access control lists.
 */
export type Need = "mount" | "memory" | "kernel" | "swap" | "acl";

const WHY: Readonly<Record<Need, () => string | null>> = {
  mount: lazily(whyNoMount),
  memory: lazily(whyNoMemory),
  kernel: lazily(() => whyNoMemory() ?? whyNot("dmesg", ["--level", "emerg"])),
  swap: lazily(() => whyNoMemory() ?? whyNoSwap()),
  acl: lazily(() => whyNot("setfacl", ["--version"])),
};

/** What this machine lets nobody do; `null`: it can be done. */
export function lacks(need: Need): string | null {
  return process.getuid?.() === 0 ? WHY[need]() : "only root may";
}

function whyNot(program: string, words: readonly string[]): string | null {
  const { error, status } = spawnSync(program, words, { stdio: "ignore" });
  if (error !== undefined) return `there is no ${program} here`;
  return status === 0 ? null : `${program} is refused here`;
}

function whyNoMemory(): string | null {
  const group = makeGroup(64 << 20);
  if ("why" in group) return group.why;
  void group.remove();
  return null;
}

function whyNoMount(): string | null {
  const probe = mkdtempSync(join(tmpdir(), "fpmlint-mount-"));
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=64k", "fpmlint", probe]);
  if (status === 0) spawnSync("umount", [probe]);
  rmSync(probe, { recursive: true });
  return status === 0 ? null : "no file system can be mounted";
}

function whyNoSwap(): string | null {
  const probe = mkdtempSync(join(tmpdir(), "fpmlint-swap-"));
  try {
    makeSwap(join(probe, "swap"), 1 << 20);
    spawnSync("swapoff", [join(probe, "swap")]);
    return null;
  } catch (error) {
    return `no file can be swapped to: ${error instanceof Error ? error.message : String(error)}`;
  } finally {
    rmSync(probe, { recursive: true });
  }
}

/** Makes a file and has the kernel swap to it. */
export function makeSwap(path: string, bytes: number): void {
  writeFileSync(path, Buffer.alloc(bytes));
  chmodSync(path, 0o600);
  for (const [program, ...words] of [
    ["mkswap", path],
    ["swapon", path],
  ] as const) {
    const { status, stderr, error } = spawnSync(program, words, { encoding: "utf8" });
    if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr}`);
  }
}

/** What the kernel has said, the oldest first. */
export function kernelLines(): readonly string[] {
  const { stdout } = spawnSync("dmesg", [], { encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return stdout.split("\n").filter((line) => line !== "");
}
