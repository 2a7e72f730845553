import { resolve } from "node:path";
import { incompleteOf } from "../../engine/incomplete.js";
import { readStart, readTyped } from "../../host/door.js";
import { TREE } from "../../host/find/given.js";
import { lintHosts } from "../../lint.js";
import { withLater } from "../../live/halts.js";
import { NOTHING_ASKED, readFacts } from "../../live/read-facts.js";
import { isSnapshot, readSnapshot } from "../../live/snapshot.js";
import { toWall } from "../../logs/time.js";
import { type PathConfig, said } from "../../policy/config.js";
import type { ReadHost } from "../../read-hosts.js";
import type { Examined } from "../../report/doctor/text.js";
import { decodeBytes } from "../../source/bytes.js";
import { inputText } from "../input-text.js";
import { exitStatus, UsageError } from "../usage.js";
import type { World } from "../world.js";
import { examinedOf } from "./examined.js";
import { toldBy } from "./programs.js";

/** The text of a snapshot that a path names; `null`: the path is no snapshot. Throws UsageError. */
export function snapshotAt(path: string, world: World): string | null {
  if (path === "-") {
    const read = inputText(world.standardInput());
    if ("text" in read && isSnapshot(read.text)) return read.text;
    throw new UsageError(
      "standard input is not a snapshot: fpmlint doctor --snapshot prints what writes one",
    );
  }
  const full = resolve(world.workingDirectory, path);
  const start = readStart(full, 64);
  if (start.kind === "refused" || !isSnapshot(decodeBytes(start.bytes))) return null;
  const read = inputText(readTyped(full));
  if ("text" in read) return read.text;
  throw new UsageError(`${path}: ${read.refusal}`, exitStatus.incomplete);
}

/** Judges what a script collected on another machine. `config`: what `--config` names. Throws UsageError. */
export function judgeSnapshot(
  text: string,
  world: Pick<World, "rules" | "validators">,
  config: PathConfig | null = null,
): { readonly read: ReadHost; readonly examined: Examined } {
  const snapshot = readSnapshot(text);
  const own = config === null ? null : onSnapshot(config);
  const outcome = lintHosts(world.rules, world.validators, {
    files: snapshot.tree,
    workingDirectory: TREE,
    processes: snapshot.machine.fs,
    configOf: () => own,
  });
  if (outcome.kind === "refused")
    throw new UsageError(
      snapshot.whole
        ? "the snapshot has no configuration of nginx or PHP-FPM: was it made as root? FPMLINT_PLACES names directories that no package has, to the script that makes it"
        : 'the snapshot is cut off before any configuration of nginx or PHP-FPM: its last line has to be "end"',
    );
  const [read] = outcome.hosts.filter(({ spec }) => spec.root === TREE);
  if (read === undefined) throw new UsageError("the snapshot has no host");
  const { machine, outputs, names, whole } = snapshot;
  const told = toldBy(outputs, toWall(machine.now * 1000));
  const seen = { ...readFacts(read.host, read.spec.nginx, machine, told), ...NOTHING_ASKED, names };
  const facts = machine.later === null ? seen : withLater(seen, machine.later);
  const findings = outcome.result.findings.filter(({ host }) => host === read.host.name);
  const cut = whole
    ? []
    : [{ file: "snapshot", line: null, reason: "its end is missing: the script was stopped", fatal: true }];
  const unread = [...incompleteOf(read.host).filter(({ fatal }) => fatal), ...cut];
  return { read, examined: examinedOf(read.host, facts, findings, unread) };
}

/** What a configuration says of the machine that a snapshot is of: its hosts with the root `/`, and paths from there. */
function onSnapshot(config: PathConfig): PathConfig {
  const files = config.files.map((file) => {
    const { hosts } = file.config;
    if (hosts == null) return file;
    const own = hosts.filter(({ root }) => resolve(config.directory, root) === "/");
    return { ...file, config: { ...file.config, hosts: own.map((host) => ({ ...host, root: "." })) } };
  });
  const own = { directory: TREE, files };
  if (said(config, "hosts")?.length && said(own, "hosts")?.length === 0)
    throw new UsageError(
      'no host of the --config is the machine of the snapshot: its "root" has to be "/", as on the machine itself',
    );
  return own;
}
