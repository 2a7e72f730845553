import type { Severity } from "../../engine/rule.js";
import type { Place } from "../../source/file.js";
import type { Paint } from "../terminal/color.js";
import { bar, type Canvas, drawFrame, shownLines } from "./frame.js";
import type { Frame, Label } from "./frames.js";
import { ASCII, UNICODE } from "./glyphs.js";

/** A place to show, with what is written under it; empty: nothing. */
export interface Shown {
  readonly place: Place;
  readonly message: string;
}

export interface PlacesOptions {
  readonly unicode: boolean;
  readonly width: number;
  readonly paint: Paint;
  readonly severity: Severity;
}

/** The lines of the files at some places, a frame for each file; the first place is the primary one. */
export function drawPlaces(places: readonly Shown[], options: PlacesOptions): readonly string[] {
  const files = new Map<string, Label[]>();
  for (const [at, { place, message }] of places.entries()) {
    const label: Label = { place, message, role: at === 0 ? "primary" : "related" };
    files.set(place.span.file.path, [...(files.get(place.span.file.path) ?? []), label]);
  }
  const frames = [...files.values()].flatMap((labels): readonly Frame[] => {
    const [first] = labels;
    return first === undefined ? [] : [{ file: first.place.span.file, at: first.place, labels }];
  });
  const canvas: Canvas = {
    glyphs: options.unicode ? UNICODE : ASCII,
    paint: options.paint,
    severity: options.severity,
    width: Math.max(40, options.width),
    digits: Math.max(1, ...frames.flatMap(shownLines).map((line) => String(line).length)),
    linked: false,
  };
  return frames.flatMap((frame, at) => [...drawFrame(canvas, frame, at === 0), bar(canvas)]);
}
