import type { Draw } from "../case.js";
import { capacity } from "./capacity.js";
import { config } from "./config.js";
import { containers } from "./containers.js";
import { discovery } from "./discovery.js";
import { dump } from "./dump.js";
import { grammar } from "./grammar.js";
import { logs } from "./logs.js";
import { samples } from "./samples.js";
import { snapshots } from "./snapshots.js";
import { trace } from "./trace.js";
import { corpus, templates, treeBytes, treeTokens } from "./trees.js";
import { units } from "./units.js";

/** What is fuzzed, by name. A new reader gets a kind of its own here, or a part in one. */
export const KINDS: ReadonlyMap<string, Draw> = new Map([
  ["tree-bytes", treeBytes],
  ["tree-tokens", treeTokens],
  ["grammar", grammar],
  ["dump", dump],
  ["config", config],
  ["samples", samples],
  ["capacity", capacity],
  ["trace", trace],
  ["logs", logs],
  ["snapshots", snapshots],
  ["discovery", discovery],
  ["containers", containers],
  ["templates", templates],
  ["units", units],
  ["corpus", corpus],
]);
