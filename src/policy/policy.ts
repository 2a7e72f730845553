import type { Draft } from "../engine/define.js";
import type { Finding } from "../engine/finding.js";
import type { Outline } from "../engine/outline.js";
import type { Rule } from "../engine/rule.js";
import { type Ran, run } from "../engine/run.js";
import type { Host } from "../model/host.js";
import { grouped } from "../source/collect.js";
import type { SourceFile } from "../source/file.js";
import { type CommentMark, type Suppression, suppressionsIn } from "./comments.js";
import { failing, type Settings } from "./settings.js";
import { suppress, type UselessCase } from "./suppress.js";

/** The rule that what silences nothing is reported as; without it nothing is said of that. */
export const USELESS = "fpmlint/useless-suppression";

/** A host that was judged. */
export interface JudgedHost {
  readonly host: Host;
  readonly outline: Outline;
  readonly settings: Settings;
  /** Only a part of it was asked for, so that what silences nothing may silence something elsewhere. */
  readonly part: boolean;
}

export interface Outcome {
  readonly findings: readonly Finding[];
  readonly suppressed: number;
  /** What was found about the comments, host by host. */
  readonly ran: readonly Ran[];
}

/**
 * What remains of the findings when comments in the files have had their say. A file that several hosts
 * share is one file. `today`: `2026-11-28`, `null` where it is unknown; asked where a comment ends with a day.
 */
export function applyComments(
  findings: readonly Finding[],
  judged: readonly JudgedHost[],
  rules: readonly Rule[],
  today: () => string | null,
): Outcome {
  const hosts = new Map<string, JudgedHost>();
  const found: (readonly Suppression[])[] = [];
  for (const one of judged) {
    for (const [file, mark] of texts(one.outline)) {
      if (hosts.has(file.display)) continue;
      hosts.set(file.display, one);
      found.push(suppressionsIn(file, mark));
    }
  }
  const suppressions = found.flat();
  if (suppressions.length === 0) return { findings, suppressed: 0, ran: [] };
  const byId = new Map(rules.map((rule) => [rule.id, rule] as const));
  const isOff = (id: string, file: SourceFile): boolean => {
    const asked = byId.get(id);
    return asked === undefined || hosts.get(file.display)?.settings.mayBeOff(asked, file) === true;
  };
  const policy = { ids: rules.map(({ id }) => id), isOff, today };
  const { findings: kept, suppressed, useless } = suppress(findings, suppressions, policy);
  const rule = rules.find(({ id }) => id === USELESS);
  if (rule === undefined) return { findings: kept, suppressed, ran: [] };
  const byHost = grouped(useless.map((draft) => [hosts.get(draft.at.span.file.display), draft] as const));
  const ran = [...byHost].flatMap(([one, drafts]) => {
    if (one === undefined || one.part) return [];
    const own = drafts.filter(({ at }) => !one.settings.ignores(at.span.file.display));
    const ran = run([reporting(rule, own)], one.host, one.settings.of);
    return [{ ...ran, findings: ran.findings.map(failing(one.settings)) }];
  });
  return { findings: kept, suppressed, ran };
}

/** The rule with what is known only now. */
function reporting(rule: Rule, drafts: readonly Draft<UselessCase>[]): Rule {
  const reports = drafts.map((draft) => ({
    label: null,
    link: [],
    related: [],
    certain: true,
    settle: null,
    ...draft,
  }));
  return { ...rule, check: () => reports };
}

function* texts({ nginxTexts, fpmTexts }: Outline): Generator<readonly [SourceFile, CommentMark]> {
  for (const file of nginxTexts) yield [file, "#"];
  for (const file of fpmTexts) yield [file, ";"];
}
