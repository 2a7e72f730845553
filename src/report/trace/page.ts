import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { displayWidth, wrap } from "../terminal/width.js";

export interface TraceTextOptions {
  readonly color: boolean;
  readonly unicode: boolean;
  /** Columns of the terminal, or of what is written to. */
  readonly width: number;
}

/** Lines of a page; everything that comes from the files is escaped here. */
export class Page {
  private readonly lines: string[] = [];
  readonly paint: Paint;

  constructor(readonly options: TraceTextOptions) {
    this.paint = painter(options.color);
  }

  blank(): void {
    this.lines.push("");
  }

  title(text: string): void {
    for (const line of wrap(escapeText(text), this.options.width - 2))
      this.lines.push(this.paint("headline", line));
  }

  /** A text with a hanging indent. `first` is printed as it is, and may have colours. */
  item(first: string, text: string, then = " ".repeat(displayWidth(first))): void {
    const [head = "", ...rest] = wrap(escapeText(text), Math.max(30, this.options.width - then.length - 2));
    this.lines.push(first + head, ...rest.map((line) => then + line));
  }

  get arrow(): string {
    return this.options.unicode ? "→" : "->";
  }

  text(): string {
    return this.lines.length === 0 ? "" : `${this.lines.map((line) => line.trimEnd()).join("\n")}\n`;
  }
}
