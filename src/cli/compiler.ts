/**
 * Node compiles once more, for speed, what runs often. Most runs are done before that pays: each function serves some
 * thousand times, and up to half of the CPU went into compiling. So a function has to run fifteen times as long first.
 */

/** What V8 counts for a function before it looks at it, in bytes of code; by itself it counts to 67,584. */
const LATER = "--interrupt-budget=1000000";

/** V8 of Node 20 to 24, which have the option: another one might print that it has none. */
const KNOWN = /^1[123]\./;

/** Has this process compile later. To be called before much has run. */
export function compileLater(): void {
  const { getBuiltinModule, versions } = process;
  if (KNOWN.test(versions.v8)) getBuiltinModule("node:v8").setFlagsFromString(LATER);
}
