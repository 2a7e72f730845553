/** The characters from `start` to `end` of a text become `text`; an insertion where both are equal. */
export interface TextChange {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text with all the changes, which are in order and do not overlap. Several at one point stay in their order. */
export function withChanges(text: string, changes: readonly TextChange[]): string {
  const parts: string[] = [];
  let at = 0;
  for (const change of changes) {
    parts.push(text.slice(at, change.start), change.text);
    at = change.end;
  }
  return parts.join("") + text.slice(at);
}

/** By place; an insertion comes before what is replaced behind it. */
export function inPlace(a: TextChange, b: TextChange): number {
  return a.start - b.start || a.end - b.end;
}
