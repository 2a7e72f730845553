import type { Signature } from "../causes/signature.js";
import { type Finding, placesOf } from "../engine/finding.js";
import { descendants } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Place } from "../source/file.js";
import type { Joined } from "./join.js";

/**
 * The findings that predict a line there: those of the signature's rules that touch what the line is about. Certain
 * ones first, then the gravest.
 */
export function predicting(
  findings: readonly Finding[],
  signature: Signature,
  joined: Joined,
): readonly Finding[] {
  const rank = { error: 0, warning: 1, info: 2 } as const;
  const spots = spotsOf(joined);
  return findings
    .filter(({ rule, host }) => host === joined.host.name && signature.rules.includes(rule))
    .filter((finding) => spots === null || touches(finding, spots))
    .sort(
      (a, b) =>
        signature.rules.indexOf(a.rule) -
        signature.rules.indexOf(b.rule) +
        100 * (rank[a.severity] - rank[b.severity]),
    );
}

/** The location, the lines that name its address, and what is written of the pool. `null`: unknown what the line is about. */
function spotsOf({ bindings, location, server, targets, pools }: Joined): readonly Extent[] | null {
  if (bindings.length === 0 && pools.length === 0 && location === null && server === null) return null;
  const blocks = new Set([...bindings.map((one) => one.location), ...(location === null ? [] : [location])]);
  return [
    ...[...blocks].flatMap((block) => [extent(block), ...[...descendants(block)].map(extent)]),
    ...targets.map(({ place }) => extentOf(place)),
    ...pools.flatMap(({ section, settings }) =>
      [section, ...settings.flatMap(({ place, keyPlace }) => [place, keyPlace])].map(extentOf),
    ),
  ];
}

/** Whether a place of it is in one of them. */
function touches(finding: Finding, spots: readonly Extent[]): boolean {
  return placesOf(finding).some(({ span }) =>
    spots.some(({ path, start, end }) => path === span.file.path && start <= span.start && span.start <= end),
  );
}

interface Extent {
  readonly path: string;
  readonly start: number;
  readonly end: number;
}

function extent({ file, directive }: Node): Extent {
  return { path: file.path, start: directive.start, end: directive.end };
}

function extentOf({ span: { file, start, end } }: Place): Extent {
  return { path: file.path, start, end };
}
