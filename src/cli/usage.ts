import { nearest } from "../source/spelling.js";

export const exitStatus = {
  clean: 0,
  findings: 1,
  usage: 2,
  incomplete: 3,
} as const;

/** What the caller got wrong, said in the message; the command ends with the status. */
export class UsageError extends Error {
  readonly status: number;

  constructor(message: string, status: number = exitStatus.usage) {
    super(message);
    this.status = status;
  }
}

/** The value that a mistyped or shortened one most likely meant, as `warn` means `warning`; `null`: none. */
export function meantValue(word: string, values: readonly string[]): string | null {
  const begun = values.filter((value) => word !== "" && value.startsWith(word.toLowerCase()));
  return begun.length === 1 ? (begun[0] ?? null) : nearest(word, values);
}
