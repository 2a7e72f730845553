import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { rules } from "../../../rules/index.js";
import { examineLive } from "../../../src/cli/doctor/command.js";
import { judgeSnapshot } from "../../../src/cli/doctor/snapshot.js";
import type { Checked } from "../../../src/doctor/check.js";
import { lintHosts } from "../../../src/lint.js";
import { SNAPSHOT_SCRIPT } from "../../../src/live/snapshot-script.js";
import { configAlone } from "../../../src/policy/config.js";
import { type Examined, needsYou } from "../../../src/report/doctor/text.js";
import { validators } from "../../../src/validators.js";
import { random } from "../reality/random.js";
import { type DoctorKind, doctorKinds } from "./doctor-kinds.js";
import { Pair } from "./pair.js";

export interface Examination {
  readonly kind: string;
  readonly transport: "unix" | "tcp";
  readonly expected: readonly string[];
  /** Checks that failed, in their order; without that of the files themselves where something is wrong. */
  readonly failed: readonly string[];
  /** What nginx answered; `null`: not asked. */
  readonly status: number | null;
  readonly right: boolean;
  readonly seed: number;
  readonly examined: Examined;
}

const NAMES = ["www", "shop", "blog", "intern"] as const;

/** Makes one thing wrong with a real pair, and looks. */
export async function examinePair(
  kind: DoctorKind,
  seed: number,
  shell: string | null = null,
): Promise<Examination> {
  const draw = random(seed, 0);
  const tcp = kind.only === undefined ? draw.chance(0.5) : kind.only === "tcp";
  const many = draw.int(1, 5);
  const pair = await Pair.make({ tcp, name: draw.pick(NAMES), ...kind.options });
  let undo: unknown = null;
  const began = Math.floor(Date.now() / 1000) * 1000;
  try {
    kind.prepares?.(pair);
    await pair.start();
    await pair.ask("/index.php");
    undo = await kind.happens?.(pair, many);
    const examined = shell === null ? await look(pair) : lookAtSnapshot(pair, shell);
    const status = kind.status === undefined ? null : await pair.ask("/index.php");
    const { expected } = kind;
    const ill = examined.checked
      .filter((one) => needsYou(one) && !isOfBefore(one, began))
      .map(({ check }) => check.id);
    const failed = expected.length === 0 ? ill : ill.filter((id) => id !== "reality/files");
    const [first] = failed;
    const seen =
      kind.expected.length === 0 ? first === undefined : first !== undefined && kind.expected.includes(first);
    const right = seen && (status === null || status === kind.status);
    const transport = tcp ? "tcp" : "unix";
    return { kind: kind.name, transport, expected, failed, status, right, seed, examined };
  } finally {
    if (typeof undo === "function") await undo();
    await pair.end();
  }
}

/** Whether a check speaks of nothing but what the kernel said before: other examinations of the day have it kill. */
function isOfBefore({ check, answers }: Checked, began: number): boolean {
  const lines = answers.flatMap((answer) => (answer.kind === "wrong" ? answer.evidence : []));
  return check.id === "resources/killed" && lines.every((line) => Date.parse(line.slice(0, 24)) < began);
}

/** What `fpmlint doctor` does on a machine whose files these are. */
async function look({ files }: Pair): Promise<Examined> {
  const config = { hosts: [{ name: "pair", root: "/", nginx: files.nginx, fpm: [files.fpm] }] };
  const outcome = lintHosts(rules, validators, { paths: ["/"], workingDirectory: "/", config });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  const [read] = outcome.hosts;
  if (read === undefined) throw new Error("no host was read");
  return examineLive(read, outcome.result.findings, [], true, { now: Date.now });
}

/** The same by the script that collects, in some shell. */
function lookAtSnapshot({ files, dir }: Pair, shell: string): Examined {
  const { stdout, stderr } = spawnSync(shell, ["-s"], {
    input: SNAPSHOT_SCRIPT,
    encoding: "utf8",
    env: { ...process.env, FPMLINT_PLACES: join(dir, "etc") },
    maxBuffer: 64 * 1024 * 1024,
  });
  if (stderr !== "") throw new Error(stderr);
  const config = { hosts: [{ name: "pair", root: "/", nginx: files.nginx, fpm: [files.fpm] }] };
  return judgeSnapshot(stdout, { rules, validators }, configAlone(config, "/")).examined;
}

/** Every kind so many times, each with a seed of its own. */
export function examinationsFrom(seed: number, times: number): readonly (readonly [DoctorKind, number])[] {
  return doctorKinds.flatMap((kind, at) =>
    Array.from({ length: times }, (_, time) => [kind, seed + at * 1000 + time] as const),
  );
}
