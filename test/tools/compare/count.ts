import type { Answer } from "./ask.js";

/** Plugins of gixy. */
export interface Reported {
  /** That report something here. */
  readonly all: ReadonlySet<string>;
  /** Of them those that report nothing in any healthy host of the rule. */
  readonly fault: ReadonlySet<string>;
}

export interface Asked {
  /** `category/rule/bad-cause` */
  readonly fixture: string;
  readonly daemons: Answer;
  /** `null`: gixy was not asked. */
  readonly gixy: Reported | null;
}

/** What is reported in a faulted host and in none of its healthy twins: the rest is not about the fault. */
export function reportedIn(bad: ReadonlySet<string>, healthy: Iterable<ReadonlySet<string>>): Reported {
  const everywhere = new Set([...healthy].flatMap((one) => [...one]));
  return { all: bad, fault: new Set([...bad].filter((one) => !everywhere.has(one))) };
}

export const HEAD = [
  "category",
  "fixtures",
  "pass both -t",
  "refused",
  "no main file",
  "gixy",
  "gixy, the fault",
] as const;

/** A row for each category, in the order of the alphabet, and one for all. */
export function rowsOf(asked: readonly Asked[]): readonly (readonly string[])[] {
  const categories = [...new Set(asked.map(categoryOf))].sort();
  const rows = categories.map((category) =>
    row(
      category,
      asked.filter((one) => categoryOf(one) === category),
    ),
  );
  return [...rows, row("all", asked)];
}

function row(name: string, asked: readonly Asked[]): readonly string[] {
  const answered = (answer: Answer): number => asked.filter(({ daemons }) => daemons === answer).length;
  const counts = [asked.length, answered("accepted"), answered("refused"), answered("not asked")];
  return [name, ...counts.map(String), reporting(asked, "all"), reporting(asked, "fault")];
}

function reporting(asked: readonly Asked[], which: keyof Reported): string {
  if (asked.some(({ gixy }) => gixy === null)) return "not measured";
  return String(asked.filter(({ gixy }) => gixy !== null && gixy[which].size > 0).length);
}

function categoryOf({ fixture }: Asked): string {
  return fixture.split("/")[0] ?? "";
}
