/**
 * Replaces yargs' translations (its package `y18n`), in the build and in the tests. They are
 * read from a directory that is found by the path of the program, which anybody may own. fpmlint
 * speaks only English, and yargs' own keys are English already.
 */
import { format } from "node:util";

export default function texts() {
  return {
    __: (text: string, ...values: readonly unknown[]): string => format(text, ...values),
    __n: (one: string, several: string, count: number, ...values: readonly unknown[]): string => {
      const text = count === 1 ? one : several;
      return format(text, ...(text.includes("%d") ? [count] : []), ...values);
    },
    getLocale: (): string => "en",
    setLocale: (): void => undefined,
    updateLocale: (): void => undefined,
  };
}
