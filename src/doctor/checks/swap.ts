import { type Check, fine, unknown, wrong } from "../check.js";
import { daemonsOf, size } from "../seen.js";

/** Bytes, and the part of what the processes have, from which on it hurts. */
const NOTICED = 16 * 1024 * 1024;
const PART = 0.1;

export const swap: Check = {
  id: "resources/swap",
  title: "nginx and PHP-FPM are not swapped out",
  looksAt: "`VmSwap` of their processes",
  fires: "more than 16 MB of them, and a tenth of what they have, is in swap",
  silent: "neither runs, or swap is used by others",
  cannotTell: "the kernel does not tell",
  judge({ facts }) {
    const all = daemonsOf(facts).flatMap(({ processes }) => processes);
    if (all.length === 0) return [];
    const told = all.filter(({ swapped }) => swapped !== null);
    if (told.length === 0) return [unknown("no process of nginx or PHP-FPM tells how much of it is in swap")];
    const swapped = told.reduce((sum, one) => sum + (one.swapped ?? 0), 0);
    const resident = told.reduce((sum, one) => sum + (one.resident ?? 0), 0);
    if (swapped < NOTICED || swapped < PART * (swapped + resident))
      return [fine(swapped === 0 ? "nothing of them is in swap" : `${size(swapped)} of them are in swap`)];
    return [
      wrong("warning", `${size(swapped)} of nginx and PHP-FPM are in swap`, {
        evidence: [`${size(resident)} of them are in memory`],
        fix: "fpmlint capacity says how many workers fit into the memory",
      }),
    ];
  },
};
