import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The files that take longest with the daemons, longest first. Without results of an earlier run vitest begins with
 * the largest file; a long one that begins last leaves the other cores idle until it ends.
 */
const LONGEST: readonly string[] = [
  "test/rules/proofs.test.ts",
  "test/nginx/directives-oracle.test.ts",
  "test/rules/help.test.ts",
  "test/cli/capacity/accepted.test.ts",
  "test/nginx/differential.test.ts",
  "test/report/html/browser.test.ts",
  "test/fix/fix.test.ts",
  "test/fpm/differential.test.ts",
];

/**
 * Vitest's order, with the longest files first, and last those that need a process of their own: vitest ends a shared
 * process where one of them is next, and another one would read our modules anew.
 */
export default class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId, project }: TestSpecification): number => {
      if (project.config.isolate) return LONGEST.length + 1;
      const at = LONGEST.findIndex((file) => moduleId.endsWith(`/${file}`));
      return at === -1 ? LONGEST.length : at;
    };
    return sorted.sort((a, b) => place(a) - place(b));
  }
}
