/**
 * Texts for command lines that need no work, by their words. Empty here: yargs makes them. The build
 * puts what yargs made in this module's place, because drawing the help takes yargs longer than
 * Node takes to start.
 */
export const readyTexts: Readonly<Record<string, string>> = {};
