import { vi } from "vitest";
import type { Finding } from "../../../src/engine/finding.js";
import type { Rule } from "../../../src/engine/rule.js";
import { ruleSchemaName } from "../../../src/engine/schemas.js";
import type { Entry, HostFilesystem } from "../../../src/host/filesystem.js";
import { type MemoryNode, memoryFilesystem } from "../../../src/host/memory.js";
import type { HostSpec } from "../../../src/host/spec.js";
import { buildHost } from "../../../src/model/build.js";
import type { Host } from "../../../src/model/host.js";
import { readHosts } from "../../../src/read-hosts.js";
import { validators } from "../../../src/validators.js";
import { fixtureConfig, runRules } from "../../support/lint.js";

/** The hosts of a fixture, in memory: to be built as often as a test likes, with other texts and paths. */

export interface CopiedHost {
  readonly spec: HostSpec;
  readonly nodes: ReadonlyMap<string, MemoryNode>;
  /** As it was read from the disk. */
  readonly host: Host;
}

export function copiedHosts(directory: string): readonly CopiedHost[] {
  const config = fixtureConfig(directory);
  const read = readHosts({ paths: [directory], workingDirectory: directory, config });
  if (read.kind === "refused") throw new Error(read.refusal.message);
  return read.hosts.map(({ host, spec }) => ({ spec, host, nodes: copied(host.fs) }));
}

/** Everything below `/`; a link leads to where all its links lead. */
function copied(fs: HostFilesystem): ReadonlyMap<string, MemoryNode> {
  const nodes = new Map<string, MemoryNode>();
  const copy = (path: string): void => {
    const entry = fs.entry(path);
    const own = nodeOf(entry);
    if (entry.kind === "outside") nodes.set(path, { link: entry.target });
    else if (entry.path !== path || entry.kind === "missing") nodes.set(path, { link: entry.path });
    else if (entry.kind === "directory")
      for (const name of entry.names) copy(`${path === "/" ? "" : path}/${name}`);
    else if (own !== null) nodes.set(path, own);
  };
  copy("/");
  return nodes;
}

function nodeOf(entry: Entry): MemoryNode | null {
  if (entry.kind === "special") return { special: true };
  if (entry.kind === "unreadable") return { unreadable: entry.reason };
  if (entry.kind !== "file") return null;
  const answer = entry.read();
  return "text" in answer ? answer.text : answer;
}

/** The same host from other texts. */
export function rebuilt(
  { host: { memory, workerSize, nginx } }: CopiedHost,
  spec: HostSpec,
  nodes: ReadonlyMap<string, MemoryNode>,
): Host {
  return buildHost(spec, memoryFilesystem(nodes), {
    phpVersion: null,
    nginxVersion: nginx?.version ?? null,
    memory,
    reserve: memory?.reserve ?? null,
    headroom: memory?.headroom ?? null,
    workerSize,
  });
}

/** How often the file system of a host is asked for a path while `work` goes on. */
export function asksDuring(host: Host, work: () => void): number {
  const spies = [host.fs, host.fs.deployed].flatMap((fs) => (fs === undefined ? [] : vi.spyOn(fs, "entry")));
  work();
  const calls = spies.map((spy) => spy.mock.calls.length);
  for (const spy of spies) spy.mockRestore();
  return calls.reduce((sum, count) => sum + count, 0);
}

/** What one rule says of a host, with the defaults of its options. */
export function findingsOf(rule: Rule, host: Host): readonly Finding[] {
  const options = {};
  validators[ruleSchemaName(rule.id)]?.(options);
  return runRules([rule], host, () => ({ level: null, options }));
}
