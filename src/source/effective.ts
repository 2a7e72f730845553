import type { Place } from "./file.js";

/**
 * The value a daemon would use, and where it comes from.
 *
 * - `set`: written in a file, at `place`.
 * - `default`: nothing sets it; the daemon's default applies. `where` is the place where the
 *   setting would go (a block or a section), `null` when there is none to show.
 * - `unknown`: it cannot be told from the files: a variable, a template placeholder, a file that
 *   could not be read, a main file that is not in the tree. A rule that meets it says nothing.
 */
export type Effective<T> = SetValue<T> | DefaultValue<T> | UnknownValue;

export interface SetValue<T> {
  readonly kind: "set";
  readonly value: T;
  readonly place: Place;
}

export interface DefaultValue<T> {
  readonly kind: "default";
  readonly value: T;
  readonly where: Place | null;
}

export interface UnknownValue {
  readonly kind: "unknown";
  /** Why, in words that fit after "unknown:". */
  readonly reason: string;
  /** The place that makes it unknown, `null` when it is the absence of a file. */
  readonly place: Place | null;
}

/** Changes the value and keeps its provenance; `undefined` from `change` makes it unknown. */
export function mapEffective<T, U>(value: Effective<T>, change: (value: T) => U | undefined): Effective<U> {
  if (value.kind === "unknown") return value;
  const next = change(value.value);
  if (next === undefined) {
    return {
      kind: "unknown",
      reason: "the value is not one that can be read",
      place: value.kind === "set" ? value.place : value.where,
    };
  }
  return value.kind === "set"
    ? { kind: "set", value: next, place: value.place }
    : { kind: "default", value: next, where: value.where };
}

/** The value when it is known, else `undefined`. */
export function known<T>(value: Effective<T>): T | undefined {
  return value.kind === "unknown" ? undefined : value.value;
}

/** Where to point: the place of a set value, the place where a default would be written, or the cause of an unknown. */
export function placeOf(value: Effective<unknown>): Place | null {
  return value.kind === "default" ? value.where : value.place;
}
