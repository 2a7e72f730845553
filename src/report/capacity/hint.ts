import { MIB } from "../../capacity/size.js";
import { type HostCapacity, isMeasured } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";

/** What a reader can do with the result. */

/** Whether a recommended number rests on a worker size that nobody measured or stated. */
export function guessed({ pools }: HostCapacity): boolean {
  return pools.some(({ pool, worker }) => pool !== null && worker.source === "assumed");
}

/** How the files get the settings. A measurement gives other numbers the next time. */
export function hintOf(found: HostCapacity): string {
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
