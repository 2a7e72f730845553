import { withoutSlashes } from "../../../host/path.js";
import type { Place } from "../../../source/file.js";
import type { Assumption, FileKind, Files } from "./types.js";

/**
 * Questions whose answers may be unknown. A request is followed once for each combination of answers: the
 * first time with the first answer to each question, then with the next ones.
 */
export interface Choices {
  /** Whether the path is one of these kinds. */
  isKind(path: string, kinds: readonly FileKind[]): boolean;
  executable(path: string): boolean;
  authorised(place: Place): boolean;
  /** The path behind its links; empty: it is surely missing. */
  real(path: string): string;
}

export interface Trail extends Choices {
  /** What was taken for granted. */
  readonly rests: readonly Assumption[];
  /** The answers that were given to unknown questions, in order. */
  readonly taken: readonly boolean[];
}

const ALL: readonly FileKind[] = ["file", "directory", "missing"];

/** Follows `given` answers first, and says yes to every unknown question after them. */
export function trail(files: Files, given: readonly boolean[]): Trail {
  const rests: Assumption[] = [];
  const taken: boolean[] = [];
  const left = new Map<string, readonly FileKind[]>();
  const choose = (): boolean => {
    const answer = given[taken.length] ?? true;
    taken.push(answer);
    return answer;
  };
  const possible = (path: string): readonly FileKind[] => {
    const known = left.get(path);
    if (known !== undefined) return known;
    const kind = files.kind(path);
    return kind === "unknown" ? implied(path, left) : [kind];
  };
  return {
    rests,
    taken,
    isKind: (path, kinds) => {
      const key = withoutSlashes(path);
      const before = possible(key);
      const inside = before.filter((kind) => kinds.includes(kind));
      if (inside.length === 0 || inside.length === before.length) return inside.length > 0;
      const answer = choose();
      const after = answer ? inside : before.filter((kind) => !kinds.includes(kind));
      left.set(key, after);
      const at = rests.findIndex((one) => one.kind === "path" && one.path === key);
      const rest: Assumption = { kind: "path", path: key, is: after };
      if (at === -1) rests.push(rest);
      else rests[at] = rest;
      return answer;
    },
    executable: (path) => {
      const is = choose();
      rests.push({ kind: "executable", path, is });
      return is;
    },
    authorised: (place) => {
      const is = choose();
      rests.push({ kind: "auth", place, is });
      return is;
    },
    real: (path) => (files.kind(path) === "missing" ? "" : (files.real?.(path) ?? path)),
  };
}

/** What is known of a path from answers about the directories around it, and about what is in it. */
function implied(path: string, left: ReadonlyMap<string, readonly FileKind[]>): readonly FileKind[] {
  for (const [other, kinds] of left) {
    if (path.startsWith(`${other}/`) && !kinds.includes("directory")) return ["missing"];
    if (other.startsWith(`${path}/`) && !kinds.includes("missing")) return ["directory"];
  }
  return ALL;
}

/** The same files, with what is taken for granted about some of them. */
export function knowing(files: Files, rests: readonly Assumption[]): Files {
  const known = new Map<string, FileKind>();
  for (const one of rests)
    if (one.kind === "path" && one.is.length === 1 && one.is[0] !== undefined) known.set(one.path, one.is[0]);
  return { ...files, kind: (path) => known.get(path) ?? files.kind(path) };
}
