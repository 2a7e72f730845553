/**
 * What V8 does to be fast later is most of what a short run waits for. Without it a lint of one site takes a tenth less,
 * and one of thousands of sites as much more, so that it only lasts until much was read.
 */

/**
 * What V8 counts of a function's code before it looks at it, to compile it for speed. By itself it does so after a
 * fifteenth of that, and more than a third of the CPU of a lint went into compiling, of thousands of sites as well.
 * Only gigabytes of logs take long enough.
 */
const LATER = "--interrupt-budget=1000000";
const SOON = "--interrupt-budget=67584";

/** Flags of V8 before and after: code between bytecode and optimized code; work on regular expressions before the first match. */
const LEAN = "--no-sparkplug --no-regexp-peephole-optimization --regexp-tier-up-ticks=50";
const USUAL = "--sparkplug --regexp-peephole-optimization --regexp-tier-up-ticks=1";

/** What of Node, and where, is known to have the flags and to be as `USUAL` says by itself. */
const VERSIONS = [20, 22, 24, 26];
const ARCHITECTURES = ["x64", "arm64"];

/** V8 takes a code cache only with the flags with which it was made. */
export function startLean(): void {
  if (isKnown()) process.getBuiltinModule("node:v8").setFlagsFromString(`${LEAN} ${LATER}`);
}

/** Where somebody has chosen flags it stays: they may go together with no others. `logs`: what was read are logs. */
export function endLean(logs: boolean): void {
  if (isKnown() && process.execArgv.length === 0 && (process.env.NODE_OPTIONS ?? "") === "")
    process.getBuiltinModule("node:v8").setFlagsFromString(logs ? `${USUAL} ${SOON}` : USUAL);
}

function isKnown(): boolean {
  const major = Number(process.versions.node.split(".")[0]);
  return VERSIONS.includes(major) && ARCHITECTURES.includes(process.arch);
}
