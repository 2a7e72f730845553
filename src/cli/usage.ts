/** What the caller got wrong, said in the message; the command ends with status 2. */
export class UsageError extends Error {}

export const exitStatus = {
  clean: 0,
  findings: 1,
  usage: 2,
  incomplete: 3,
} as const;
