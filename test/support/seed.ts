import fc from "fast-check";

/** Properties try the same cases in every run; another FPMLINT_SEED tries others. */
fc.configureGlobal({ seed: Number(process.env.FPMLINT_SEED ?? "20261121") });
