import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { random } from "../reality/random.js";
import type { Kind } from "./kind.js";
import { kinds } from "./kinds.js";
import { lacks } from "./needs.js";
import { Pair } from "./pair.js";

export interface Played {
  readonly kind: string;
  readonly transport: "unix" | "tcp";
  readonly expected: readonly string[];
  /** The first cause; `null`: nothing was said. */
  readonly said: string | null;
  readonly right: boolean;
  /** The logs of one that is wrong; empty: it is right. */
  readonly logs: string;
  readonly seed: number;
}

interface SaidCause {
  readonly id: string;
  readonly evidence: readonly string[];
}

const NAMES = ["www", "shop", "blog", "intern"] as const;

const COMMAND = fileURLToPath(new URL("dist/fpmlint.js", `file://${process.cwd()}/`));

/** Why a kind cannot be made on this machine; `null`: it can. */
export function whyNot({ needs }: Kind): string | null {
  return needs === undefined ? null : lacks(needs);
}

/** Makes one incident and asks what its logs say. */
export async function play(kind: Kind, seed: number): Promise<Played> {
  const draw = random(seed, 0);
  const tcp = kind.only === undefined ? draw.chance(0.5) : kind.only === "tcp";
  const name = draw.pick(NAMES);
  const many = draw.int(1, 5);
  const pair = await Pair.make({ tcp, name, ...kind.options });
  try {
    await pair.start();
    // What went well before.
    await pair.askMany("/index.php", draw.int(1, 3));
    await kind.happens(pair, many);
    const { stdout, status, stderr } = spawnSync(
      process.execPath,
      [COMMAND, "diagnose", ...pair.logs, join(pair.dir, "etc"), "--format", "json"],
      { encoding: "utf8" },
    );
    if (status !== 0 && status !== 1) throw new Error(`${kind.name}: status ${status}: ${stderr}`);
    const { causes, notices } = JSON.parse(stdout) as {
      readonly causes: readonly SaidCause[];
      readonly notices: readonly { readonly id: string }[];
    };
    // A note is an answer where it is what a kind expects.
    const noted = notices.find(({ id }) => kind.expected.includes(id));
    const said = causes[0]?.id ?? noted?.id ?? null;
    const isNamed =
      kind.expected.length === 0 ? said === null : said !== null && kind.expected.includes(said);
    const right = isNamed && (kind.tells === undefined || causes[0]?.evidence.includes(kind.tells) === true);
    const logs = right ? "" : pair.logs.map((path) => readFileSync(path, "utf8")).join("");
    return {
      kind: kind.name,
      transport: tcp ? "tcp" : "unix",
      expected: kind.expected,
      said,
      right,
      logs,
      seed,
    };
  } finally {
    await pair.end();
  }
}

/** Every kind so many times, each with a seed of its own. */
export function drawnFrom(seed: number, times: number): readonly (readonly [Kind, number])[] {
  return kinds.flatMap((kind, at) =>
    Array.from({ length: times }, (_, time) => [kind, seed + at * 1000 + time] as const),
  );
}
