import { perKey } from "../../source/memo.js";
import type { Node } from "../types.js";
import { patternOf } from "./extensions.js";
import type { Pattern } from "./pattern.js";

/** A pattern that takes more paths than this is not one for single paths. */
const MOST_PATHS = 16;

/**
 * The paths that the regular expression of a location takes, where they are few and each is written out:
 * `^/(status|ping)$`. Empty: any others may match as well.
 */
export const writtenPaths = perKey((location: Node): readonly string[] => {
  const pattern = patternOf(location);
  if (pattern?.kind !== "sequence") return [];
  const { items } = pattern;
  if (items[0]?.kind !== "start" || items.at(-1)?.kind !== "end") return [];
  return (textsOf({ kind: "sequence", items: items.slice(1, -1) }) ?? []).filter((text) =>
    text.startsWith("/"),
  );
});

/** `null`: too many, or not written out. */
function textsOf(pattern: Pattern): readonly string[] | null {
  switch (pattern.kind) {
    case "character":
      return pattern.few;
    case "group":
      return textsOf(pattern.item);
    case "sequence":
      return pattern.items.reduce<readonly string[] | null>(
        (before, item) => {
          const after = before === null ? null : textsOf(item);
          return before === null || after === null
            ? null
            : few(before.flatMap((one) => after.map((other) => one + other)));
        },
        [""],
      );
    case "choice": {
      const all = pattern.items.map(textsOf);
      return all.includes(null) ? null : few(all.flatMap((one) => one ?? []));
    }
    case "repeat": {
      const once = pattern.max === 1 ? textsOf(pattern.item) : null;
      return once === null || pattern.min > 1 ? null : few(pattern.min === 0 ? ["", ...once] : once);
    }
    default:
      return null;
  }
}

function few(texts: readonly string[]): readonly string[] | null {
  return texts.length > MOST_PATHS ? null : texts;
}
