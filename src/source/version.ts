/**
 * Whether a version comes before another, as far as both are given: `7.4` before `8.2`, `1.9.0`
 * before `1.18.0`, but `8.2` not before `8.2.19`.
 */
export function olderThan(version: string, other: string): boolean {
  const others = other.split(".").map(Number);
  const differences = version.split(".").map((part, at) => Number(part) - (others[at] ?? Number(part)));
  return (differences.find((difference) => difference !== 0) ?? 0) < 0;
}
