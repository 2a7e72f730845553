/**
 * The tests that ask the daemons something that may differ from one version to the next, and that know of versions.
 * Those of the words in which a daemon refuses are of the installed pair alone.
 */
export const TESTS: readonly string[] = [
  "test/causes/signatures.test.ts",
  "test/nginx/buffers-oracle.test.ts",
  "test/nginx/differential.test.ts",
  "test/nginx/directives-oracle.test.ts",
  "test/nginx/tables.test.ts",
  "test/nginx/values.test.ts",
  "test/fpm/differential.test.ts",
  "test/fpm/listens.test.ts",
  "test/fpm/tables.test.ts",
  "test/php/ini.test.ts",
  "test/model/request/requests.test.ts",
  "test/rules/proofs.test.ts",
];
