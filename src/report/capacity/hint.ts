import { MIB } from "../../capacity/size.js";
import { type HostCapacity, isMeasured } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";

/** What a reader does with the answer. */

/** Whether a size that is written rests on nothing that was measured or said. */
export function guessed({ pools }: HostCapacity): boolean {
  return pools.some(({ pool, worker }) => pool !== null && worker.source === "assumed");
}

/** How the files get the settings; what is measured is another number the next time. */
export function hintOf(found: HostCapacity): string {
  const hint = "The same command with --diff shows the change of the pool files, with --write it makes it.";
  const pinned = pinnedBy(found);
  return pinned === ""
    ? hint
    : `${hint} It measures again; for just these numbers add ${escapeText(pinned)}.`;
}

/** The options that say what was measured. */
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
