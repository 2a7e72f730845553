/** More unbounded repeats than this, or a repeated group, can take V8 longer than a person waits. */
const MOST_REPEATS = 2;

/**
 * Whether a location's regular expression matches a URI; `undefined` when it cannot be told: nginx
 * has other syntax than JavaScript, and a pattern that may backtrack without end is not run.
 */
export function regexMatches(pattern: string, uri: string): boolean | undefined {
  const repeats = pattern.match(/[*+]|\{\d*,\d*\}/g)?.length ?? 0;
  if (repeats > MOST_REPEATS || /\)(?:[*+]|\{)/.test(pattern)) return undefined;
  try {
    return new RegExp(pattern).test(uri);
  } catch {
    return undefined;
  }
}
