import type { World } from "../world.js";
import { bashScript } from "./bash.js";
import { fishScript } from "./fish.js";
import { shellModel } from "./model.js";
import { zshScript } from "./zsh.js";

export type Shell = "bash" | "zsh" | "fish";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** Writes the script with which that shell completes the command line. It holds every word, so that a key press starts no program. */
export function completion(shell: Shell, world: World): void {
  world.stdout.write(SCRIPTS[shell](shellModel(world.rules)));
}
