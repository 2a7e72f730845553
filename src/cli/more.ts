/** What a plain line of the linter needs nothing of: the other commands, and yargs, which reads all lines that are not plain. */
export { parse } from "./command.js";
export { diagnoseCommand } from "./diagnose/command.js";
