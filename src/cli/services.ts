import { isAbsolute, resolve } from "node:path";
import { displayName } from "../host/disk.js";
import { isWithin } from "../host/path.js";
import type { World } from "./world.js";

/** Variables in which services keep the directory that they know files by. */
const TOPS = ["GITHUB_WORKSPACE", "CI_PROJECT_DIR"] as const;

/**
 * How the service of this run calls a file: relative to the top of its checkout, where that is set and
 * the working directory lies in it; otherwise as reports print it. Given the printed name.
 */
export function fileNaming(env: World["env"], workingDirectory: string): (display: string) => string {
  const top = TOPS.map((name) => env[name] ?? "").find(
    (one) => isAbsolute(one) && isWithin(resolve(one), workingDirectory),
  );
  if (top === undefined || resolve(top) === workingDirectory) return (display) => display;
  return (display) => displayName(resolve(top), resolve(workingDirectory, display));
}
