// The Node that becomes part of the binary: from the npm registry, of one version, with the digest written here.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";

const VERSION = "26.12.1";

/** By `process.arch`: what the registry says is the digest of the package `node-linux-<arch>`. */
const DIGESTS = {
  x64: "sha512-jk5LMAmgHlPlPMWpsUrSOqNaEZG+11UNd35hWQ+p5/XGaelWuTqJ69IcAy/5xtPPN4d5ZRBNOGB6gLMCh2kL9A==",
  arm64: "sha512-8Oxs6Y7rDcKufVIM/zYRSwytj46WOrZk7yFCLTKDcs17bBjAeD9HMAqo97hMfMyxozIud0S4vZCs5WB/3iavNQ==",
};

/** The directory with `bin/node` and `LICENSE`, from the cache where it is there. Throws an Error that says what is wrong. */
export function nodePackage(top) {
  const digest = process.platform === "linux" ? DIGESTS[process.arch] : undefined;
  if (digest === undefined)
    throw new Error(
      `the binary is made on Linux, for x64 and arm64; this is ${process.platform} ${process.arch}`,
    );
  const name = `node-linux-${process.arch}`;
  const cache = join(top, "node_modules/.cache/fpmlint-binary");
  const place = join(cache, `${name}-${VERSION}`);
  if (existsSync(join(place, "bin/node"))) return place;
  mkdirSync(cache, { recursive: true });
  const scratch = mkdtempSync(join(cache, "fetch-"));
  try {
    const spec = `${name}@${VERSION}`;
    done(
      "npm",
      ["pack", spec, "--silent", "--ignore-scripts", "--pack-destination", scratch],
      `npm pack ${spec}`,
    );
    const archive = join(scratch, `${name}-${VERSION}.tgz`);
    const found = `sha512-${createHash("sha512").update(readFileSync(archive)).digest("base64")}`;
    if (found !== digest)
      throw new Error(`${spec} has the digest ${found}, and packaging/node.js expects ${digest}`);
    done("tar", ["-xzf", archive, "-C", scratch, "package/bin/node", "package/LICENSE"], "tar");
    rmSync(place, { recursive: true, force: true });
    renameSync(join(scratch, "package"), place);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  return place;
}

/** Runs a program to its end. Throws an Error with the last thing that it said. */
export function done(program, words, name = program, options = {}) {
  const { status, error, stderr, stdout } = spawnSync(program, words, { encoding: "utf8", ...options });
  if (status === 0) return stdout;
  const said = [error?.message, stderr, stdout].find((text) => text) ?? `it ended with ${status}`;
  throw new Error(`${name} failed: ${said.trim()}`);
}
