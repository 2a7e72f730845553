import { parseArgs } from "node:util";

export interface Options {
  /** The command that starts gixy; `null`: it is not asked. */
  readonly gixy: string | null;
  /** Only rules whose id has one of these texts in it; `null`: all. */
  readonly only: readonly string[] | null;
  /** Also a line for each fixture. */
  readonly list: boolean;
}

/** `wrong`: a sentence that says what is. */
export function readOptions(args: readonly string[]): Options | { readonly wrong: string } {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        gixy: { type: "string" },
        only: { type: "string", multiple: true },
        list: { type: "boolean" },
      },
    });
    return { gixy: values.gixy ?? null, only: values.only ?? null, list: values.list === true };
  } catch (error) {
    return { wrong: error instanceof Error ? error.message : String(error) };
  }
}
