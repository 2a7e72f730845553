/** Command lines that let PHP-FPM run its workers as root. */
import type { HostFilesystem } from "../host/filesystem.js";
import { wordsOf } from "./dockerfile.js";

/** `-R`, alone or among other letters, or written out. */
export function allowsRoot(command: readonly string[]): boolean {
  const words = command.flatMap((word) => word.split(/\s+/));
  if (words.includes("--allow-to-run-as-root")) return true;
  const first = words.findIndex((word) => /php-fpm/.test(word));
  // `args: ["-R"]` leaves the program to the image.
  const options = first === -1 ? words.filter((word) => word.startsWith("-")) : words.slice(first + 1);
  return options.some((word) => /^-[A-Za-z]+$/.test(word) && word.includes("R"));
}

/** Whether a file starts PHP-FPM like that: a script, a program of s6 or runit, a file of supervisord. */
export function startsAsRoot(fs: HostFilesystem, path: string): boolean {
  if (!startsPrograms(path)) return false;
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer || !answer.text.includes("php-fpm")) return false;
  return answer.text.split("\n").some((line) => /php-fpm/.test(line) && allowsRoot(wordsOf(line)));
}

function startsPrograms(path: string): boolean {
  const supervised = path.includes("supervisor") && /\.(?:conf|ini)(?:\.template)?$/.test(path);
  return supervised || /\.sh$|\/(?:run|entrypoint|start|Procfile)$/.test(path);
}
