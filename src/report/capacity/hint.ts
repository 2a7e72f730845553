import { MIB } from "../../capacity/size.js";
import { type HostCapacity, isGuess, isMeasured } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";

/** What a reader can do with the result. */

/** Whether a recommended number rests on a worker size that is a guess. */
export function guessed({ pools }: HostCapacity): boolean {
  return pools.some((one) => one.pool !== null && isGuess(one));
}

/** How the files get the settings. A measurement gives other numbers the next time. */
export function hintOf(found: HostCapacity): string {
  if (guessed(found))
    return "--diff shows the change to the pool files. --write refuses it, because the size of a worker is a guess: measure it, or state it with --worker-size; --accept-guess writes it as it is.";
  const hint =
    "The same command with --diff shows the change to the pool files; with --write it makes the change.";
  const pinned = pinnedBy(found);
  return pinned === ""
    ? hint
    : `${hint} It measures again; to get exactly these numbers, add ${escapeText(pinned)}.`;
}

/** The options that fix what was measured. */
function pinnedBy({ pools, input, sources, live }: HostCapacity): string {
  if (!live) return "";
  const measured = pools.filter(({ worker }) => isMeasured(worker.source));
  const bytes = (size: number): string => `${Number((size / MIB).toFixed(4))}M`;
  return [
    ...(["--reserve", "fpmlint.json", "the default"].includes(sources.reserve)
      ? []
      : [`--reserve ${bytes(input.reserve)}`]),
    ...(measured.length > 0 && input.shared > 0 && sources.shared !== "--shared"
      ? [`--shared ${bytes(input.shared)}`]
      : []),
    ...measured.map(({ name, worker }) => `--worker-size ${name}=${bytes(worker.bytes)}`),
  ].join(" ");
}
