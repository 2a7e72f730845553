import fc from "fast-check";
import { seed } from "./sample.js";

/** Properties try the same cases in every run; another FPMLINT_SEED tries others. */
fc.configureGlobal({ seed });
