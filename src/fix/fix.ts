import type { Finding, LintResult } from "../engine/finding.js";
import { applicable, type Change, type Safety } from "../engine/help.js";
import { gravestFirst } from "../engine/severity.js";
import { inPlace, withChanges } from "../source/changes.js";

/** What was changed, and what the files say then. */
export interface Fixed {
  /** Each file that changes, by the name that reports print. */
  readonly files: ReadonlyMap<string, { readonly before: string; readonly after: string }>;
  /** Findings whose way was applied. */
  readonly applied: readonly Finding[];
  /** Of the findings that remain, those with a way that needs somebody to look first. */
  readonly review: number;
  /** The result with the changes. */
  readonly result: LintResult;
}

/** A way may uncover another finding, which is fixed in the next round; no host needs as many as this. */
const MOST_ROUNDS = 10;

/** Two ways of one round may together need a further step; more often they undo each other. */
const MOST_TIMES = 3;

/**
 * Applies of every finding the first way of an allowed safety that needs no person, gravest findings
 * first, until nothing is left to apply. Ways whose edits overlap wait for the next round, and no finding
 * is fixed more than three times, so that two ways cannot undo each other for ever. `lint`: the result
 * where some files have other texts, by the name that reports print.
 */
export function fix(
  before: LintResult,
  lint: (texts: ReadonlyMap<string, string>) => LintResult,
  allowed: ReadonlySet<Safety>,
): Fixed {
  const files = new Map<string, { readonly before: string; readonly after: string }>();
  const applied: Finding[] = [];
  const times = new Map<string, number>();
  let result = before;
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    const changes = new Changes();
    for (const finding of gravestFirst(result.findings)) {
      const done = times.get(finding.fingerprint) ?? 0;
      const way = done === MOST_TIMES ? null : applicable(finding.help, allowed);
      if (way === null || !changes.take(way.changes)) continue;
      times.set(finding.fingerprint, done + 1);
      if (done === 0) applied.push(finding);
    }
    if (changes.byFile.size === 0) break;
    for (const [name, edits] of changes.byFile) {
      const text = edits[0]?.file.whole ?? "";
      const after = withChanges(text, [...edits].sort(inPlace));
      files.set(name, { before: files.get(name)?.before ?? text, after });
    }
    result = lint(new Map([...files].map(([name, { after }]) => [name, after])));
  }
  const review = result.findings.filter(({ help }) => applicable(help, REVIEW) !== null).length;
  return { files, applied, review, result };
}

const REVIEW: ReadonlySet<Safety> = new Set(["review"]);

/** Changes that may all be made to the files as they are now. */
class Changes {
  readonly byFile = new Map<string, Change[]>();

  /** Takes all changes of a way, or none where one of them touches what another way changes. */
  take(way: readonly Change[]): boolean {
    const fresh = way.map(inItsLines).filter((change) => !this.of(change).some((one) => isSame(one, change)));
    if (fresh.some((change) => this.of(change).some((one) => overlap(one, change)))) return false;
    for (const change of fresh) {
      const known = this.byFile.get(change.file.display);
      if (known === undefined) this.byFile.set(change.file.display, [change]);
      else known.push(change);
    }
    return true;
  }

  private of({ file }: Change): readonly Change[] {
    return this.byFile.get(file.display) ?? [];
  }
}

/** With the line ends of the file: where it has both kinds, those of its first line. */
function inItsLines(change: Change): Change {
  const { text } = change.file;
  const first = text.indexOf("\n");
  const windows = first > 0 && text.charAt(first - 1) === "\r";
  return windows ? { ...change, text: change.text.replace(/\r?\n/g, "\r\n") } : change;
}

function isSame(a: Change, b: Change): boolean {
  return a.start === b.start && a.end === b.end && a.text === b.text;
}

/** Two insertions at one point overlap, too: nothing says which comes first. */
function overlap(a: Change, b: Change): boolean {
  return (a.start < b.end && b.start < a.end) || (a.start === b.start && a.end === b.end);
}
