/** Counts the paths of a group by their bytes. */
import { ByteIndex } from "../logs/byte-map.js";
import { Block, Part } from "../logs/part.js";
import { textOf } from "../logs/scan.js";
import { type Counts, LONGEST_PATH } from "./groups.js";

/** How many numbers the longest path is made of. */
export const LONGEST = LONGEST_PATH;

/** More than any group counts; several may be shown alike. */
const MOST = 1000;

/** What bytes that are not UTF-8 are shown as. */
const REPLACED = "\ufffd";

export class PathCounts {
  /** Where each of some paths is counted. */
  private readonly places = new ByteIndex(MOST);
  /** Whether it has all that are counted, so that another is not; `null`: there may be more. */
  private hasAll: boolean | null = null;

  constructor(private readonly counts: Counts) {}

  add(path: Part, { bytes }: Block): void {
    const { counts, places } = this;
    let place = places.get(path);
    if (place === -1) {
      if (counts.isFull) {
        this.hasAll ??= this.isFilled();
        if (this.hasAll) return;
      }
      place = counts.placeOf(textOf(bytes.subarray(path.from, path.to)));
      if (place === -1) return;
      if (!places.isFull) places.set(path, place);
    }
    counts.raise(place);
  }

  /** Whether each path that is counted has only these bytes, and is there now. */
  private isFilled(): boolean {
    const { counts, places } = this;
    places.forget();
    const part = new Part(LONGEST);
    return [...counts].every(([text]) => {
      if (text.length >= LONGEST_PATH || text.includes(REPLACED)) return false;
      const bytes = Buffer.from(text);
      part.clear();
      part.addBetween(new Block(bytes), 0, bytes.length);
      return places.set(part, counts.placeOf(text));
    });
  }
}
