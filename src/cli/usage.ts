export { meant as meantValue } from "../source/spelling.js";

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
