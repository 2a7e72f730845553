/**
 * Replaces the package `string-width` below yargs, in the build and in the tests. yargs lays out the help of a command
 * whenever that command is run, and the package looks at every character by `Intl`, which takes longer than a lint.
 * Our help has no escape codes.
 */
export { displayWidth as default } from "../../report/terminal/width.js";
