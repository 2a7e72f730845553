/** What is asked of every way to PHP. */
export type Symptom = "plain" | "own error" | "other file" | "large header" | "large body" | "slow" | "burst";

/** In this order: what a later one does to the workers must not show in an earlier one. */
export const SYMPTOMS: readonly Symptom[] = [
  "plain",
  "own error",
  "other file",
  "large header",
  "large body",
  "slow",
  "burst",
];

/** Seconds that the slow request takes. */
export const SLOW = 3;
/** Bytes of the large header. */
export const HEADER = 6000;
/** Bytes of the large form, less than the 2m that people write. */
export const BODY = 2_000_000;
/** Bytes of the form that must always arrive. */
export const FORM = 100;
/** Requests at once, and the seconds that each takes. */
export const BURST = { times: 8, seconds: 0.03 };
