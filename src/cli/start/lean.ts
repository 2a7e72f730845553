/**
 * What V8 does to be fast later is most of what a short run waits for. Without it a lint of one site takes a tenth less,
 * and one of thousands of sites as much more, so that it only lasts until much was read.
 */

/**
 * How much of a function V8 runs before it compiles it for speed. Compiling took more than a third of the CPU of a lint,
 * of thousands of sites as well, when V8 began after a fifteenth of that, as it does by itself. Logs of hundreds of
 * megabytes take long enough to be read faster. Since Node 22 V8 counts calls, and the older flag is gone; it passes over
 * all that follows an unknown one.
 */
const BY_CALLS = 22;
const [LATER, SOON, BY_ITSELF] =
  major() < BY_CALLS
    ? ["--interrupt-budget=1000000", "--interrupt-budget=270336", "--interrupt-budget=67584"]
    : [45_000, 3000, 3000].map((calls) => `--invocation-count-for-turbofan=${calls}`);

/**
 * From where logs are read: how much more than what stays of them V8 lets the memory grow before it tidies up. By itself
 * it waits for several times as much, and of logs little stays. Code caches do not depend on it.
 */
const SMALL = "--heap-growing-percent=50 --semi-space-growth-factor=1";

/** Flags of V8 before and after: code between bytecode and optimized code; work on regular expressions before the first match. */
const LEAN = "--no-sparkplug --no-regexp-peephole-optimization --regexp-tier-up-ticks=50";
const USUAL = "--sparkplug --regexp-peephole-optimization --regexp-tier-up-ticks=1";

/** What of Node, and where, is known to have the flags and to be as `USUAL` says by itself. */
const VERSIONS = [20, 22, 24, 26];
const ARCHITECTURES = ["x64", "arm64"];

let lean = false;
/** Whether it was, and much was read. */
let ended = false;

/** V8 takes a code cache only with the flags with which it was made. */
export function startLean(): void {
  if (!isKnown()) return;
  for (const name of ALWAYS) process.getBuiltinModule(name);
  set(`${LEAN} ${LATER}`);
  lean = true;
}

/** Where somebody has chosen flags it stays: they may go together with no others. `logs`: what was read are logs. */
export function endLean(logs: boolean): void {
  if (!lean || areChosen()) return;
  set(logs ? `${USUAL} ${SOON} ${SMALL}` : USUAL);
  lean = false;
  ended = true;
}

/** When what was much has been read, the rest is short. */
export function leanAgain(): void {
  if (!ended) return;
  set(`${LEAN} ${LATER}`);
  lean = true;
}

/** Loads something of Node's own, whose code comes from a cache as well, made with the flags that Node has by itself. */
export function asUsual<T>(load: () => T): T {
  if (!lean || areChosen()) return load();
  set(`${USUAL} ${BY_ITSELF}`);
  try {
    return load();
  } finally {
    set(`${LEAN} ${LATER}`);
  }
}

/** What the code cache is read with (`cache.ts`): loaded before the flags change, see `asUsual`. */
const ALWAYS = ["vm", "zlib"];

/** What Node loads before it runs anything, and those; `process` is a line. */
const LOADED: ReadonlySet<string> = new Set(["fs", "path", "process", ...ALWAYS]);

/** A module of Node. */
export function moduleOfNode(name: string): unknown {
  const load = (): unknown => process.getBuiltinModule(name);
  return LOADED.has(name.replace(/^node:/, "")) ? load() : asUsual(load);
}

function set(flags: string): void {
  process.getBuiltinModule("node:v8").setFlagsFromString(flags);
}

function areChosen(): boolean {
  return process.execArgv.length > 0 || (process.env.NODE_OPTIONS ?? "") !== "";
}

function isKnown(): boolean {
  return VERSIONS.includes(major()) && ARCHITECTURES.includes(process.arch);
}

function major(): number {
  return Number.parseInt(process.versions.node, 10);
}
