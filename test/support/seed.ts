import fc from "fast-check";
import { runs, seed } from "./sample.js";

/**
 * Properties try the same cases in every run; another FPMLINT_SEED tries others. Those that do not say how many try
 * as many as fast-check does by itself, and a quarter of them outside CI.
 */
fc.configureGlobal({ seed, numRuns: runs(100, 25) });
