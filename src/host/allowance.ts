/**
 * How much may be made of what was read. A small tree can ask for any amount of work: files that include
 * each other twice each, wildcards that go round in links. The allowance grows with the bytes that
 * were read, so that a large tree never reaches it and a small one cannot hang its reader.
 */
export interface Allowance {
  /** What any tree may cost, however small. One unit: a directive or a setting made, or a step of an include. */
  readonly floor: number;
  /** What each byte of a file adds, the first time that the file is read. */
  readonly perByte: number;
}

/** A server of 200 bytes with three locations and two snippets makes less than one directive per byte. */
export const SITE_INCLUDES: Allowance = { floor: 300_000, perByte: 4 };

/** Of PHP-FPM: a pool of 150 bytes with a snippet of 25 lines makes 30 settings, and each setting keeps two places. */
export const POOL_INCLUDES: Allowance = { floor: 300_000, perByte: 2 };

/** What it costs to open a file for an include. */
export const OPENING = 50;

/** What has been used of an allowance. */
export interface Account {
  readonly allowance: Allowance;
  used: number;
  bytes: number;
}

export function openAccount(allowance: Allowance): Account {
  return { allowance, used: 0, bytes: 0 };
}

export function isSpent({ allowance, used, bytes }: Account): boolean {
  return used > allowance.floor + allowance.perByte * bytes;
}

/** Steps that the wildcards of one daemon's files may take together, see `glob`. */
export const WILDCARD_STEPS = 3_000_000;
