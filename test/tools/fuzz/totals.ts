import type { Message } from "./work.js";

/** A run of that many cases in which fewer rules fire is too shallow to say anything. */
const ENOUGH_CASES = 2000;
const FEWEST_RULES = 40;

/** Counts what the processes say, and prints each failure when it comes. */
export class Totals {
  readonly #cases = new Map<string, number>();
  readonly #failed = new Map<string, number>();
  readonly #rules = new Set<string>();
  readonly #slow: string[] = [];

  constructor(
    readonly seed: number,
    kinds: readonly string[],
  ) {
    for (const kind of kinds) this.#cases.set(kind, 0);
  }

  hear(message: Message): void {
    if (message.say === "done") {
      this.#cases.set(message.kind, (this.#cases.get(message.kind) ?? 0) + 1);
      for (const rule of message.rules) this.#rules.add(rule);
      if (message.slow !== null) this.#slow.push(message.slow);
    } else if (message.say === "failed") {
      const { kind, number, failure, input } = message;
      this.#failed.set(kind, (this.#failed.get(kind) ?? 0) + 1);
      process.stdout.write(
        `FAILED ${failure}\n    npm run fuzz -- --only ${kind} --seed ${this.seed} --case ${number}\n${input === "" ? "" : `${input}\n`}`,
      );
    }
  }

  report(): string {
    const rows = [...this.#cases].map(
      ([kind, count]) =>
        `${kind.padEnd(12)} ${String(count).padStart(7)} cases, ${this.#failed.get(kind) ?? 0} failed`,
    );
    const slow = this.#slow.map((one) => `slow: ${one}`);
    const shallow = this.#isShallow() ? [`FAILED too shallow: fewer than ${FEWEST_RULES} rules fired`] : [];
    return `${[...slow, ...rows, `${this.#all()} cases, ${this.#rules.size} rules fired`, ...shallow].join("\n")}\n`;
  }

  good(): boolean {
    return this.#failed.size === 0 && !this.#isShallow();
  }

  #all(): number {
    return [...this.#cases.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Only a run of all kinds is expected to reach most rules. */
  #isShallow(): boolean {
    return this.#cases.size > 5 && this.#all() >= ENOUGH_CASES && this.#rules.size < FEWEST_RULES;
  }
}
