/** Command lines that let PHP-FPM run its workers as root. */
import type { HostFilesystem } from "../host/filesystem.js";
import { wordsOf } from "./dockerfile.js";
import { commandsOf } from "./run.js";

/** `-R`, alone or among other letters, or written out. */
export function allowsRoot(command: readonly string[]): boolean {
  const words = command.flatMap((word) => word.split(/\s+/));
  if (words.includes("--allow-to-run-as-root")) return true;
  const first = words.findIndex((word) => /php-fpm/.test(word));
  // `args: ["-R"]` leaves the program to the image.
  const options = first === -1 ? words.filter((word) => word.startsWith("-")) : words.slice(first + 1);
  // In the expression of a sed the options end with its sign.
  return options.some((word) => /^-[A-Za-z]+[|/,#@'"]?$/.test(word) && word.includes("R"));
}

/** Whether a text of the shell puts such a command line somewhere: `sed -i "s|@CMD@|php-fpm -F -R|" supervisord.conf`. */
export function writesRoot(text: string): boolean {
  return text.split("\n").some((line) => commandsOf(line).some(isRootLine));
}

function isRootLine(line: string): boolean {
  return line.includes("php-fpm") && allowsRoot(wordsOf(line));
}

/** Whether a file starts PHP-FPM like that: a script, a program of s6 or runit, a file of supervisord. */
export function startsAsRoot(fs: HostFilesystem, path: string): boolean {
  if (!startsPrograms(path)) return false;
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer || !answer.text.includes("php-fpm")) return false;
  return answer.text.split("\n").some(isRootLine);
}

function startsPrograms(path: string): boolean {
  const supervised = path.includes("supervisor") && /\.(?:conf|ini)(?:\.template)?$/.test(path);
  return supervised || /\.sh$|\/(?:run|entrypoint|start|Procfile)$/.test(path);
}
