import { escapeText, withoutCommands } from "../report/terminal/escape.js";
import { encodeText } from "../source/bytes.js";
import type { World } from "./world.js";

/** Set by CI services that look for commands in what a step prints. */
const CI = ["GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"] as const;

/**
 * Prints a diff. A pipe or a file gets the lines of the files byte for byte, as `patch` and git need
 * them. A terminal gets them with escapes, and so does a CI service, whose log is a pipe like any other:
 * there only a file gets the bytes, and standard error says so where an escape was needed.
 */
export function writeDiff(diff: string, world: World): void {
  if (diff === "") return;
  const log = CI.some((name) => (world.env[name] ?? "") !== "") && world.stdout.isFile !== true;
  if (world.stdout.isTTY !== true && !log) {
    world.stdout.write(encodeText(diff).toString("latin1"), "latin1");
    return;
  }
  const safe = withoutCommands(diff.split("\n").map(shownLine).join("\n"));
  world.stdout.write(safe);
  if (log && safe !== diff)
    world.stderr.write(
      "fpmlint: the diff goes to a CI log and is shown with escapes; for patch or git write it to a file: --diff > FILE\n",
    );
}

/** Tabs are what a terminal takes for them; a carriage return at the end would not be seen. */
function shownLine(line: string): string {
  return line.replace(/\r$/, "").split("\t").map(escapeText).join("\t");
}
