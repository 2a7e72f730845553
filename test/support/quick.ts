/** What `npm run test:quick` runs: what fails first while somebody writes, and takes half a minute. */
export const QUICK: readonly string[] = [
  "test/house/layers.test.ts",
  "test/house/english.test.ts",
  "test/rules/fixtures.test.ts",
  "test/source/*.test.ts",
  "test/nginx/{reader,tree}.test.ts",
  "test/fpm/{reader,pools}.test.ts",
  "test/php/*.test.ts",
  "test/host/glob.test.ts",
  "test/engine/{fingerprints,schemas}.test.ts",
  "test/report/*.test.ts",
];

/** What it says at its end. */
export const LEFT =
  "Not run: most fixtures by the rules of others, proofs by the daemons, helps, the command, capacity, comparisons with nginx and PHP-FPM, hostile inputs, packages: npm test";
